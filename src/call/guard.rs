use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use crate::acd;
use crate::base::{AgentId, CallId, Instant, TicketId};
use crate::call::core::{Core, Work};
use crate::call::dispatch::dialog_of;
use crate::call::{CommandError, Effect, Event, Fact};
use crate::sip;

/// How long the alarm `internal-error` stays after the last one.
const ALARM: Duration = Duration::from_secs(3_600);

impl Core {
    /// Does something that a fault of ours may end in the midst; `None` when it did. It costs what it
    /// was about, never the process (R26).
    ///
    /// What it left behind is sound: outputs that were pushed tell of what was done, and stay; machines
    /// (a call, a dialog, a transaction) live by value in their tables and are out of them during their
    /// step, so that a broken one is gone and not half changed; who calls this buries what belonged to it;
    /// a deadline that was due is taken out before its step, so that no fault repeats for ever.
    pub(crate) fn guarded<T>(
        &mut self,
        now: Instant,
        what: &str,
        out: &mut Vec<Effect>,
        run: impl FnOnce(&mut Self, &mut Vec<Effect>) -> T,
    ) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| run(self, out))).ok();
        if done.is_none() {
            self.internal_error(now, what, out);
        }
        done
    }

    /// One event under guard. Whoever asked for something gets an answer all the same.
    pub(crate) fn take_guarded(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        let asked = match &event {
            Event::Command { id, .. } => Some(*id),
            _ => None,
        };
        let from = out.len();
        let done = self.guarded(now, "an event", out, |core, out| core.take(now, event, out));
        if let (None, Some(id)) = (done, asked) {
            let has_reply =
                |effect: &Effect| matches!(effect, Effect::Reply { id: of, .. } if *of == id);
            if !out[from..].iter().any(has_reply) {
                out.push(Effect::Reply { id, reply: Err(CommandError::Overloaded) });
            }
        }
    }

    /// One thing that follows, under guard. The call that it was about is given up.
    pub(crate) fn follow(&mut self, now: Instant, work: Work, out: &mut Vec<Effect>) {
        match work {
            Work::Sip(event) => {
                let dialog = match &event {
                    sip::Event::Invite { dialog, .. } => Some(*dialog),
                    event => dialog_of(event),
                };
                let what = "what the SIP stack told";
                let done =
                    self.guarded(now, what, out, |core, out| core.dispatch_sip(now, event, out));
                if let (None, Some(dialog)) = (done, dialog) {
                    self.push_work(Work::Lost(dialog));
                    // No call holds it, perhaps.
                    let command = sip::Command::Hangup { dialog, reason: None, status: 500 };
                    self.stack_step(now, sip::Input::Command(command), out);
                }
            }
            Work::Desk(output) => {
                let ticket = ticket_of(&output);
                let what = "what the desk told";
                let done =
                    self.guarded(now, what, out, |core, out| core.dispatch_desk(now, output, out));
                if let (None, Some(ticket)) = (done, ticket)
                    && let Some(call) = self.world.index.tickets.get(&ticket).copied()
                {
                    self.give_up(now, call, out);
                }
            }
            Work::Call(call, input) => {
                let what = "what a call asked for";
                let done =
                    self.guarded(now, what, out, |core, out| core.step(now, call, input, out));
                if done.is_none() {
                    self.give_up(now, call, out);
                }
            }
            Work::Lost(dialog) => {
                if let Some(call) = self.world.index.dialogs.get(&dialog).copied() {
                    self.give_up(now, call, out);
                }
            }
        }
    }

    /// Gives up a call, or a leg that an agent's phone keeps open; a leg that the call had ends with it.
    fn give_up(&mut self, now: Instant, id: CallId, out: &mut Vec<Effect>) {
        self.guarded(now, "a burial", out, |core, out| match core.world.open_legs.has(id) {
            true => core.lose_leg(now, id, out),
            false => core.bury(now, id, out),
        });
        self.guarded(now, "a burial", out, |core, out| core.tend_legs(now, out));
    }

    /// The stack panicked over a message or a timer: its transactions and dialogs that were at work are
    /// gone, and with each dialog its call.
    pub(crate) fn mend_stack(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for dialog in self.world.stack.mend() {
            self.push_work(Work::Lost(dialog));
        }
        self.internal_error(now, "a SIP message or timer", out);
    }

    /// The desk panicked over something about a caller or an agent: the caller's call ends, and the agent
    /// is signed out, which leaves nothing of either at the desk.
    pub(crate) fn mend_desk(&mut self, now: Instant, party: Party) {
        let (desk, out) = self.desk_out();
        // A second fault leaves what the first one left.
        let _ = catch_unwind(AssertUnwindSafe(|| {
            if let Some(ticket) = party.ticket {
                desk.bury(now, ticket, out);
            }
        }));
        let _ = catch_unwind(AssertUnwindSafe(|| {
            if let Some(agent) = party.agent {
                let _ = desk.handle(now, acd::Input::SignOut { agent, forced: true }, out);
            }
        }));
        if let Some(ticket) = party.ticket
            && let Some(call) = self.world.index.tickets.get(&ticket).copied()
        {
            let held = self.calls.get(&call).into_iter().flat_map(|entry| &entry.holdings.dialogs);
            let lost: Vec<Work> = held.copied().map(Work::Lost).collect();
            lost.into_iter().for_each(|work| self.push_work(work));
        }
        self.desk_faults = true;
    }

    /// Tells of faults of the desk, which has nothing to tell it by.
    pub(crate) fn tell_desk_faults(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if std::mem::take(&mut self.desk_faults) {
            self.internal_error(now, "the desk", out);
        }
    }

    /// A fault of ours is an alarm, for an hour after the last one.
    pub(crate) fn internal_error(&mut self, now: Instant, what: &str, out: &mut Vec<Effect>) {
        tracing::error!(what, "a step panicked; what it was about is given up");
        if self.internal_error_until.replace(now + ALARM).is_none() {
            let what = format!(
                "{what} ran into a fault of the engine and was given up; other calls go on; please report \
                 the log's lines before this"
            );
            let id = "internal-error".to_owned();
            self.record(now, Fact::Alarm { id, what, cleared: false }, out);
        }
    }

    /// The alarm ends when there was no more.
    pub(crate) fn forget_internal_error(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if self.internal_error_until.take_if(|until| *until <= now).is_some() {
            let what = "no fault within the last hour".to_owned();
            let id = "internal-error".to_owned();
            self.record(now, Fact::Alarm { id, what, cleared: true }, out);
        }
    }
}

/// Whom an input of the desk is about: a caller, an agent, or with an offer both.
#[derive(Default, Debug)]
pub(crate) struct Party {
    ticket: Option<TicketId>,
    agent: Option<AgentId>,
}

impl Party {
    /// To be asked before the desk takes the input: a step forgets an offer first of all.
    pub(crate) fn of(input: &acd::Input, desk: &acd::Desk) -> Self {
        match input {
            acd::Input::Enter { ticket, .. }
            | acd::Input::Move { ticket, .. }
            | acd::Input::Leave { ticket } => Self { ticket: Some(*ticket), agent: None },
            acd::Input::Ringing { offer }
            | acd::Input::Answered { offer }
            | acd::Input::Declined { offer, .. } => {
                let agent = desk.agent_of(*offer);
                let ticket = agent.as_ref().and_then(|agent| desk.agent(agent)?.ticket);
                Self { ticket, agent }
            }
            acd::Input::SignIn { agent }
            | acd::Input::SignOut { agent, .. }
            | acd::Input::Ready { agent }
            | acd::Input::NotReady { agent, .. }
            | acd::Input::WrapUpDone { agent }
            | acd::Input::Reachable { agent, .. }
            | acd::Input::PhoneLost { agent, .. }
            | acd::Input::Held { agent }
            | acd::Input::Retrieved { agent }
            | acd::Input::TalkEnded { agent }
            | acd::Input::Busy { agent }
            | acd::Input::Free { agent } => Self { ticket: None, agent: Some(agent.clone()) },
            acd::Input::Deadline => Self::default(),
        }
    }
}

fn ticket_of(output: &acd::Output) -> Option<TicketId> {
    match output {
        acd::Output::Offer { ticket, .. }
        | acd::Output::Withdraw { ticket, .. }
        | acd::Output::NotTaken { ticket, .. }
        | acd::Output::Moved { ticket, .. }
        | acd::Output::NotMoved { ticket, .. }
        | acd::Output::NobodyLeft { ticket, .. } => Some(*ticket),
        acd::Output::AgentChanged { ticket, .. } => *ticket,
        _ => None,
    }
}
