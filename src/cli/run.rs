use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotline::node::{Engine, read_config};

use crate::cli::log;

/// The configuration that is read when none is named, if it is there.
const USUAL: &str = "hotline.toml";

/// How often it is seen whether the engine still runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

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
        let told = wait_for_signal(
            || engine.is_running(),
            || {
                tracing::info!("SIGHUP: reading flows and configuration anew");
                engine.reload();
                true
            },
        )?;
        tracing::info!("stopping");
        engine.stop();
        tracing::info!("stopped");
        // Whoever supervises the process starts it again when it did not end by being told to.
        Ok(if told { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// Returns `true` at SIGTERM or Ctrl-C, `false` when the engine runs no more. `hung_up` is called at
/// SIGHUP and says whether to go on.
pub(crate) fn wait_for_signal(
    is_running: impl Fn() -> bool,
    hung_up: impl Fn() -> bool,
) -> anyhow::Result<bool> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hangup = signal(SignalKind::hangup())?;
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                _ = terminate.recv() => return Ok(true),
                _ = interrupt.recv() => return Ok(true),
                _ = hangup.recv() => {
                    if !hung_up() {
                        return Ok(true);
                    }
                }
                _ = look.tick() => {
                    if !is_running() {
                        tracing::error!("the engine's core ended by a fault");
                        return Ok(false);
                    }
                }
            }
        }
    })
}
