#![expect(clippy::disallowed_methods, reason = "this is the one file that reads the clock")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::base::{Instant, Wall};

/// The engine's clock: monotonic, and continued over restarts.
///
/// At start it goes on from the pair of clocks that the last run kept, plus the time that the process
/// was away by the wall. So a stored [`Instant`] (a nonce's birth, a registration's end) keeps its
/// meaning, and a wall clock that was set meanwhile can only shorten the absence, never turn it round.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    zero: std::time::Instant,
    from: Instant,
}

/// The two clocks read together, kept in the data folder about once a second.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptPair {
    /// The engine's clock.
    pub at: Instant,
    /// The wall clock.
    pub wall: Wall,
}

impl Clock {
    /// The longest absence that the clock makes up for: beyond it everything has expired anyway.
    const AWAY_MAX: Duration = Duration::from_secs(86_400 * 30);

    /// Starts the clock at `from`.
    #[must_use]
    pub fn start(from: Instant) -> Self {
        Self { zero: std::time::Instant::now(), from }
    }

    /// Starts the clock after what an earlier run kept.
    #[must_use]
    pub fn resume(kept: Option<KeptPair>) -> Self {
        let from = kept.map_or(Instant::from_micros(1_000_000), |kept| {
            let away = read_wall().as_micros().saturating_sub(kept.wall.as_micros()).max(0);
            kept.at + Duration::from_micros(away.unsigned_abs()).min(Self::AWAY_MAX)
        });
        Self::start(from)
    }

    /// Now, on the engine's clock.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.from + self.zero.elapsed()
    }

    /// Now, on the wall.
    #[must_use]
    pub fn wall(&self) -> Wall {
        read_wall()
    }

    /// Both, to be kept.
    #[must_use]
    pub fn pair(&self) -> KeptPair {
        KeptPair { at: self.now(), wall: read_wall() }
    }
}

fn read_wall() -> Wall {
    let us = match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_micros()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_micros()).unwrap_or(i64::MAX),
    };
    Wall::from_micros(us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_goes_on_from_the_kept_pair() {
        let hour = Duration::from_secs(3_600);
        let wall = read_wall();
        let earlier = Wall::from_micros(wall.as_micros() - 3_600_000_000);
        let kept = KeptPair { at: Instant::from_micros(5_000_000), wall: earlier };
        let clock = Clock::resume(Some(kept));
        assert!(clock.now().since(kept.at) >= hour);
    }

    #[test]
    fn a_wall_clock_set_back_does_not_turn_the_engine_clock_back() {
        let later = Wall::from_micros(read_wall().as_micros() + 3_600_000_000);
        let kept = KeptPair { at: Instant::from_micros(5_000_000), wall: later };
        assert!(Clock::resume(Some(kept)).now() >= kept.at);
    }
}
