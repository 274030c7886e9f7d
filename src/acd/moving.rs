use crate::acd::agent::Agent;
use crate::acd::desk::Desk;
use crate::acd::ticket::{Place, Stage};
use crate::acd::{Denied, Output, Withdrawal};
use crate::base::{Instant, QueueId, TicketId};

impl Desk {
    /// Takes the place in the new queue, or keeps the old one: never neither.
    pub(crate) fn relocate(
        &mut self,
        now: Instant,
        ticket: TicketId,
        queue: QueueId,
        priority: i32,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let known = self.tickets.get_mut(&ticket).ok_or(Denied::UnknownTicket(ticket))?;
        let ring = match &known.stage {
            Stage::Waiting => None,
            Stage::Offered { offer, agent } => Some((*offer, agent.clone())),
            Stage::Talking { .. } => return Err(Denied::NotWaiting(ticket)),
        };
        let (from, old) = (known.queue.clone(), known.place);
        if from == queue && old.priority == priority {
            out.push(Output::Moved { ticket, queue });
            return Ok(());
        }
        // Who moves within a queue needs no more room than before.
        let refusal = if from == queue { None } else { self.refusal(&queue) };
        if let Some(why) = refusal {
            out.push(Output::NotMoved { ticket, queue, why });
            return Ok(());
        }
        let place = Place { priority, ..old };
        if let Some(line) = self.queues.get_mut(&from) {
            line.waiting.remove(&old);
            line.offered.remove(&old);
        }
        if let Some(line) = self.queues.get_mut(&queue) {
            line.waiting.insert(place);
        }
        if let Some(known) = self.tickets.get_mut(&ticket) {
            known.queue = queue.clone();
            known.place = place;
            known.stage = Stage::Waiting;
        }
        self.mark(&from);
        self.mark(&queue);
        if let Some((offer, agent)) = &ring {
            self.offers.remove(offer);
            let (offer, agent, why) = (*offer, agent.clone(), Withdrawal::CallerLeft);
            out.push(Output::Withdraw { offer, agent, ticket, why });
        }
        out.push(Output::Moved { ticket, queue: queue.clone() });
        // Those who are free there first: whoever rang may have a better caller elsewhere.
        self.serve_queue(now, &queue, out);
        if let Some((_, agent)) = ring {
            self.change(now, &agent, out, Agent::stand_down);
            self.serve_agent(now, &agent, out);
        }
        Ok(())
    }
}
