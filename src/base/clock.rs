use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Instant;

/// Wall-clock time, microseconds since 1970-01-01T00:00:00Z. For people and for records only:
/// no limit and no duration is ever taken from it.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Wall(i64);

impl Wall {
    /// The wall time `us` microseconds after (before, if negative) the Unix epoch.
    #[must_use]
    pub const fn from_micros(us: i64) -> Self {
        Self(us)
    }

    /// Microseconds since the Unix epoch.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole milliseconds since the Unix epoch, never negative.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        if self.0 < 0 { 0 } else { (self.0 / 1000).unsigned_abs() }
    }

    /// This wall time moved by `time` on the monotonic clock.
    #[must_use]
    pub fn after(self, time: Duration) -> Self {
        let us = i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(us))
    }
}

/// One pair of the two clocks, from which any instant near it can be shown as wall time.
///
/// `node` renews the pair about once a second and whenever the system's clock was set; a call keeps
/// the pair of its arrival, so a step of the system's clock changes none of its durations.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct WallClock {
    at: Instant,
    wall: Wall,
}

impl WallClock {
    /// `wall` was read at `at`.
    #[must_use]
    pub const fn new(at: Instant, wall: Wall) -> Self {
        Self { at, wall }
    }

    /// Wall time at `instant`.
    #[must_use]
    pub fn wall(&self, instant: Instant) -> Wall {
        let forth = i64::try_from(instant.since(self.at).as_micros()).unwrap_or(i64::MAX);
        let back = i64::try_from(self.at.since(instant).as_micros()).unwrap_or(i64::MAX);
        Wall(self.wall.0.saturating_add(forth).saturating_sub(back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_shows_instants_before_and_after_it() {
        let clock = WallClock::new(Instant::from_micros(1_000), Wall::from_micros(50_000));
        assert_eq!(clock.wall(Instant::from_micros(1_500)), Wall::from_micros(50_500));
        assert_eq!(clock.wall(Instant::from_micros(400)), Wall::from_micros(49_400));
    }
}
