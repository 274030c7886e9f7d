use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hotline::node::{Engine, Setup};

use crate::cli::log;
use crate::cli::signals::Signals;

/// The configuration that is read when none is named, if it is there.
const USUAL: &str = "hotline.toml";

/// `hotline run`.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// The configuration; without it `hotline.toml` if that is there, else the defaults.
    #[arg(long, short)]
    config: Option<PathBuf>,
}

impl Run {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        // First of all: a SIGHUP that comes before everything is read waits until it can be read anew.
        let signals = Signals::new()?;
        let file = self.config.or_else(|| Path::new(USUAL).exists().then(|| USUAL.into()));
        let setup = Setup::read(file)?;
        log::start(setup.config().node.log, "info");
        let engine = Engine::start(setup)?;
        tracing::info!(api = %format!("http://{}/docs", engine.api()), "running");
        let hung_up = || {
            tracing::info!("SIGHUP: reading flows and configuration anew");
            engine.reload();
            true
        };
        let told = signals.wait(|| engine.is_running(), hung_up)?;
        tracing::info!("stopping");
        engine.stop();
        tracing::info!("stopped");
        // Whoever supervises the process starts it again when it did not end by being told to.
        Ok(if told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
