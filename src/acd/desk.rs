use std::collections::HashMap;

use crate::acd::agent::{Agent, Doing};
use crate::acd::queue::Queue;
use crate::acd::ticket::{Stage, Ticket};
use crate::acd::{
    AgentNow, Census, Denied, Input, Output, QueueNow, Settings, State, Status, Withdrawal,
};
use crate::base::{AgentId, Deadlines, Instant, OfferId, QueueId, TicketId};

/// A table whose order never depends on the process.
pub(crate) type Table<K, V> = HashMap<K, V, ahash::RandomState>;

pub(crate) fn table<K, V>() -> Table<K, V> {
    HashMap::with_hasher(ahash::RandomState::with_seeds(5, 6, 7, 8))
}

/// The front door: every caller who waits, every agent, every offer.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(crate) settings: Settings,
    pub(crate) agents: Table<AgentId, Agent>,
    pub(crate) queues: Table<QueueId, Queue>,
    pub(crate) tickets: Table<TicketId, Ticket>,
    /// Whom each offer that is out rings.
    pub(crate) offers: Table<OfferId, AgentId>,
    /// The next answer panics half-way, for tests of what such a fault costs (R26).
    #[cfg(test)]
    pub(crate) break_next_answer: bool,
    /// The one limit that each agent may have: ring, wrap-up or pause.
    pub(crate) deadlines: Deadlines<AgentId>,
    pub(crate) arrivals: u64,
    pub(crate) offered: u64,
    /// Queues that owe a `QueueChanged` in this step.
    pub(crate) marked: Vec<QueueId>,
}

impl Desk {
    /// A desk at which everybody is signed out and unreachable, since the zero of the clock. For
    /// "since now", start with empty settings and [`Desk::reconfigure`].
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let mut desk = Self {
            settings: Settings::default(),
            agents: table(),
            queues: table(),
            tickets: table(),
            offers: table(),
            #[cfg(test)]
            break_next_answer: false,
            deadlines: Deadlines::default(),
            arrivals: 0,
            offered: 0,
            marked: Vec::new(),
        };
        desk.reconfigure(Instant::ZERO, settings, &mut Vec::new());
        desk
    }

    /// Takes one input and pushes what must be done and told. When it is denied, nothing changed.
    ///
    /// # Errors
    /// [`Denied`] names the party and what would have been allowed.
    pub fn handle(
        &mut self,
        now: Instant,
        input: Input,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        #[cfg(test)]
        if matches!(&input, Input::NotReady { reason, .. } if reason == "break the desk") {
            panic!("broken for a test");
        }
        match input {
            Input::SignIn { agent } => self.sign_in(now, agent, out),
            Input::SignOut { agent, forced } => self.sign_out(now, agent, forced, out),
            Input::Ready { agent } => self.ready(now, agent, out),
            Input::NotReady { agent, reason } => self.not_ready(now, agent, reason, out),
            Input::WrapUpDone { agent } => self.end_wrap_up(now, agent, out),
            Input::Reachable { agent, reachable } => self.reach(now, agent, reachable, out),
            Input::PhoneLost { agent } => self.lose_phone(now, agent, out),
            Input::Enter { ticket, queue, priority, clock } => {
                self.enter(now, ticket, queue, priority, clock, out)
            }
            Input::Move { ticket, queue, priority } => {
                self.relocate(now, ticket, queue, priority, out)
            }
            Input::Leave { ticket } => self.leave(now, ticket, out),
            Input::Ringing { offer } => self.ring(now, offer, out),
            Input::Answered { offer } => self.answer(now, offer, out),
            Input::Declined { offer, why } => self.decline(now, offer, why, out),
            Input::Held { agent } => self.hold(now, agent, true, out),
            Input::Retrieved { agent } => self.hold(now, agent, false, out),
            Input::TalkEnded { agent } => self.end_talk(now, agent, out),
            Input::Busy { agent } => self.own_call_began(now, agent, out),
            Input::Free { agent } => self.own_call_ended(now, agent, out),
            Input::Deadline => {
                self.expire(now, out);
                Ok(())
            }
        }?;
        self.tell_marked(out);
        Ok(())
    }

    /// When `handle` wants `Input::Deadline` if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadlines.first()
    }

    /// Whom an offer rings.
    #[must_use]
    pub fn agent_of(&self, offer: OfferId) -> Option<AgentId> {
        self.offers.get(&offer).cloned()
    }

    /// Frees everything that belongs to the ticket, wherever it stands, after its call was lost.
    pub fn bury(&mut self, now: Instant, ticket: TicketId, out: &mut Vec<Output>) {
        if self.leave(now, ticket, out).is_ok() {
            self.tell_marked(out);
        }
    }

    /// The caller's place in its queue from 1, those that ring at an agent counted in; `None` when
    /// the ticket does not wait (unknown, or talking).
    #[must_use]
    pub fn position(&self, ticket: TicketId) -> Option<u32> {
        let known = self.tickets.get(&ticket)?;
        if matches!(known.stage, Stage::Talking { .. }) {
            return None;
        }
        Some(self.queues.get(&known.queue)?.position(&known.place))
    }

    /// The queue that the caller waits in, those for whom an agent rings included.
    #[must_use]
    pub fn queue_of(&self, ticket: TicketId) -> Option<&QueueId> {
        let known = self.tickets.get(&ticket)?;
        (!matches!(known.stage, Stage::Talking { .. })).then_some(&known.queue)
    }

    /// An agent now.
    #[must_use]
    pub fn agent(&self, agent: &AgentId) -> Option<AgentNow<'_>> {
        self.agents.get(agent).map(Agent::view)
    }

    /// A queue now.
    #[must_use]
    pub fn queue(&self, queue: &QueueId) -> Option<QueueNow<'_>> {
        self.queues.get(queue).map(Queue::view)
    }

    /// All agents, sorted by id.
    pub fn agents(&self) -> impl Iterator<Item = AgentNow<'_>> {
        let mut agents: Vec<_> = self.agents.values().collect();
        agents.sort_unstable_by(|a, b| a.settings.id.cmp(&b.settings.id));
        agents.into_iter().map(Agent::view)
    }

    /// All queues, sorted by id.
    pub fn queues(&self) -> impl Iterator<Item = QueueNow<'_>> {
        let mut queues: Vec<_> = self.queues.values().collect();
        queues.sort_unstable_by(|a, b| a.settings.id.cmp(&b.settings.id));
        queues.into_iter().map(Queue::view)
    }

    /// How much the desk holds.
    #[must_use]
    pub fn census(&self) -> Census {
        let agents = |state: State| self.agents.values().filter(|a| a.state() == state).count();
        Census {
            waiting: self.queues.values().map(|queue| queue.waiting.0.len()).sum(),
            offers: self.offers.len(),
            talking: agents(State::Talking) + agents(State::Held),
            busy: agents(State::Busy),
            wrap_up: agents(State::WrapUp),
            deadlines: self.deadlines.len(),
        }
    }

    /// Rings, wrap-ups and pauses whose time is up.
    fn expire(&mut self, now: Instant, out: &mut Vec<Output>) {
        while let Some(agent) = self.deadlines.pop_due(now) {
            let Some(known) = self.agents.get(&agent) else { continue };
            match known.doing {
                Doing::Offered { .. } => {
                    let why = Some(Withdrawal::NoAnswer);
                    self.end_offer(now, &agent, out, why, Agent::take_out);
                }
                Doing::WrapUp { .. } => {
                    self.change(now, &agent, out, |agent| agent.rest(now));
                    self.serve_agent(now, &agent, out);
                }
                Doing::Idle { .. } => {
                    self.change(now, &agent, out, Agent::stand_down);
                    self.serve_agent(now, &agent, out);
                }
                Doing::Talking { .. } | Doing::Busy => {}
            }
        }
    }

    pub(crate) fn known(&self, agent: &AgentId) -> Result<&Agent, Denied> {
        self.agents.get(agent).ok_or_else(|| Denied::UnknownAgent(agent.clone()))
    }

    pub(crate) fn not_now(&self, agent: &AgentId, allowed: &'static str) -> Denied {
        match self.agents.get(agent) {
            None => Denied::UnknownAgent(agent.clone()),
            Some(known) => Denied::NotNow {
                agent: agent.clone(),
                status: known.status.clone(),
                state: known.state(),
                allowed,
            },
        }
    }

    /// The only way in which an agent changes: keeps counters, the order of the free and the limits
    /// of all queues in step, and tells.
    pub(crate) fn change(
        &mut self,
        now: Instant,
        id: &AgentId,
        out: &mut Vec<Output>,
        change: impl FnOnce(&mut Agent),
    ) {
        let Some(agent) = self.agents.get_mut(id) else { return };
        let before = agent.trace();
        change(agent);
        let after = agent.trace();
        self.deadlines.set(id, agent.deadline());
        if (&before.status, before.state) != (&after.status, after.state) {
            out.push(Output::AgentChanged {
                agent: id.clone(),
                status: after.status.clone(),
                state: after.state,
                since: now,
                was_status: before.status.clone(),
                was_state: before.state,
                previous: now.since(agent.since),
                ticket: agent.ticket(),
            });
            agent.since = now;
        }
        for queue in &agent.settings.queues {
            let Some(line) = self.queues.get_mut(queue) else { continue };
            if line.follow(id, &before, &after) && !line.changed {
                line.changed = true;
                self.marked.push(queue.clone());
            }
            let gone = before.status.is_signed_in() && !after.status.is_signed_in();
            if gone && line.signed_in == 0 {
                line.tell_nobody_left(out);
            }
        }
        if agent.leaving && agent.is_idle() && agent.status == Status::SignedOut {
            self.agents.remove(id);
            self.deadlines.set(id, None);
            out.push(Output::AgentGone { agent: id.clone() });
        }
    }

    /// The queue owes a `QueueChanged`.
    pub(crate) fn mark(&mut self, queue: &QueueId) {
        if let Some(line) = self.queues.get_mut(queue)
            && !line.changed
        {
            line.changed = true;
            self.marked.push(queue.clone());
        }
    }

    /// Tells of each queue that changed in this step, once, and forgets those that are done.
    pub(crate) fn tell_marked(&mut self, out: &mut Vec<Output>) {
        for queue in self.marked.drain(..) {
            let Some(line) = self.queues.get_mut(&queue) else { continue };
            line.changed = false;
            if line.leaving && line.len() == 0 {
                self.queues.remove(&queue);
                out.push(Output::QueueGone { queue });
            } else {
                out.push(Output::QueueChanged { queue });
            }
        }
    }
}
