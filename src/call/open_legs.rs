use std::collections::HashMap;

use crate::base::{AgentId, CallId, StreamId};
use crate::call::LegEnd;
use crate::call::leg::Leg;
use crate::call::open_leg::{LegState, OpenLeg};
use crate::call::turn::{HeldStream, Holdings};

/// All legs that agents' phones keep open, at most one an agent. A leg has an id like a call's, by
/// which the index finds it as the owner of its dialog and stream.
#[derive(Debug, Default)]
pub(crate) struct OpenLegs {
    legs: HashMap<CallId, OpenLeg, ahash::RandomState>,
    agents: HashMap<AgentId, CallId, ahash::RandomState>,
    /// Calls that still want the figures of a leg which they gave back.
    awaited: Vec<(StreamId, CallId)>,
    /// Legs that were lent, given back or lost since the core looked last.
    touched: Vec<CallId>,
}

impl OpenLegs {
    pub(crate) fn len(&self) -> usize {
        self.legs.len()
    }

    pub(crate) fn has(&self, leg: CallId) -> bool {
        self.legs.contains_key(&leg)
    }

    pub(crate) fn get(&self, leg: CallId) -> Option<&OpenLeg> {
        self.legs.get(&leg)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&CallId, &OpenLeg)> {
        self.legs.iter()
    }

    /// The agent's leg, however far it is.
    pub(crate) fn of(&self, agent: &AgentId) -> Option<(CallId, &OpenLeg)> {
        let id = *self.agents.get(agent)?;
        Some((id, self.legs.get(&id)?))
    }

    pub(crate) fn holdings(&mut self, leg: CallId) -> Option<&mut Holdings> {
        self.legs.get_mut(&leg).map(|leg| &mut leg.holdings)
    }

    pub(crate) fn insert(&mut self, id: CallId, leg: OpenLeg) {
        self.agents.insert(leg.agent.clone(), id);
        self.legs.insert(id, leg);
    }

    pub(crate) fn remove(&mut self, id: CallId) -> Option<OpenLeg> {
        let leg = self.legs.remove(&id)?;
        self.agents.remove(&leg.agent);
        Some(leg)
    }

    /// The agent's leg for a call, when it is up and free.
    pub(crate) fn lend(&mut self, agent: &AgentId, call: CallId) -> Option<(Leg, HeldStream)> {
        let id = *self.agents.get(agent)?;
        let open = self.legs.get_mut(&id)?;
        let LegState::Idle { mut up, .. } = open.state else { return None };
        up.offers = up.offers.saturating_add(1);
        let held = open.holdings.streams.pop()?;
        open.holdings.dialogs.clear();
        let state = std::mem::replace(&mut open.state, LegState::Lent { call, up });
        self.touched.push(id);
        match state {
            LegState::Idle { leg, .. } => Some((leg, held)),
            _ => None,
        }
    }

    /// The call lets go of the leg and waits for its figures.
    pub(crate) fn take_back(&mut self, id: CallId, leg: Leg, held: HeldStream) {
        let Some(open) = self.legs.get_mut(&id) else { return };
        let LegState::Lent { call, up } = open.state else { return };
        open.holdings.dialogs.push(leg.dialog);
        open.holdings.streams.push(held);
        self.awaited.push((held.id, call));
        open.state = LegState::Idle { leg, up };
        self.touched.push(id);
    }

    /// The leg ended while a call had it.
    pub(crate) fn lose(&mut self, id: CallId, why: LegEnd) {
        let Some(open) = self.legs.get_mut(&id) else { return };
        let LegState::Lent { up, .. } = open.state else { return };
        open.state = LegState::Lost { why, up };
        self.touched.push(id);
    }

    /// The call is over. A leg that it still had went down with it: its step panicked.
    pub(crate) fn bury(&mut self, call: CallId) {
        self.awaited.retain(|(_, waits)| *waits != call);
        for (id, open) in &mut self.legs {
            match open.state {
                LegState::Lent { call: by, up } if by == call => {
                    open.state = LegState::Lost { why: LegEnd::Failed, up };
                    self.touched.push(*id);
                }
                _ => {}
            }
        }
    }

    /// The calls that wait for the next figures of a stream.
    pub(crate) fn take_awaiting(&mut self, stream: StreamId) -> Vec<CallId> {
        let calls =
            self.awaited.iter().filter(|(of, _)| *of == stream).map(|(_, call)| *call).collect();
        self.awaited.retain(|(of, _)| *of != stream);
        calls
    }

    /// The leg's state must be looked at.
    pub(crate) fn touch(&mut self, leg: CallId) {
        self.touched.push(leg);
    }

    pub(crate) fn take_touched(&mut self) -> Vec<CallId> {
        std::mem::take(&mut self.touched)
    }
}
