use std::time;

use crate::base::Instant;

/// The engine's monotonic clock: the system's, shifted so that it goes on from where it was told to.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    start: time::Instant,
    base: Instant,
}

impl Clock {
    /// A clock that shows `base` now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is the place that reads the clock")]
    pub fn start(base: Instant) -> Self {
        Self { start: time::Instant::now(), base }
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.base + self.start.elapsed()
    }
}
