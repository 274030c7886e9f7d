#![expect(clippy::disallowed_methods, reason = "this is the one file that reads the clock")]

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use crate::base::{Instant, Wall};

/// The engine's clock: monotonic, and continued over restarts.
///
/// At start it goes on from the pair of clocks that the last run kept, plus the time that the process
/// was away. So a stored [`Instant`] (a nonce's birth, a registration's end) keeps its meaning. The
/// absence is told by the machine's time since its boot, which nobody can set (R22); only after a boot
/// by the wall, which can then shorten it, but never turn it round.
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
    /// The machine's own clock.
    #[serde(default)]
    pub boot: Option<BootTime>,
}

/// How long the machine is up, sleep included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BootTime {
    /// Which boot.
    pub id: u64,
    /// Since then, ms.
    pub up_ms: u64,
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
            let by_wall = || {
                let away = read_wall().as_micros().saturating_sub(kept.wall.as_micros()).max(0);
                Duration::from_micros(away.unsigned_abs())
            };
            let away = kept.boot.and_then(BootTime::elapsed).unwrap_or_else(by_wall);
            kept.at + away.min(Self::AWAY_MAX)
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
        KeptPair { at: self.now(), wall: read_wall(), boot: BootTime::read() }
    }
}

impl BootTime {
    /// Now; `None` where the system does not tell.
    fn read() -> Option<Self> {
        let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
        let uptime = fs::read_to_string("/proc/uptime").ok()?;
        Self::parse(&id, &uptime)
    }

    fn parse(id: &str, uptime: &str) -> Option<Self> {
        let digits: String = id.chars().filter(char::is_ascii_hexdigit).take(16).collect();
        let (seconds, rest) = uptime.split_whitespace().next()?.split_once('.')?;
        let hundredths: u64 = rest.get(..2)?.parse().ok()?;
        let up_ms =
            seconds.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(hundredths * 10)?;
        Some(Self { id: u64::from_str_radix(&digits, 16).ok()?, up_ms })
    }

    /// How long ago this was; `None` after another boot.
    fn elapsed(self) -> Option<Duration> {
        let now = Self::read().filter(|now| now.id == self.id)?;
        now.up_ms.checked_sub(self.up_ms).map(Duration::from_millis)
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
        let kept = KeptPair { at: Instant::from_micros(5_000_000), wall: earlier, boot: None };
        let clock = Clock::resume(Some(kept));
        assert!(clock.now().since(kept.at) >= hour);
    }

    #[test]
    fn a_wall_clock_set_back_does_not_turn_the_engine_clock_back() {
        let later = Wall::from_micros(read_wall().as_micros() + 3_600_000_000);
        let kept = KeptPair { at: Instant::from_micros(5_000_000), wall: later, boot: None };
        assert!(Clock::resume(Some(kept)).now() >= kept.at);
    }

    #[test]
    fn a_wall_clock_that_is_set_within_one_boot_is_no_absence() {
        for jump in [86_400_000_000, -86_400_000_000] {
            let clock = Clock::start(Instant::from_micros(5_000_000));
            let kept = clock.pair();
            let kept = KeptPair { wall: Wall::from_micros(kept.wall.as_micros() - jump), ..kept };
            let away = Clock::resume(Some(kept)).now().since(kept.at);
            assert!(kept.boot.is_some() && away < Duration::from_secs(60), "{away:?}");
            // After another boot only the wall can tell.
            let boot = kept.boot.map(|boot| BootTime { id: !boot.id, ..boot });
            let away = Clock::resume(Some(KeptPair { boot, ..kept })).now().since(kept.at);
            assert_eq!(away >= Duration::from_secs(86_400), jump > 0, "{away:?}");
        }
    }

    #[test]
    fn what_the_system_tells_of_its_boot_is_read() {
        let id = "0123abcd-4567-89ef-0000-111111111111\n";
        let read = BootTime::parse(id, "350735.47 234388.90\n");
        assert_eq!(read, Some(BootTime { id: 0x0123_abcd_4567_89ef, up_ms: 350_735_470 }));
        for (id, uptime) in [("", "1.00 2.00"), (id, ""), (id, "x.00"), (id, "1"), (id, "1.0")] {
            assert_eq!(BootTime::parse(id, uptime), None, "{id:?} {uptime:?}");
        }
    }
}
