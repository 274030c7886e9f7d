use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::acd::agent::Trace;
use crate::acd::ticket::Place;
use crate::acd::{Output, QueueNow, QueueSettings};
use crate::base::{AgentId, Instant};

/// One queue: the callers in their order, and the agents who could take the first of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Queue {
    pub(crate) settings: QueueSettings,
    pub(crate) waiting: Line,
    /// Those for whom an agent rings.
    pub(crate) offered: Line,
    /// Agents who may be rung now, the longest idle first. Empty while somebody waits.
    pub(crate) free: BTreeSet<(Instant, AgentId)>,
    pub(crate) signed_in: u32,
    pub(crate) talking: u32,
    /// No longer configured: takes nobody in and is forgotten when empty.
    pub(crate) leaving: bool,
    /// `QueueChanged` is owed at the end of this step.
    pub(crate) changed: bool,
}

impl Queue {
    pub(crate) fn new(settings: QueueSettings) -> Self {
        Self {
            settings,
            waiting: Line::default(),
            offered: Line::default(),
            free: BTreeSet::new(),
            signed_in: 0,
            talking: 0,
            leaving: false,
            changed: false,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.waiting.0.len() + self.offered.0.len()
    }

    pub(crate) fn is_full(&self) -> bool {
        u32::try_from(self.len()).is_ok_and(|len| len >= self.settings.capacity)
    }

    /// The place from 1 among all who wait or are offered.
    pub(crate) fn position(&self, place: &Place) -> u32 {
        let ahead = self.waiting.ahead(place) + self.offered.ahead(place);
        u32::try_from(ahead).map_or(u32::MAX, |ahead| ahead.saturating_add(1))
    }

    /// Keeps the counters and the order of the free in step with one agent; whether any moved.
    pub(crate) fn follow(&mut self, agent: &AgentId, before: &Trace, after: &Trace) -> bool {
        let mut moved =
            count(&mut self.signed_in, before.status.is_signed_in(), after.status.is_signed_in());
        moved |= count(&mut self.talking, before.state.has_caller(), after.state.has_caller());
        if before.free != after.free {
            if let Some(since) = before.free {
                self.free.remove(&(since, agent.clone()));
            }
            if let Some(since) = after.free {
                self.free.insert((since, agent.clone()));
            }
            moved = true;
        }
        moved
    }

    /// Tells each caller of the queue that nobody serves it any longer.
    pub(crate) fn tell_nobody_left(&self, out: &mut Vec<Output>) {
        let all = self.offered.0.iter().chain(&self.waiting.0);
        out.extend(all.map(|place| Output::NobodyLeft {
            ticket: place.ticket,
            queue: self.settings.id.clone(),
        }));
    }

    pub(crate) fn view(&self) -> QueueNow<'_> {
        QueueNow {
            id: &self.settings.id,
            name: &self.settings.name,
            waiting: u32::try_from(self.len()).unwrap_or(u32::MAX),
            oldest: [self.waiting.oldest(), self.offered.oldest()].into_iter().flatten().min(),
            signed_in: self.signed_in,
            free: u32::try_from(self.free.len()).unwrap_or(u32::MAX),
            talking: self.talking,
        }
    }
}

fn count(number: &mut u32, before: bool, after: bool) -> bool {
    match (before, after) {
        (false, true) => *number = number.saturating_add(1),
        (true, false) => *number = number.saturating_sub(1),
        _ => return false,
    }
    true
}

/// Places in their order. A sorted ring buffer: callers mostly come at one end and go at the other,
/// and a place is found by halving.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Line(pub(crate) VecDeque<Place>);

impl Line {
    pub(crate) fn insert(&mut self, place: Place) {
        if let Err(at) = self.0.binary_search(&place) {
            self.0.insert(at, place);
        }
    }

    pub(crate) fn remove(&mut self, place: &Place) {
        if let Ok(at) = self.0.binary_search(place) {
            self.0.remove(at);
        }
    }

    pub(crate) fn first(&self) -> Option<&Place> {
        self.0.front()
    }

    fn ahead(&self, place: &Place) -> usize {
        match self.0.binary_search(place) {
            Ok(at) | Err(at) => at,
        }
    }

    /// The earliest clock: the least among the first of each priority.
    fn oldest(&self) -> Option<Instant> {
        let mut oldest = None;
        let mut at = 0;
        while let Some(first) = self.0.get(at) {
            oldest = Some(oldest.map_or(first.clock, |clock: Instant| clock.min(first.clock)));
            at = self.0.partition_point(|place| place.priority >= first.priority);
        }
        oldest
    }
}
