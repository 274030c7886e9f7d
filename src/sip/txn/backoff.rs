use std::time::Duration;

use crate::base::Instant;

/// When something is sent again: after ever longer times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Backoff {
    at: Instant,
    interval: Duration,
}

impl Backoff {
    /// First after `interval`.
    pub(crate) fn doubling(now: Instant, interval: Duration) -> Self {
        Self { at: now + interval, interval }
    }

    /// When it is sent again.
    pub(crate) fn at(&self) -> Instant {
        self.at
    }

    /// It was sent: next after twice the time, at most `max`.
    pub(crate) fn double(&mut self, now: Instant, max: Duration) {
        self.wait(now, (self.interval * 2).min(max));
    }

    /// It was sent: next after `interval`.
    pub(crate) fn wait(&mut self, now: Instant, interval: Duration) {
        self.interval = interval;
        self.at = now + interval;
    }
}
