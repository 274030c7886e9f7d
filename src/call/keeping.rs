use crate::acd;
use crate::base::{AgentId, CallId, CommandId, Instant, StreamId};
use crate::call::core::{Core, Work};
use crate::call::ending::ms;
use crate::call::input::Input;
use crate::call::open_leg::{Asking, LegState, Up};
use crate::call::settings::AnswerBy;
use crate::call::{Cause, CommandError, Effect, Fact, LegEnd, Phone, Reply};
use crate::media;

/// The legs that agents' phones keep open (C3): called at sign-in or "ready", ended at sign-out.
impl Core {
    /// A command that needs the agent's leg up, if the phone is of that kind. `None`: the phone is
    /// called first, and the reply follows.
    pub(crate) fn with_leg(
        &mut self,
        now: Instant,
        command: CommandId,
        agent: AgentId,
        asking: Asking,
        out: &mut Vec<Effect>,
    ) -> Option<Reply> {
        let phone = self.phone_kept_open(&agent).cloned();
        let known = self.desk.agent(&agent);
        // What the desk denies anyway needs no phone. "Ready" may take back a sign-out to come.
        let allowed = known.is_some_and(|now| match asking {
            Asking::SignIn => !now.next.unwrap_or(now.status).is_signed_in(),
            Asking::Ready => now.status.is_signed_in(),
        });
        let (Some(phone), true) = (phone, allowed) else {
            return Some(self.ask_desk(now, asking.input(agent)));
        };
        match self.world.open_legs.of(&agent).map(|(_, leg)| &leg.state) {
            None if self.stopping.is_some() => Some(Err(CommandError::Overloaded)),
            None => {
                let dialled = self.dial_leg(now, &agent, &phone, command, asking, out);
                dialled.err().map(|why| Err(phone_cannot(&agent, &phone, why)))
            }
            Some(LegState::Calling { .. }) => {
                let text = format!("the phone {} of agent {agent} is being called", phone.account);
                Some(Err(CommandError::WrongState(text)))
            }
            Some(_) => Some(self.ask_desk(now, asking.input(agent))),
        }
    }

    /// The agent wants something else while the phone is called: it is called no longer. Whether
    /// that was a sign-in, so that nothing else is left to be done for a sign-out.
    pub(crate) fn call_off(
        &mut self,
        now: Instant,
        agent: &AgentId,
        out: &mut Vec<Effect>,
    ) -> bool {
        let Some((id, leg)) = self.world.open_legs.of(agent) else { return false };
        let LegState::Calling { asking, .. } = leg.state else { return false };
        self.step_leg(now, id, Input::End(Cause::Command), out);
        asking == Asking::SignIn
    }

    /// The desk says that the agent is signed out.
    pub(crate) fn signed_out(&mut self, now: Instant, agent: &AgentId, out: &mut Vec<Effect>) {
        let Some((id, leg)) = self.world.open_legs.of(agent) else { return };
        match leg.state {
            LegState::Calling { asking: Asking::Ready, .. } => {
                self.step_leg(now, id, Input::End(Cause::Command), out);
            }
            _ => {
                self.world.open_legs.touch(id);
                self.tend_legs(now, out);
            }
        }
    }

    /// Looks after the legs that were called, lent, given back or lost.
    pub(crate) fn tend_legs(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for id in self.world.open_legs.take_touched() {
            let Some(leg) = self.world.open_legs.get(id) else { continue };
            let deadline = leg.state.deadline();
            let end = match leg.state {
                LegState::Lost { why, .. } => Some(why),
                LegState::Idle { .. } => self.unwanted(&leg.agent, &leg.account),
                LegState::Calling { .. } | LegState::Lent { .. } => None,
            };
            self.deadlines.set(&id, deadline);
            if let Some(why) = end {
                self.end_leg(now, id, why, out);
            }
        }
    }

    /// Why a leg that no call has shall end, if it shall.
    fn unwanted(&self, agent: &AgentId, account: &crate::base::AccountId) -> Option<LegEnd> {
        if self.phone_kept_open(agent).is_none_or(|phone| phone.account != *account) {
            return Some(LegEnd::Settings);
        }
        let here = self.desk.agent(agent).is_some_and(|now| now.status.is_signed_in());
        (!here).then_some(LegEnd::SignedOut)
    }

    /// Ends a leg that no call has, with everything it holds.
    fn end_leg(&mut self, now: Instant, id: CallId, why: LegEnd, out: &mut Vec<Effect>) {
        let Some(leg) = self.world.open_legs.remove(id) else { return };
        self.deadlines.set(&id, None);
        self.free(now, &leg.holdings, out);
        if let Some(up) = leg.state.up() {
            let phone = Phone { account: leg.account, answer: AnswerBy::OpenLeg };
            self.leg_down(now, &phone, &leg.agent, why, up, out);
        }
    }

    /// A leg that a fault of ours cost its dialog or its step: whoever waits for it hears of that. Is it
    /// a call's now, it goes with that call.
    pub(crate) fn lose_leg(&mut self, now: Instant, id: CallId, out: &mut Vec<Effect>) {
        match self.world.open_legs.get(id).map(|leg| &leg.state) {
            Some(LegState::Calling { .. }) => {
                self.step_leg(now, id, Input::End(Cause::InternalError), out);
            }
            Some(LegState::Lent { call, .. }) => self.bury(now, *call, out),
            Some(LegState::Idle { .. } | LegState::Lost { .. }) => {
                self.end_leg(now, id, LegEnd::Failed, out);
            }
            None => {}
        }
    }

    /// A leg is gone: its record, and the agent is not ready any more.
    pub(crate) fn leg_down(
        &mut self,
        now: Instant,
        phone: &Phone,
        agent: &AgentId,
        why: LegEnd,
        up: Up,
        out: &mut Vec<Effect>,
    ) {
        let length_ms = ms(now.since(up.since));
        let (account, offers) = (phone.account.clone(), up.offers);
        let fact = Fact::LegDown { agent: agent.clone(), account, why, length_ms, offers };
        self.record(now, fact, out);
        self.lose_phone(now, agent);
        self.show_agent(agent, out);
    }

    fn lose_phone(&mut self, now: Instant, agent: &AgentId) {
        if self.phone_kept_open(agent).is_some() {
            self.desk_step(now, acd::Input::PhoneLost { agent: agent.clone() });
        }
    }

    /// New settings: legs that no longer fit end, and who has none that should have one is not ready.
    pub(crate) fn fit_legs(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for (id, agent) in self.all_legs() {
            let Some(leg) = self.world.open_legs.get(id) else { continue };
            let calling = matches!(leg.state, LegState::Calling { .. });
            let fits =
                self.phone_kept_open(&agent).is_some_and(|phone| phone.account == leg.account);
            if calling && !fits {
                self.step_leg(now, id, Input::End(Cause::Command), out);
            }
            self.world.open_legs.touch(id);
        }
        self.tend_legs(now, out);
        let mut agents: Vec<AgentId> = self.settings.phones.keys().cloned().collect();
        agents.retain(|agent| self.world.open_legs.of(agent).is_none());
        agents.sort_unstable();
        for agent in agents {
            self.lose_phone(now, &agent);
        }
    }

    /// The engine stops, and no call is left: the phones may hang up.
    pub(crate) fn end_all_legs(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for (id, _) in self.all_legs() {
            let calling = matches!(
                self.world.open_legs.get(id).map(|leg| &leg.state),
                Some(LegState::Calling { .. })
            );
            if calling {
                self.step_leg(now, id, Input::End(Cause::Shutdown), out);
            } else {
                self.end_leg(now, id, LegEnd::Shutdown, out);
            }
        }
        self.run(now, out);
    }

    fn all_legs(&self) -> Vec<(CallId, AgentId)> {
        let legs = self.world.open_legs.iter();
        let mut all: Vec<_> = legs.map(|(id, leg)| (*id, leg.agent.clone())).collect();
        all.sort_unstable();
        all
    }

    /// A call that gave the leg back still waits for what was sent and received on it.
    pub(crate) fn tell_former_call(&mut self, stream: StreamId, event: &media::Event) {
        let owner = self.world.index.streams.get(&stream).copied();
        for call in self.world.open_legs.take_awaiting(stream) {
            if owner != Some(call) {
                self.push_work(Work::Call(call, Input::Media(event.clone())));
            }
        }
    }

    /// Which streams a worker has open: what a panicking step asked for was never told to it.
    pub(crate) fn note_stream(&mut self, call: CallId, command: &media::Command) {
        let (stream, open) = match command {
            media::Command::Open { stream, .. } => (stream, true),
            media::Command::Close { stream } => (stream, false),
            _ => return,
        };
        let holdings = match self.calls.get_mut(&call) {
            Some(entry) => Some(&mut entry.holdings),
            None => self.world.open_legs.holdings(call),
        };
        let mut streams = holdings.into_iter().flat_map(|held| &mut held.streams);
        if let Some(held) = streams.find(|held| held.id == *stream) {
            held.open = open;
        }
    }

    pub(crate) fn phone_kept_open(&self, agent: &AgentId) -> Option<&Phone> {
        self.settings.phones.get(agent).filter(|phone| phone.answer == AnswerBy::OpenLeg)
    }

    /// `down`, `calling` or `up`, for a phone that keeps its leg open.
    pub(crate) fn leg_state(&self, agent: &AgentId) -> Option<&'static str> {
        self.phone_kept_open(agent)?;
        Some(match self.world.open_legs.of(agent).map(|(_, leg)| &leg.state) {
            Some(LegState::Calling { .. }) => "calling",
            Some(LegState::Idle { .. } | LegState::Lent { .. }) => "up",
            Some(LegState::Lost { .. }) | None => "down",
        })
    }
}

pub(crate) fn phone_cannot(agent: &AgentId, phone: &Phone, why: &str) -> CommandError {
    CommandError::PhoneCannot(format!("the phone {} of agent {agent} {why}", phone.account))
}
