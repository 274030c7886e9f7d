#![expect(
    clippy::disallowed_methods,
    reason = "the peer is a party of the outer world: it has its own clock, threads and chance"
)]

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// The present moment on the machine's monotonic clock.
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// Microseconds since the first call in this process: one scale for all threads, so that a time
/// written into a packet by one thread means something to another.
pub(crate) fn micros(at: Instant) -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let start = *START.get_or_init(Instant::now);
    u64::try_from(at.saturating_duration_since(start).as_micros()).unwrap_or(u64::MAX)
}

/// Waits. Only for pacing packets and for waits with a limit.
pub(crate) fn sleep_until(at: Instant) {
    let wait = at.saturating_duration_since(now());
    if !wait.is_zero() {
        std::thread::sleep(wait);
    }
}

/// Starts a named thread.
pub(crate) fn spawn(
    name: &str,
    run: impl FnOnce() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.to_owned()).spawn(run)
}

/// A small generator (SplitMix64) for tags, branches and nonces of a test tool: unlike each
/// other, not secret.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Seeded from the wall clock, the process and a counter.
    pub(crate) fn from_world() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_nanos() as u64);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let mut chance = Self(
            wall ^ (u64::from(std::process::id()) << 32)
                ^ count.wrapping_mul(0x9e37_79b9_7f4a_7c15),
        );
        chance.next();
        chance
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Sixteen hexadecimal digits.
    pub(crate) fn word(&mut self) -> String {
        format!("{:016x}", self.next())
    }
}
