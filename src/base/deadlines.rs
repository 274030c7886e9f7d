use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;

use super::Instant;

/// The next deadline of each of many machines, and which of them is due first.
///
/// A key has at most one deadline. Setting costs O(log n), asking for the first costs O(log n).
#[derive(Clone, Debug)]
pub struct Deadlines<K> {
    by_key: HashMap<K, Instant, ahash::RandomState>,
    by_time: BTreeSet<(Instant, K)>,
}

/// For keys that are ours or the operator's. Keys that a stranger chooses need
/// [`Deadlines::with_hasher`].
impl<K> Default for Deadlines<K> {
    fn default() -> Self {
        Self::with_hasher(ahash::RandomState::with_seeds(1, 2, 3, 4))
    }
}

impl<K> Deadlines<K> {
    /// For keys that come from a network: with seeds that nobody outside knows, no one can choose
    /// keys that all fall into one place of the table.
    #[must_use]
    pub fn with_hasher(hasher: ahash::RandomState) -> Self {
        Self { by_key: HashMap::with_hasher(hasher), by_time: BTreeSet::new() }
    }

    /// How keys are hashed.
    #[cfg(test)]
    pub(crate) fn hasher(&self) -> &ahash::RandomState {
        self.by_key.hasher()
    }
}

impl<K: Clone + Eq + Hash + Ord> Deadlines<K> {
    /// Gives `key` the deadline `at`, or takes its deadline away.
    pub fn set(&mut self, key: &K, at: Option<Instant>) {
        let old = match at {
            Some(at) => self.by_key.insert(key.clone(), at),
            None => self.by_key.remove(key),
        };
        if old == at {
            return;
        }
        if let Some(old) = old {
            self.by_time.remove(&(old, key.clone()));
        }
        if let Some(at) = at {
            self.by_time.insert((at, key.clone()));
        }
    }

    /// The earliest deadline of all.
    #[must_use]
    pub fn first(&self) -> Option<Instant> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes out one key whose deadline is not after `now`, the earliest first.
    pub fn pop_due(&mut self, now: Instant) -> Option<K> {
        if self.first()? > now {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// How many keys have a deadline.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether no key has a deadline.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_due_key_comes_first_and_only_once() {
        let at = Instant::from_micros;
        let mut deadlines = Deadlines::default();
        deadlines.set(&"b", Some(at(20)));
        deadlines.set(&"a", Some(at(10)));
        deadlines.set(&"b", Some(at(5)));
        deadlines.set(&"c", Some(at(7)));
        deadlines.set(&"c", None);
        assert_eq!(deadlines.first(), Some(at(5)));
        assert_eq!(deadlines.pop_due(at(4)), None);
        assert_eq!(deadlines.pop_due(at(10)), Some("b"));
        assert_eq!(deadlines.pop_due(at(10)), Some("a"));
        assert_eq!(deadlines.pop_due(at(10)), None);
        assert!(deadlines.is_empty());
    }
}
