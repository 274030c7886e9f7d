use crate::acd::agent::{Agent, Doing};
use crate::acd::desk::Desk;
use crate::acd::queue::Queue;
use crate::acd::ticket::Stage;
use crate::acd::{State, Status};
use crate::base::{AgentId, QueueId, TicketId};

/// Fails with a sentence unless the condition holds.
macro_rules! hold {
    ($holds:expr, $($sentence:tt)*) => {
        if !$holds {
            return Err(format!($($sentence)*));
        }
    };
}

impl Desk {
    /// Checks the invariants of ARCHITECTURE.md, for the simulator and tests; costs O(everything).
    ///
    /// # Errors
    /// A sentence that names the invariant and the party that breaks it.
    pub fn check(&self) -> Result<(), String> {
        for (id, agent) in &self.agents {
            self.check_agent(id, agent)?;
        }
        for (id, queue) in &self.queues {
            self.check_queue(id, queue)?;
        }
        for id in self.tickets.keys() {
            self.check_ticket(*id)?;
        }
        let offered = self.agents.values().filter(|agent| agent.state().is_offered()).count();
        hold!(offered == self.offers.len(), "{} offers for {offered} agents", self.offers.len());
        let limits = self.agents.values().filter_map(Agent::deadline);
        let (count, first) = (limits.clone().count(), limits.min());
        hold!(count == self.deadlines.len(), "{} deadlines for {count}", self.deadlines.len());
        hold!(first == self.deadlines.first(), "the first deadline is not {first:?}");
        Ok(())
    }

    fn check_agent(&self, id: &AgentId, agent: &Agent) -> Result<(), String> {
        let stage = agent.ticket().and_then(|ticket| self.tickets.get(&ticket)).map(|t| &t.stage);
        match agent.doing {
            Doing::Offered { offer, ticket, .. } => {
                hold!(self.offers.get(&offer) == Some(id), "offer {offer} is not agent {id}'s");
                let mine = Stage::Offered { offer, agent: id.clone() };
                hold!(stage == Some(&mine), "agent {id} rings for ticket {ticket}: {stage:?}");
            }
            Doing::Talking { ticket, .. } => {
                let mine = Stage::Talking { agent: id.clone() };
                hold!(stage == Some(&mine), "agent {id} talks with ticket {ticket}: {stage:?}");
            }
            Doing::Idle { .. } => {
                hold!(agent.wish.is_none(), "agent {id} is idle with a wish");
                hold!(agent.own_calls == 0, "agent {id} is idle in a call of its own");
                hold!(!agent.leaving, "agent {id} is idle and should be forgotten");
            }
            Doing::Busy => hold!(agent.own_calls > 0, "agent {id} is busy without a call"),
            Doing::WrapUp { .. } => {}
        }
        let out = agent.status == Status::SignedOut;
        let at_rest = matches!(agent.state(), State::Idle | State::Busy);
        hold!(!out || at_rest, "agent {id} is signed out and {:?}", agent.state());
        Ok(())
    }

    fn check_queue(&self, id: &QueueId, queue: &Queue) -> Result<(), String> {
        let serving = || self.agents.values().filter(|a| a.settings.queues.contains(id));
        let signed_in = serving().filter(|agent| agent.status.is_signed_in()).count();
        hold!(queue.signed_in as usize == signed_in, "queue {id} counts signed in wrong");
        let talking = serving().filter(|agent| agent.state().has_caller()).count();
        hold!(queue.talking as usize == talking, "queue {id} counts talking wrong");
        let free = || serving().filter(|agent| agent.trace().free.is_some());
        hold!(queue.free.len() == free().count(), "queue {id} counts free wrong");
        for agent in free() {
            let key = (agent.idle_since, agent.settings.id.clone());
            hold!(queue.free.contains(&key), "queue {id} does not know that {} is free", key.1);
        }
        if let (Some(place), Some((_, agent))) = (queue.waiting.first(), queue.free.first()) {
            return Err(format!("ticket {} waits in {id} while {agent} is free", place.ticket));
        }
        for line in [&queue.waiting.0, &queue.offered.0] {
            let sorted = line.iter().zip(line.iter().skip(1)).all(|(a, b)| a < b);
            hold!(sorted, "queue {id} is out of order");
        }
        let waiting = self.count_tickets(id, |stage| *stage == Stage::Waiting);
        hold!(waiting == queue.waiting.0.len(), "queue {id} counts waiting wrong");
        let offered = self.count_tickets(id, |stage| matches!(stage, Stage::Offered { .. }));
        hold!(offered == queue.offered.0.len(), "queue {id} counts offered wrong");
        hold!(!queue.leaving || queue.len() > 0, "queue {id} is empty and should be forgotten");
        hold!(!queue.changed, "queue {id} owes a change");
        Ok(())
    }

    fn count_tickets(&self, queue: &QueueId, stage: impl Fn(&Stage) -> bool) -> usize {
        self.tickets.values().filter(|t| t.queue == *queue && stage(&t.stage)).count()
    }

    fn check_ticket(&self, id: TicketId) -> Result<(), String> {
        let Some(ticket) = self.tickets.get(&id) else { return Ok(()) };
        let queue = self.queues.get(&ticket.queue);
        let among = |line: fn(&Queue) -> &crate::acd::queue::Line| {
            queue.is_some_and(|queue| line(queue).0.binary_search(&ticket.place).is_ok())
        };
        match &ticket.stage {
            Stage::Waiting => hold!(among(|q| &q.waiting), "ticket {id} waits in no queue"),
            Stage::Offered { agent, .. } => {
                hold!(among(|q| &q.offered), "ticket {id} is offered in no queue");
                let rings = self.agents.get(agent).and_then(Agent::ticket) == Some(id);
                hold!(rings, "ticket {id} is offered to {agent} who knows nothing of it");
            }
            Stage::Talking { agent } => {
                let talks = self
                    .agents
                    .get(agent)
                    .is_some_and(|agent| agent.ticket() == Some(id) && agent.state().has_caller());
                hold!(talks, "ticket {id} talks with {agent} who knows nothing of it");
            }
        }
        Ok(())
    }
}
