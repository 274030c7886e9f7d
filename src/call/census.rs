use crate::base::{AgentId, CallId};
use crate::call::core::Core;
use crate::call::entry::Entry;
use crate::call::open_leg::LegState;
use crate::call::phase::Phase;
use crate::{acd, sip};

/// How much the core holds. When everybody has hung up and the transactions have run out, all but
/// registrations is zero.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Census {
    /// Live calls.
    pub calls: usize,
    /// Legs that agents' phones keep open, or are called for.
    pub legs: usize,
    /// Entries by dialog, stream, ticket, agent.
    pub indexes: usize,
    /// RTP ports in use.
    pub ports: usize,
    /// Channels of trunks and accounts in use.
    pub lines: u32,
    /// Deadlines of calls.
    pub deadlines: usize,
    /// The stack's.
    pub stack: sip::Census,
    /// The desk's.
    pub desk: acd::Census,
}

impl Core {
    /// How much the core holds now.
    #[must_use]
    pub fn census(&self) -> Census {
        Census {
            calls: self.calls.len(),
            legs: self.world.open_legs.len(),
            indexes: self.world.index.len(),
            ports: self.world.ports.taken(),
            lines: self.world.lines.total(),
            deadlines: self.deadlines.len(),
            stack: self.world.stack.census(),
            desk: self.desk.census(),
        }
    }

    /// Checks the invariants of ARCHITECTURE.md, for the simulator; costs O(everything).
    ///
    /// # Errors
    /// A sentence that names the invariant and the party that breaks it.
    pub fn check(&self) -> Result<(), String> {
        self.desk.check()?;
        for (dialog, call) in &self.world.index.dialogs {
            self.held(*call, |held| held.dialogs.contains(dialog))
                .ok_or_else(|| format!("dialog {dialog} has no living owner"))?;
        }
        let (known, owned) = (self.world.stack.census().dialogs, self.world.index.dialogs.len());
        if known != owned {
            return Err(format!("the stack has {known} dialogs, calls own {owned}"));
        }
        for (stream, call) in &self.world.index.streams {
            self.held(*call, |held| held.streams.iter().any(|held| held.id == *stream))
                .ok_or_else(|| format!("stream {stream} has no living owner"))?;
        }
        for (ticket, call) in &self.world.index.tickets {
            self.held(*call, |held| held.ticket == Some(*ticket))
                .ok_or_else(|| format!("ticket {ticket} has no living owner"))?;
        }
        for (agent, call) in &self.world.index.agents {
            self.held(*call, |held| held.agent.as_ref() == Some(agent))
                .ok_or_else(|| format!("agent {agent} belongs to no living call"))?;
        }
        let by_calls: usize = self.calls.values().map(|entry| entry.holdings.streams.len()).sum();
        let legs = self.world.open_legs.iter();
        let held_ports = by_calls + legs.map(|(_, leg)| leg.holdings.streams.len()).sum::<usize>();
        if held_ports != self.world.ports.taken() {
            let taken = self.world.ports.taken();
            return Err(format!("{taken} ports are taken, calls hold {held_ports}"));
        }
        let held_lines: usize = self.calls.values().map(|entry| entry.holdings.lines.len()).sum();
        if held_lines != self.world.lines.total() as usize {
            let total = self.world.lines.total();
            return Err(format!("{total} channels are taken, calls hold {held_lines}"));
        }
        for agent in self.desk.agents() {
            let owner = agent.ticket.and_then(|ticket| self.world.index.tickets.get(&ticket));
            let call = owner.and_then(|call| self.calls.get(call)?.call.as_ref());
            let fits = match call.map(|call| &call.phase) {
                _ if !agent.state.is_offered() && !agent.state.has_caller() => true,
                Some(Phase::Offered(_, ringing)) => {
                    agent.state.is_offered() && ringing.agent == *agent.id
                }
                Some(Phase::Joining(talk) | Phase::Talking(talk)) => {
                    agent.state.has_caller() && talk.agent.as_ref() == Some(agent.id)
                }
                _ => false,
            };
            if !fits {
                return Err(format!("agent {} is {:?}, no call is", agent.id, agent.state));
            }
        }
        self.check_legs()?;
        for (id, entry) in &self.calls {
            self.check_place(*id, entry)?;
            let call = entry.call.as_ref().ok_or_else(|| format!("call {id} is hollow"))?;
            if call.deadline().is_none() {
                return Err(format!("call {id} has no deadline"));
            }
        }
        Ok(())
    }

    /// Open legs belong to agents at work or to the one call that has them, and who is free to be
    /// rung on one has it.
    fn check_legs(&self) -> Result<(), String> {
        for (id, leg) in self.world.open_legs.iter() {
            let agent = &leg.agent;
            let fits = match &leg.state {
                LegState::Calling { .. } => true,
                LegState::Idle { .. } => {
                    self.desk.agent(agent).is_some_and(|now| now.status.is_signed_in())
                }
                LegState::Lent { call, .. } => self.world.index.agents.get(agent) == Some(call),
                LegState::Lost { .. } => false,
            };
            let far = |held: &crate::call::turn::Holdings| held.dialogs.len() == 1;
            let own = !matches!(leg.state, LegState::Lent { .. });
            if !fits || own != far(&leg.holdings) {
                return Err(format!("the open leg {id} of agent {agent} is {:?}", leg.state));
            }
        }
        for agent in self.desk.agents() {
            let waits = *agent.status == acd::Status::Ready && agent.state == acd::State::Idle;
            if waits && self.leg_state(agent.id).is_some_and(|leg| leg != "up") {
                return Err(format!("agent {} is ready, the phone's leg is not up", agent.id));
            }
        }
        Ok(())
    }

    /// The call and the desk say the same of its place.
    fn check_place(&self, id: CallId, entry: &Entry) -> Result<(), String> {
        let Some(call) = &entry.call else { return Ok(()) };
        let with = |agent: &AgentId, has: fn(acd::State) -> bool| {
            let now = self.desk.agent(agent);
            now.is_some_and(|now| now.ticket == entry.holdings.ticket && has(now.state))
        };
        let agrees = match &call.phase {
            Phase::Waiting(waiting) => {
                self.desk.queue_of(waiting.ticket) == Some(&waiting.queue)
                    && waiting.moving.is_empty()
            }
            Phase::Offered(_, ringing) => with(&ringing.agent, acd::State::is_offered),
            Phase::Joining(talk) | Phase::Talking(talk) => {
                talk.agent.as_ref().is_none_or(|agent| with(agent, acd::State::has_caller))
            }
            Phase::Flow | Phase::Dialling(_) | Phase::Message(_) | Phase::Ending(_) => true,
        };
        if agrees { Ok(()) } else { Err(format!("the desk does not know where call {id} is")) }
    }

    fn held(
        &self,
        call: CallId,
        holds: impl Fn(&crate::call::turn::Holdings) -> bool,
    ) -> Option<()> {
        let holdings = match self.calls.get(&call) {
            Some(entry) => Some(&entry.holdings),
            None => self.world.open_legs.get(call).map(|leg| &leg.holdings),
        };
        holdings.filter(|held| holds(held)).map(|_| ())
    }
}
