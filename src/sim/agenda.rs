use std::collections::BTreeMap;

use crate::base::Instant;

/// What will happen, by time; at the same time in the order in which it was put down.
#[derive(Clone, Debug)]
pub(crate) struct Agenda<T> {
    items: BTreeMap<(Instant, u64), T>,
    count: u64,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self { items: BTreeMap::new(), count: 0 }
    }
}

impl<T> Agenda<T> {
    pub(crate) fn put(&mut self, at: Instant, item: T) {
        self.count += 1;
        self.items.insert((at, self.count), item);
    }

    pub(crate) fn first(&self) -> Option<Instant> {
        self.items.first_key_value().map(|((at, _), _)| *at)
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        self.items.pop_first().map(|(_, item)| item)
    }
}
