use std::time::Duration;

use crate::base::Random;

/// What the seed decides: choices, shares and times.
#[derive(Clone, Debug)]
pub(crate) struct Chance(Random);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Random::from_number(seed))
    }

    pub(crate) fn fork(&mut self) -> Self {
        Self(self.0.fork())
    }

    pub(crate) fn random(&mut self) -> Random {
        self.0.fork()
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.below(bound)
    }

    /// Evenly within 0–1, 1 left out.
    fn unit(&mut self) -> f64 {
        // 53 bits are what an f64 holds.
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True in this share of all cases, 0–1.
    pub(crate) fn share(&mut self, share: f64) -> bool {
        self.unit() < share
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        let at = usize::try_from(self.below(from.len() as u64)).unwrap_or(0);
        from.get(at).copied()
    }

    pub(crate) fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    /// Milliseconds, both ends included.
    pub(crate) fn ms(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from + 1))
    }

    /// Exponentially distributed with this mean, at most twenty times it.
    pub(crate) fn exponential(&mut self, mean: Duration) -> Duration {
        let times = -(1.0 - self.unit()).ln();
        mean.mul_f64(times.min(20.0))
    }

    /// A key of the telephone.
    pub(crate) fn key(&mut self) -> char {
        self.pick(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#']).unwrap_or('0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_means_are_about_right() {
        let mut chance = Chance::new(7);
        let hits = (0..10_000).filter(|_| chance.share(0.3)).count();
        assert!((2_800..3_200).contains(&hits), "{hits}");
        let mean = Duration::from_secs(100);
        let sum: Duration = (0..10_000).map(|_| chance.exponential(mean)).sum();
        assert!((97..103).contains(&(sum / 10_000).as_secs()), "{sum:?}");
    }
}
