use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::base::Instant;
use crate::sip::source_of;

/// How many sources are told apart; those beyond share one bucket until others have rested.
const SOURCES_MAX: usize = 16_384;

/// A token bucket for each source: how fast it may ask for things (R14). Addresses of one IPv6 /64 are
/// one source.
#[derive(Clone, Debug)]
pub(crate) struct Buckets {
    per_second: f64,
    burst: f64,
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
    /// Buckets of `burst` tokens that fill at `per_second`.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        Self {
            per_second: f64::from(per_second),
            burst: f64::from(burst),
            sources: HashMap::new(),
            crowd: Bucket { tokens: f64::from(burst), at: Instant::ZERO },
            swept: Instant::ZERO,
        }
    }

    /// Whether the source may ask for one more thing now.
    pub(crate) fn take(&mut self, now: Instant, source: IpAddr) -> bool {
        let source = source_of(source);
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
        let mut buckets = Buckets::new(10, 20);
        let now = Instant::from_micros(1_000_000);
        assert_eq!((0..100).filter(|_| buckets.take(now, a)).count(), 20);
        assert!(buckets.take(now, b));
        let later = now + Duration::from_secs(1);
        assert_eq!((0..100).filter(|_| buckets.take(later, a)).count(), 10);
    }

    #[test]
    fn the_addresses_of_one_ipv6_network_are_one_source() {
        let mut buckets = Buckets::new(10, 20);
        let of = |net: u128, host: u128| {
            IpAddr::from((0x2001_0db8_u128 << 96 | net << 64 | host).to_be_bytes())
        };
        let taken = (0..100).filter(|host| buckets.take(Instant::ZERO, of(1, *host))).count();
        assert_eq!(taken, 20);
        assert!(buckets.take(Instant::ZERO, of(2, 1)));
        let mapped = "::ffff:192.0.2.1".parse().unwrap();
        let v4 = IpAddr::from([192, 0, 2, 1]);
        let taken =
            (0..40).filter(|n| buckets.take(Instant::ZERO, if n % 2 == 0 { v4 } else { mapped }));
        assert_eq!(taken.count(), 20);
    }

    #[test]
    fn a_flood_of_sources_takes_bounded_space() {
        let mut buckets = Buckets::new(10, 20);
        for i in 0..17_000_u32 {
            buckets.take(Instant::ZERO, IpAddr::from(i.to_be_bytes()));
        }
        assert!(buckets.sources.len() <= SOURCES_MAX);
    }
}
