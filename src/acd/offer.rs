use std::time::Duration;

use crate::acd::agent::{Agent, Doing};
use crate::acd::desk::Desk;
use crate::acd::ticket::Stage;
use crate::acd::{Decline, Denied, Output, Withdrawal};
use crate::base::{AgentId, Instant, OfferId, QueueId};

impl Desk {
    /// The agent may have become free: rings for the first caller of all the queues served.
    pub(crate) fn serve_agent(&mut self, now: Instant, agent: &AgentId, out: &mut Vec<Output>) {
        let Some(known) = self.agents.get(agent) else { return };
        if known.trace().free.is_none() {
            return;
        }
        let first = known
            .settings
            .queues
            .iter()
            .filter_map(|queue| Some((self.queues.get(queue)?.waiting.first()?, queue)))
            .min();
        if let Some(queue) = first.map(|(_, queue)| queue.clone()) {
            self.offer(now, &queue, agent.clone(), out);
        }
    }

    /// Callers may have come or come back: the first in line gets the agent who is idle longest, as
    /// long as there are both.
    pub(crate) fn serve_queue(&mut self, now: Instant, queue: &QueueId, out: &mut Vec<Output>) {
        while let Some(line) = self.queues.get(queue) {
            let (Some(_), Some((_, agent))) = (line.waiting.first(), line.free.first()) else {
                return;
            };
            let agent = agent.clone();
            self.offer(now, queue, agent, out);
        }
    }

    /// Reserves the agent for the first caller of the queue and asks for the ring.
    fn offer(&mut self, now: Instant, queue: &QueueId, agent: AgentId, out: &mut Vec<Output>) {
        let Some(line) = self.queues.get_mut(queue) else { return };
        let Some(place) = line.waiting.0.pop_front() else { return };
        line.offered.insert(place);
        let until = now + line.settings.ring;
        let ticket = place.ticket;
        self.offered += 1;
        let offer = OfferId(self.offered);
        if let Some(known) = self.tickets.get_mut(&ticket) {
            known.stage = Stage::Offered { offer, agent: agent.clone() };
        }
        self.offers.insert(offer, agent.clone());
        self.change(now, &agent, out, |agent| {
            agent.doing = Doing::Offered { offer, ticket, rings: false, until };
        });
        out.push(Output::Offer { offer, ticket, agent, queue: queue.clone() });
    }

    pub(crate) fn ring(
        &mut self,
        now: Instant,
        offer: OfferId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let agent = self.offers.get(&offer).ok_or(Denied::UnknownOffer(offer))?.clone();
        self.change(now, &agent, out, |agent| {
            if let Doing::Offered { rings, .. } = &mut agent.doing {
                *rings = true;
            }
        });
        Ok(())
    }

    pub(crate) fn answer(
        &mut self,
        now: Instant,
        offer: OfferId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let agent = self.offers.remove(&offer).ok_or(Denied::UnknownOffer(offer))?;
        #[cfg(test)]
        assert!(!std::mem::take(&mut self.break_next_answer), "broken for a test");
        let Some(ticket) = self.agents.get(&agent).and_then(Agent::ticket) else { return Ok(()) };
        let Some(known) = self.tickets.get_mut(&ticket) else { return Ok(()) };
        known.stage = Stage::Talking { agent: agent.clone() };
        let queue = known.queue.clone();
        let mut wrap_up = Duration::ZERO;
        if let Some(line) = self.queues.get_mut(&queue) {
            line.offered.remove(&known.place);
            wrap_up = line.settings.wrap_up;
        }
        self.mark(&queue);
        self.change(now, &agent, out, |agent| {
            agent.doing = Doing::Talking { ticket, held: false, wrap_up };
        });
        Ok(())
    }

    pub(crate) fn decline(
        &mut self,
        now: Instant,
        offer: OfferId,
        why: Decline,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let agent = self.offers.get(&offer).ok_or(Denied::UnknownOffer(offer))?.clone();
        let until = now + self.settings.pause;
        self.end_offer(now, &agent, out, None, |agent| match why {
            Decline::NoAnswer => agent.take_out(),
            Decline::Busy | Decline::Rejected => agent.pause(until),
            Decline::Unreachable => {
                agent.pause(until);
                agent.idle_since = now;
            }
        });
        Ok(())
    }

    /// Ends the offer that is out for the agent, if one is: the caller waits again in the old place
    /// and is served before anybody else may take the agent.
    pub(crate) fn end_offer(
        &mut self,
        now: Instant,
        agent: &AgentId,
        out: &mut Vec<Output>,
        withdraw: Option<Withdrawal>,
        change: impl FnOnce(&mut Agent),
    ) {
        let offered = match self.agents.get(agent).map(|agent| agent.doing) {
            Some(Doing::Offered { offer, ticket, .. }) => Some((offer, ticket)),
            _ => None,
        };
        if let Some((offer, ticket)) = offered {
            self.offers.remove(&offer);
            if let Some(why) = withdraw {
                out.push(Output::Withdraw { offer, agent: agent.clone(), ticket, why });
            }
            self.put_back(ticket, out);
        }
        let back = offered
            .and_then(|(_, ticket)| Some((ticket, self.tickets.get(&ticket)?.queue.clone())));
        let was_staffed = back.as_ref().is_some_and(|(_, queue)| self.is_staffed(queue));
        self.change(now, agent, out, change);
        if let Some((ticket, queue)) = back {
            self.serve_queue(now, &queue, out);
            // It was told while the agent rang, and there was still somebody.
            if !was_staffed && !self.is_staffed(&queue) {
                out.push(Output::NobodyLeft { ticket, queue });
            }
        }
        self.serve_agent(now, agent, out);
    }

    /// Whether anybody who serves the queue is signed in.
    fn is_staffed(&self, queue: &QueueId) -> bool {
        self.queues.get(queue).is_some_and(|line| line.signed_in > 0)
    }
}
