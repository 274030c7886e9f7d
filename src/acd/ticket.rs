use std::cmp::Ordering;

use serde::{Deserialize, Serialize};

use crate::acd::desk::Desk;
use crate::acd::{Denied, NotTaken, Output, Withdrawal};
use crate::base::{AgentId, Instant, OfferId, QueueId, TicketId};

/// A caller at the desk, from `Enter` to the end of the talk.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ticket {
    pub(crate) queue: QueueId,
    pub(crate) place: Place,
    pub(crate) stage: Stage,
}

/// Where a caller stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Stage {
    Waiting,
    Offered { offer: OfferId, agent: AgentId },
    Talking { agent: AgentId },
}

/// A caller's place in the order of a queue: higher priority first, then the earlier clock, then who
/// came first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) priority: i32,
    pub(crate) clock: Instant,
    /// Counts up with each `Enter`, so that no two places are equal.
    pub(crate) arrival: u64,
    pub(crate) ticket: TicketId,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        other
            .priority
            .cmp(&self.priority)
            .then(self.clock.cmp(&other.clock))
            .then(self.arrival.cmp(&other.arrival))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Desk {
    pub(crate) fn enter(
        &mut self,
        now: Instant,
        ticket: TicketId,
        queue: QueueId,
        priority: i32,
        clock: Instant,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if self.tickets.contains_key(&ticket) {
            return Err(Denied::TicketTaken(ticket));
        }
        if let Some(why) = self.refusal(&queue) {
            out.push(Output::NotTaken { ticket, why });
            return Ok(());
        }
        self.arrivals += 1;
        let place = Place { priority, clock, arrival: self.arrivals, ticket };
        if let Some(line) = self.queues.get_mut(&queue) {
            line.waiting.insert(place);
        }
        self.tickets.insert(ticket, Ticket { queue: queue.clone(), place, stage: Stage::Waiting });
        self.mark(&queue);
        self.serve_queue(now, &queue, out);
        Ok(())
    }

    /// Why the queue takes nobody in now, if it does not.
    pub(crate) fn refusal(&self, queue: &QueueId) -> Option<NotTaken> {
        match self.queues.get(queue).filter(|line| !line.leaving) {
            None => Some(NotTaken::UnknownQueue),
            Some(line) if line.signed_in == 0 => Some(NotTaken::Nobody),
            Some(line) if line.is_full() => Some(NotTaken::Full),
            Some(_) => None,
        }
    }

    pub(crate) fn leave(
        &mut self,
        now: Instant,
        ticket: TicketId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let known = self.tickets.get(&ticket).ok_or(Denied::UnknownTicket(ticket))?;
        match known.stage.clone() {
            Stage::Talking { agent } => return self.end_talk(now, agent, out),
            Stage::Waiting => self.forget(ticket),
            Stage::Offered { offer, agent } => {
                self.forget(ticket);
                self.offers.remove(&offer);
                let why = Withdrawal::CallerLeft;
                out.push(Output::Withdraw { offer, agent: agent.clone(), ticket, why });
                self.change(now, &agent, out, |agent| agent.stand_down());
                self.serve_agent(now, &agent, out);
            }
        }
        Ok(())
    }

    /// Takes the ticket out of the table and out of its queue.
    pub(crate) fn forget(&mut self, ticket: TicketId) {
        let Some(gone) = self.tickets.remove(&ticket) else { return };
        if let Some(line) = self.queues.get_mut(&gone.queue) {
            line.waiting.remove(&gone.place);
            line.offered.remove(&gone.place);
        }
        self.mark(&gone.queue);
    }

    /// The offer that was out for the ticket is over: it waits again, in its old place.
    pub(crate) fn put_back(&mut self, ticket: TicketId, out: &mut Vec<Output>) {
        let Some(back) = self.tickets.get_mut(&ticket) else { return };
        back.stage = Stage::Waiting;
        if let Some(line) = self.queues.get_mut(&back.queue) {
            line.offered.remove(&back.place);
            line.waiting.insert(back.place);
        }
        let queue = back.queue.clone();
        self.mark(&queue);
        out.push(Output::Returned { ticket });
    }
}
