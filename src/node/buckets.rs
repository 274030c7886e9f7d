use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::base::Instant;

/// How many sources are told apart; those beyond share one bucket until others have rested.
const SOURCES_MAX: usize = 16_384;

/// A token bucket for each source that is not a trunk: how fast it may begin things (R14).
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    per_second: f64,
    burst: f64,
    /// Sources without a bucket: the trunks, which have their own caps.
    free: Vec<IpAddr>,
    sources: HashMap<IpAddr, Bucket>,
    /// All sources beyond [`SOURCES_MAX`] together.
    crowd: Bucket,
    /// When those that had rested were last forgotten.
    swept: Instant,
}

/// How often sources that have rested are looked for, at most.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl Buckets {
    /// Buckets of `burst` tokens that fill at `per_second`; `free` sources have none.
    pub(crate) fn new(per_second: u32, burst: u32, free: Vec<IpAddr>) -> Self {
        Self {
            per_second: f64::from(per_second),
            burst: f64::from(burst),
            free,
            sources: HashMap::new(),
            crowd: Bucket { tokens: f64::from(burst), at: Instant::ZERO },
            swept: Instant::ZERO,
        }
    }

    /// Whether the source may begin one more thing now.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        if self.free.contains(&source) {
            return true;
        }
        let (per_second, burst) = (self.per_second, self.burst);
        let crowded = self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source);
        if crowded && now.since(self.swept) >= SWEEP_EVERY {
            self.swept = now;
            // A full bucket is as good as none.
            self.sources.retain(|_, bucket| {
                bucket.tokens + now.since(bucket.at).as_secs_f64() * per_second < burst
            });
        }
        let bucket = if self.sources.len() >= SOURCES_MAX && !self.sources.contains_key(&source) {
            &mut self.crowd
        } else {
            self.sources.entry(source).or_insert(Bucket { tokens: burst, at: now })
        };
        let filled = now.since(bucket.at).as_secs_f64() * per_second;
        bucket.tokens = (bucket.tokens + filled).min(burst);
        bucket.at = now;
        if bucket.tokens < 1.0 {
            return false;
        }
        bucket.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_is_slowed_and_another_is_not() {
        let (a, b) = (IpAddr::from([192, 0, 2, 1]), IpAddr::from([192, 0, 2, 2]));
        let trunk = IpAddr::from([192, 0, 2, 3]);
        let mut buckets = Buckets::new(10, 20, vec![trunk]);
        let now = Instant::from_micros(1_000_000);
        assert_eq!((0..100).filter(|_| buckets.take(now, a)).count(), 20);
        assert!(buckets.take(now, b));
        assert_eq!((0..100).filter(|_| buckets.take(now, trunk)).count(), 100);
        let later = now + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| buckets.take(later, a)).count(), 10);
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_space() {
        let mut buckets = Buckets::new(10, 20, Vec::new());
        for i in 0..17_000_u32 {
            buckets.take(Instant::ZERO, IpAddr::from(i.to_be_bytes()));
        }
        assert!(buckets.sources.len() <= SOURCES_MAX);
    }
}
