use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Timers};
use crate::sip::txn::{Backoff, ClientInput, ClientOutput};

/// The client transaction of every method but INVITE (RFC 3261 §17.1.2).
#[derive(Clone, Debug)]
pub(crate) struct ClientOther {
    flow: Flow,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Timers E and F. After a provisional (`proceeding`) E runs at T2.
    Trying { request: Bytes, backoff: Option<Backoff>, proceeding: bool, give_up_at: Instant },
    /// A final response came; what comes again is swallowed. Timer K.
    Completed { until: Instant },
}

impl ClientOther {
    /// Sends `request`.
    pub(crate) fn new(
        now: Instant,
        timers: &Timers,
        flow: Flow,
        request: Bytes,
        out: &mut Vec<ClientOutput>,
    ) -> Self {
        out.push(ClientOutput::Send { flow, bytes: request.clone() });
        let backoff = (!flow.transport.is_reliable()).then(|| Backoff::doubling(now, timers.t1));
        let give_up_at = now + timers.t1 * 64;
        Self { flow, state: State::Trying { request, backoff, proceeding: false, give_up_at } }
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Trying { backoff, give_up_at, .. } => {
                Some(backoff.as_ref().map_or(*give_up_at, |b| b.at().min(*give_up_at)))
            }
            State::Completed { until } => Some(*until),
        }
    }

    /// Takes one input; `None` when the transaction has ended.
    pub(crate) fn handle(
        mut self,
        now: Instant,
        timers: &Timers,
        input: ClientInput<'_>,
        out: &mut Vec<ClientOutput>,
    ) -> Option<Self> {
        match (&mut self.state, input) {
            (State::Trying { proceeding, .. }, ClientInput::Response { status, .. }) => {
                if status < 200 {
                    *proceeding = true;
                    return Some(self);
                }
                out.push(ClientOutput::Deliver);
                let linger =
                    if self.flow.transport.is_reliable() { Duration::ZERO } else { timers.t4 };
                self.state = State::Completed { until: now + linger };
                Some(self)
            }
            (State::Trying { .. }, ClientInput::Failed) => {
                out.push(ClientOutput::TransportFailed);
                None
            }
            (State::Trying { give_up_at, .. }, ClientInput::Deadline) if *give_up_at <= now => {
                out.push(ClientOutput::TimedOut);
                None
            }
            (
                State::Trying { request, backoff: Some(backoff), proceeding, .. },
                ClientInput::Deadline,
            ) if backoff.at() <= now => {
                if *proceeding {
                    backoff.wait(now, timers.t2);
                } else {
                    backoff.double(now, timers.t2);
                }
                out.push(ClientOutput::Send { flow: self.flow, bytes: request.clone() });
                Some(self)
            }
            (State::Completed { until }, ClientInput::Deadline) if *until <= now => None,
            _ => Some(self),
        }
    }
}
