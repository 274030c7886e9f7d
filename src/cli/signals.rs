use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// How often it is seen whether the engine still runs.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// The signals by which an operator tells the program something.
pub(crate) struct Signals {
    runtime: Runtime,
    hangup: Signal,
}

impl Signals {
    /// From now on SIGHUP ends the process no more: it is kept for [`Signals::wait`].
    pub(crate) fn new() -> anyhow::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let hangup = runtime.block_on(async { signal(SignalKind::hangup()) })?;
        Ok(Self { runtime, hangup })
    }

    /// Returns `true` at SIGTERM or Ctrl-C, `false` when the engine runs no more. `hung_up` is called
    /// at SIGHUP and says whether to go on.
    pub(crate) fn wait(
        self,
        is_running: impl Fn() -> bool,
        hung_up: impl Fn() -> bool,
    ) -> anyhow::Result<bool> {
        let Self { runtime, mut hangup } = self;
        runtime.block_on(async {
            let mut terminate = signal(SignalKind::terminate())?;
            let mut interrupt = signal(SignalKind::interrupt())?;
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
}
