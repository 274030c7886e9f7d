use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd::{AgentNow, AgentSettings, Reason, State, Status};
use crate::base::{Instant, OfferId, TicketId};

/// One agent: what the person chose, and what the desk does with the person.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Agent {
    /// Queues that are not configured and repeated ones are already taken out.
    pub(crate) settings: AgentSettings,
    pub(crate) status: Status,
    pub(crate) doing: Doing,
    /// What the person asked for since the desk has been doing something; it holds from the end of
    /// that on. Always `None` while idle.
    pub(crate) wish: Option<Status>,
    pub(crate) reachable: bool,
    /// Calls of the agent's own that are up, whatever the desk does meanwhile.
    pub(crate) own_calls: u32,
    /// When the pair (status, state) last changed.
    pub(crate) since: Instant,
    /// The later of the last call's end and becoming ready: the order of longest idle.
    pub(crate) idle_since: Instant,
    /// No longer configured: forgotten as soon as neither offer nor caller is left.
    pub(crate) leaving: bool,
}

/// What the desk does with an agent. Whatever ends by itself carries its own limit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Doing {
    Idle { pause: Option<Instant> },
    Offered { offer: OfferId, ticket: TicketId, rings: bool, until: Instant },
    Talking { ticket: TicketId, held: bool, wrap_up: Duration },
    WrapUp { ticket: TicketId, until: Instant },
    Busy,
}

/// What of an agent others depend on: compared before and after each change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Trace {
    pub(crate) status: Status,
    pub(crate) state: State,
    /// `Some`: may be rung now; the place in the order of longest idle.
    pub(crate) free: Option<Instant>,
}

impl Agent {
    pub(crate) fn new(now: Instant, settings: AgentSettings) -> Self {
        Self {
            settings,
            status: Status::SignedOut,
            doing: Doing::Idle { pause: None },
            wish: None,
            reachable: false,
            own_calls: 0,
            since: now,
            idle_since: now,
            leaving: false,
        }
    }

    pub(crate) fn state(&self) -> State {
        match self.doing {
            Doing::Idle { .. } => State::Idle,
            Doing::Offered { rings: false, .. } => State::Reserved,
            Doing::Offered { rings: true, .. } => State::Ringing,
            Doing::Talking { held: false, .. } => State::Talking,
            Doing::Talking { held: true, .. } => State::Held,
            Doing::WrapUp { .. } => State::WrapUp,
            Doing::Busy => State::Busy,
        }
    }

    pub(crate) fn ticket(&self) -> Option<TicketId> {
        match self.doing {
            Doing::Offered { ticket, .. }
            | Doing::Talking { ticket, .. }
            | Doing::WrapUp { ticket, .. } => Some(ticket),
            Doing::Idle { .. } | Doing::Busy => None,
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.doing {
            Doing::Idle { pause } => pause,
            Doing::Offered { until, .. } | Doing::WrapUp { until, .. } => Some(until),
            Doing::Talking { .. } | Doing::Busy => None,
        }
    }

    pub(crate) fn is_idle(&self) -> bool {
        matches!(self.doing, Doing::Idle { .. })
    }

    pub(crate) fn trace(&self) -> Trace {
        let rung = self.status == Status::Ready
            && self.doing == Doing::Idle { pause: None }
            && self.reachable
            && !self.leaving;
        Trace {
            status: self.status.clone(),
            state: self.state(),
            free: rung.then_some(self.idle_since),
        }
    }

    /// The status that holds after what the desk does now.
    pub(crate) fn next_status(&self) -> &Status {
        self.wish.as_ref().unwrap_or(&self.status)
    }

    /// The person chooses: at once when idle, else for afterwards.
    pub(crate) fn choose(&mut self, now: Instant, status: Status) {
        if !self.is_idle() {
            self.wish = (status != self.status).then_some(status);
            return;
        }
        self.doing = Doing::Idle { pause: None };
        if status == Status::Ready && self.status != Status::Ready {
            self.idle_since = now;
        }
        self.status = status;
    }

    /// An offer came to nothing: the person keeps the place in the order of longest idle.
    pub(crate) fn stand_down(&mut self) {
        if self.leaving {
            self.sign_out();
        } else if self.own_calls > 0 {
            self.doing = Doing::Busy;
        } else {
            self.doing = Doing::Idle { pause: None };
            if let Some(wish) = self.wish.take() {
                self.status = wish;
            }
        }
    }

    /// A call, its wrap-up or a call of the agent's own is over: idle from now on.
    pub(crate) fn rest(&mut self, now: Instant) {
        self.stand_down();
        self.idle_since = now;
    }

    /// The phone could not take an offer: left alone until `until`.
    pub(crate) fn pause(&mut self, until: Instant) {
        self.stand_down();
        if self.status == Status::Ready && self.is_idle() {
            self.doing = Doing::Idle { pause: Some(until) };
        }
    }

    /// Nobody answered an offer: taken out, unless the person asked for something else meanwhile.
    pub(crate) fn take_out(&mut self) {
        if self.wish.is_none() {
            self.wish = Some(Status::NotReady(Reason::NoAnswer));
        }
        self.stand_down();
    }

    /// Signed out at once. Calls of the agent's own go on.
    pub(crate) fn sign_out(&mut self) {
        self.status = Status::SignedOut;
        self.wish = None;
        self.doing = if self.own_calls > 0 && !self.leaving {
            Doing::Busy
        } else {
            Doing::Idle { pause: None }
        };
    }

    pub(crate) fn view(&self) -> AgentNow<'_> {
        AgentNow {
            id: &self.settings.id,
            name: &self.settings.name,
            number: &self.settings.number,
            status: &self.status,
            next: self.wish.as_ref(),
            state: self.state(),
            since: self.since,
            reachable: self.reachable,
            ticket: self.ticket(),
            queues: &self.settings.queues,
        }
    }
}
