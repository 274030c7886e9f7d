#![expect(
    clippy::disallowed_methods,
    reason = "threads are born in node, and its seed is the system's"
)]

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rand::Rng;

/// Starts a named thread.
pub(crate) fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let builder = thread::Builder::new().name(name.to_owned());
    builder.spawn(run).expect("the system gives a thread at start")
}

/// Waits for a thread's end; after `patience` does `then` and waits as long again, then goes on
/// without it.
pub(crate) fn join_within(thread: JoinHandle<()>, patience: Duration, then: impl FnOnce()) {
    if !ends_within(&thread, patience) {
        then();
        if !ends_within(&thread, Duration::from_secs(1)) {
            tracing::error!(thread = thread.thread().name(), "does not end");
            return;
        }
    }
    if thread.join().is_err() {
        tracing::error!("a thread ended by a panic");
    }
}

fn ends_within(thread: &JoinHandle<()>, patience: Duration) -> bool {
    let until = Instant::now() + patience;
    while !thread.is_finished() {
        if Instant::now() >= until {
            return false;
        }
        thread::sleep(Duration::from_millis(5));
    }
    true
}

/// Randomness of the system, for the engine's own generator.
pub(crate) fn system_seed() -> [u8; 32] {
    let mut seed = [0; 32];
    rand::rng().fill_bytes(&mut seed);
    seed
}
