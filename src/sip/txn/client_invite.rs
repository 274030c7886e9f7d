use std::time::Duration;

use bytes::Bytes;
use smallvec::SmallVec;

use crate::base::Instant;
use crate::sip::stack::{Flow, Timers};
use crate::sip::txn::{Backoff, ClientInput, ClientOutput};

/// To tags of forked 2xx that one INVITE may have.
const FORKS_MAX: usize = 8;

/// The INVITE client transaction (RFC 3261 §17.1.1 with RFC 6026 §7.2).
#[derive(Clone, Debug)]
pub(crate) struct ClientInvite {
    flow: Flow,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// Nothing came yet. Timers A and B.
    Calling { request: Bytes, backoff: Option<Backoff>, give_up_at: Instant },
    /// A provisional came. Who made the transaction bounds the wait.
    Proceeding,
    /// A refusal came: the ACK is sent again for each that comes again. Timer D.
    Completed { ack: Bytes, until: Instant },
    /// A 2xx came: the ACK of each To tag is sent again for each 2xx that comes again. Timer M.
    Accepted { acks: SmallVec<[Acked; 1]>, until: Instant },
}

#[derive(Clone, Debug)]
struct Acked {
    tag: Box<str>,
    /// `None` until the user of the transaction gave one.
    ack: Option<(Flow, Bytes)>,
}

impl ClientInvite {
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
        Self { flow, state: State::Calling { request, backoff, give_up_at: now + timers.t1 * 64 } }
    }

    /// Whether nothing came yet.
    pub(crate) fn is_unheard(&self) -> bool {
        matches!(self.state, State::Calling { .. })
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Calling { backoff, give_up_at, .. } => {
                Some(backoff.as_ref().map_or(*give_up_at, |b| b.at().min(*give_up_at)))
            }
            State::Proceeding => None,
            State::Completed { until, .. } | State::Accepted { until, .. } => Some(*until),
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
        match input {
            ClientInput::Response { status, tag, ack } => {
                self.response(now, timers, status, tag, ack, out);
                Some(self)
            }
            ClientInput::Acked { tag, flow, bytes } => {
                if let State::Accepted { acks, .. } = &mut self.state
                    && let Some(acked) = acks.iter_mut().find(|a| *a.tag == *tag)
                {
                    acked.ack = Some((flow, bytes));
                }
                Some(self)
            }
            ClientInput::Failed => match self.state {
                State::Calling { .. } | State::Proceeding => {
                    out.push(ClientOutput::TransportFailed);
                    None
                }
                State::Completed { .. } | State::Accepted { .. } => Some(self),
            },
            ClientInput::Deadline => self.deadline_came(now, timers, out),
        }
    }

    fn deadline_came(
        mut self,
        now: Instant,
        timers: &Timers,
        out: &mut Vec<ClientOutput>,
    ) -> Option<Self> {
        match &mut self.state {
            State::Calling { give_up_at, .. } if *give_up_at <= now => {
                out.push(ClientOutput::TimedOut);
                return None;
            }
            State::Calling { request, backoff: Some(backoff), .. } if backoff.at() <= now => {
                backoff.double(now, timers.t1 * 64);
                out.push(ClientOutput::Send { flow: self.flow, bytes: request.clone() });
            }
            State::Completed { until, .. } | State::Accepted { until, .. } if *until <= now => {
                return None;
            }
            _ => {}
        }
        Some(self)
    }

    fn response(
        &mut self,
        now: Instant,
        timers: &Timers,
        status: u16,
        tag: &str,
        ack: Option<Bytes>,
        out: &mut Vec<ClientOutput>,
    ) {
        match (&mut self.state, status) {
            (State::Calling { .. } | State::Proceeding, 100..=199) => {
                self.state = State::Proceeding;
                out.push(ClientOutput::Deliver);
            }
            (State::Calling { .. } | State::Proceeding, 200..=299) => {
                let acks = SmallVec::from_iter([Acked { tag: tag.into(), ack: None }]);
                self.state = State::Accepted { acks, until: now + timers.t1 * 64 };
                out.push(ClientOutput::Deliver);
            }
            (State::Calling { .. } | State::Proceeding, _) => {
                let ack = ack.unwrap_or_default();
                out.push(ClientOutput::Send { flow: self.flow, bytes: ack.clone() });
                let linger =
                    if self.flow.transport.is_reliable() { Duration::ZERO } else { timers.t1 * 64 };
                self.state = State::Completed { ack, until: now + linger };
                out.push(ClientOutput::Deliver);
            }
            (State::Completed { ack, .. }, 300..) => {
                out.push(ClientOutput::Send { flow: self.flow, bytes: ack.clone() });
            }
            (State::Accepted { acks, .. }, 200..=299) => {
                if let Some(acked) = acks.iter().find(|a| *a.tag == *tag) {
                    if let Some((flow, bytes)) = &acked.ack {
                        out.push(ClientOutput::Send { flow: *flow, bytes: bytes.clone() });
                    }
                } else if acks.len() < FORKS_MAX {
                    acks.push(Acked { tag: tag.into(), ack: None });
                    out.push(ClientOutput::Fork);
                }
            }
            (State::Completed { .. } | State::Accepted { .. }, _) => {}
        }
    }
}
