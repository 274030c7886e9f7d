use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, Ipv6Addr};

use crate::base::{Deadlines, Instant};
use crate::sip::stack::Lockout;

/// Longest part of a user name that tells pairs apart.
const USER_MAX: usize = 64;

/// Wrong answers of late, by source and by (source, user) (R9).
#[derive(Clone, Debug)]
pub(crate) struct Lockouts {
    tries: HashMap<Suspect, u32, ahash::RandomState>,
    deadlines: Deadlines<Suspect>,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
enum Suspect {
    Source(IpAddr),
    /// Wrong answers for accounts at home while their source was locked.
    AtHome(IpAddr),
    Pair(IpAddr, Box<str>),
}

impl Lockouts {
    pub(crate) fn new(hasher: ahash::RandomState) -> Self {
        Self {
            tries: HashMap::with_hasher(hasher.clone()),
            deadlines: Deadlines::with_hasher(hasher),
        }
    }

    /// Whether this source may not try this user.
    pub(crate) fn is_pair_locked(&self, source: IpAddr, user: &str, limits: &Lockout) -> bool {
        self.tries.get(&pair(source, user)).is_some_and(|n| *n >= limits.pair_tries)
    }

    /// Whether a locked source may still try an account that was registered from there of late: one
    /// that nobody there has got wrong yet, as long as there were not too many such tries either. So
    /// some phones with an old password behind one address lock out none but themselves, and the guesses
    /// of one source stay within twice its limit.
    pub(crate) fn is_spared(&self, source: IpAddr, user: &str, limits: &Lockout) -> bool {
        !self.tries.contains_key(&pair(source, user))
            && self
                .tries
                .get(&Suspect::AtHome(source_of(source)))
                .is_none_or(|n| *n < limits.source_tries)
    }

    /// Which sources are locked, or have accounts that are, with these accounts; sorted.
    pub(crate) fn locked(&self, limits: &Lockout) -> BTreeMap<IpAddr, BTreeSet<String>> {
        let mut locked: BTreeMap<IpAddr, BTreeSet<String>> = BTreeMap::new();
        for (suspect, tries) in &self.tries {
            match suspect {
                Suspect::Source(source) if *tries >= limits.source_tries => {
                    locked.entry(*source).or_default();
                }
                Suspect::Pair(source, user) if *tries >= limits.pair_tries => {
                    locked.entry(*source).or_default().insert(user.to_string());
                }
                _ => {}
            }
        }
        locked
    }

    /// Whether this source may try nobody.
    pub(crate) fn is_source_locked(&self, source: IpAddr, limits: &Lockout) -> bool {
        self.tries
            .get(&Suspect::Source(source_of(source)))
            .is_some_and(|n| *n >= limits.source_tries)
    }

    /// Remembers a wrong answer; `true` when something is locked by it.
    pub(crate) fn wrong(
        &mut self,
        now: Instant,
        source: IpAddr,
        user: &str,
        limits: &Lockout,
        max: usize,
    ) -> bool {
        let is_locked = self.is_source_locked(source, limits);
        let at_home = is_locked.then(|| Suspect::AtHome(source_of(source)));
        let suspects = [pair(source, user), Suspect::Source(source_of(source))];
        let mut locks = false;
        for suspect in suspects.into_iter().chain(at_home) {
            if !self.tries.contains_key(&suspect) && self.tries.len() >= max.max(2) {
                self.forget_first();
            }
            let tries = self.tries.entry(suspect.clone()).or_default();
            *tries = tries.saturating_add(1);
            locks |= match suspect {
                Suspect::Source(_) => *tries == limits.source_tries,
                Suspect::Pair(..) => *tries == limits.pair_tries,
                Suspect::AtHome(_) => false,
            };
            self.deadlines.set(&suspect, Some(now + limits.time));
        }
        locks
    }

    /// A right answer: the pair starts anew. (The source does not, lest one good account buys guesses
    /// at others.)
    pub(crate) fn right(&mut self, source: IpAddr, user: &str) {
        let pair = pair(source, user);
        if self.tries.remove(&pair).is_some() {
            self.deadlines.set(&pair, None);
        }
    }

    /// Forgets what is old.
    pub(crate) fn tick(&mut self, now: Instant) {
        while let Some(suspect) = self.deadlines.pop_due(now) {
            self.tries.remove(&suspect);
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.deadlines.first()
    }

    pub(crate) fn len(&self) -> usize {
        self.tries.len()
    }

    fn forget_first(&mut self) {
        if let Some(first) = self.deadlines.first()
            && let Some(suspect) = self.deadlines.pop_due(first)
        {
            self.tries.remove(&suspect);
        }
    }
}

fn pair(source: IpAddr, user: &str) -> Suspect {
    let end = user.char_indices().map(|(at, _)| at).find(|at| *at >= USER_MAX);
    Suspect::Pair(source_of(source), user.get(..end.unwrap_or(user.len())).unwrap_or(user).into())
}

/// The part of an address that belongs to one source: IPv4 whole, IPv6 /64.
#[must_use]
pub fn source_of(source: IpAddr) -> IpAddr {
    match source.to_canonical() {
        IpAddr::V4(v4) => v4.into(),
        IpAddr::V6(v6) => {
            let s = v6.segments();
            Ipv6Addr::new(s[0], s[1], s[2], s[3], 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LIMITS: Lockout =
        Lockout { pair_tries: 3, source_tries: 5, time: Duration::from_secs(60) };

    fn at(s: u64) -> Instant {
        Instant::from_micros(s * 1_000_000)
    }

    fn new() -> Lockouts {
        Lockouts::new(ahash::RandomState::with_seeds(1, 2, 3, 4))
    }

    #[test]
    fn nobody_outside_knows_how_suspects_are_hashed() {
        let suspect = pair([10, 0, 0, 66].into(), "1001");
        let hashes = |seed: u64| {
            let mut random = crate::base::Random::from_number(seed);
            let [a, b, c, d] = std::array::from_fn(|_| random.next_u64());
            let locks = Lockouts::new(ahash::RandomState::with_seeds(a, b, c, d));
            [locks.tries.hasher().hash_one(&suspect), locks.deadlines.hasher().hash_one(&suspect)]
        };
        let (one, other) = (hashes(1), hashes(2));
        assert_eq!(one, hashes(1), "the same seed, the same run");
        assert!(one[0] != other[0] && one[1] != other[1]);
    }

    #[test]
    fn a_pair_is_locked_before_its_source_and_both_are_forgotten() {
        let mut locks = new();
        let (bad, good): (IpAddr, IpAddr) = ([10, 0, 0, 66].into(), [10, 0, 0, 1].into());
        for _ in 0..3 {
            assert!(!locks.is_pair_locked(bad, "a", &LIMITS));
            locks.wrong(at(0), bad, "a", &LIMITS, 100);
        }
        assert!(locks.is_pair_locked(bad, "a", &LIMITS));
        assert!(!locks.is_pair_locked(bad, "b", &LIMITS));
        assert!(!locks.is_pair_locked(good, "a", &LIMITS));
        assert!(!locks.is_source_locked(bad, &LIMITS));
        locks.wrong(at(1), bad, "b", &LIMITS, 100);
        locks.wrong(at(1), bad, "c", &LIMITS, 100);
        assert!(locks.is_source_locked(bad, &LIMITS));
        assert!(!locks.is_source_locked(good, &LIMITS));
        locks.tick(at(60));
        assert!(!locks.is_pair_locked(bad, "a", &LIMITS));
        assert!(locks.is_source_locked(bad, &LIMITS));
        locks.tick(at(61));
        assert_eq!((locks.len(), locks.deadline()), (0, None));
    }

    #[test]
    fn a_right_answer_frees_the_pair_only() {
        let mut locks = new();
        let source: IpAddr = [10, 0, 0, 1].into();
        for _ in 0..5 {
            locks.wrong(at(0), source, "a", &LIMITS, 100);
        }
        locks.right(source, "a");
        assert!(!locks.is_pair_locked(source, "a", &LIMITS));
        assert!(locks.is_source_locked(source, &LIMITS));
    }

    #[test]
    fn the_table_is_bounded_and_ipv6_counts_by_64() {
        let mut locks = new();
        for host in 0..1_000_u128 {
            let v6 = Ipv6Addr::from((0x2001_0db8 << 96) | (host << 64) | host);
            let now = Instant::from_micros(u64::try_from(host).unwrap());
            locks.wrong(now, v6.into(), &"é".repeat(100), &LIMITS, 50);
        }
        assert!(locks.len() <= 50, "{}", locks.len());
        let near: [IpAddr; 2] = ["2001:db8::1".parse().unwrap(), "2001:db8::2".parse().unwrap()];
        for _ in 0..5 {
            locks.wrong(at(1), near[0], "x", &LIMITS, 50);
        }
        assert!(locks.is_source_locked(near[1], &LIMITS));
    }
}
