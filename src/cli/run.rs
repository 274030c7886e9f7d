use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use hotline::node::{Engine, read_config};

use crate::cli::log;

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
        let file = self.config.or_else(|| Path::new(USUAL).exists().then(|| USUAL.into()));
        let config = read_config(file.as_deref())?;
        log::start(config.node.log, "info");
        let engine = Engine::start(file, config)?;
        tracing::info!(api = %format!("http://{}/docs", engine.api()), "running");
        wait_for_signal()?;
        tracing::info!("stopping");
        engine.stop();
        tracing::info!("stopped");
        Ok(ExitCode::SUCCESS)
    }
}

/// Returns at SIGTERM or Ctrl-C.
pub(crate) fn wait_for_signal() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        Ok(())
    })
}
