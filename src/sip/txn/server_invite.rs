use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Gate, Timers};
use crate::sip::txn::{Backoff, ServerInput, ServerOutput};

/// The INVITE server transaction (RFC 3261 §17.2.1 with RFC 6026 §7.1).
#[derive(Clone, Debug)]
pub(crate) struct ServerInvite {
    flow: Flow,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// No final response yet; the last provisional is sent again for each INVITE that comes again.
    Proceeding { last: Option<Bytes> },
    /// Refused; the refusal is sent again until its ACK comes. Timers G and H.
    Completed { response: Bytes, backoff: Option<Backoff>, give_up_at: Instant },
    /// The ACK came; more of them are swallowed. Timer I.
    Confirmed { until: Instant },
    /// A 2xx was sent; the dialog says when it is sent again, and drops it when its ACK came. Timer L.
    Accepted { response: Option<Answer>, until: Instant },
}

#[derive(Clone, Debug)]
struct Answer {
    bytes: Bytes,
    gate: Gate,
}

impl ServerInvite {
    /// An INVITE came.
    pub(crate) fn new(flow: Flow) -> Self {
        Self { flow, state: State::Proceeding { last: None } }
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Proceeding { .. } => None,
            State::Completed { backoff, give_up_at, .. } => {
                Some(backoff.as_ref().map_or(*give_up_at, |b| b.at().min(*give_up_at)))
            }
            State::Confirmed { until } | State::Accepted { until, .. } => Some(*until),
        }
    }

    /// Whether a final response is still owed.
    pub(crate) fn is_pending(&self) -> bool {
        matches!(self.state, State::Proceeding { .. })
    }

    /// Whether it was refused.
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self.state, State::Completed { .. } | State::Confirmed { .. })
    }

    /// Takes one input; `None` when the transaction has ended.
    pub(crate) fn handle(
        mut self,
        now: Instant,
        timers: &Timers,
        input: ServerInput,
        out: &mut Vec<ServerOutput>,
    ) -> Option<Self> {
        let flow = self.flow;
        match (&mut self.state, input) {
            (State::Proceeding { last }, ServerInput::Respond { status, bytes, gate }) => {
                out.push(ServerOutput::Send { flow, bytes: bytes.clone(), gate });
                match status {
                    0..=199 => *last = Some(bytes),
                    200..=299 => {
                        let response = Some(Answer { bytes, gate });
                        self.state = State::Accepted { response, until: now + timers.t1 * 64 };
                    }
                    300.. => {
                        let backoff = (!flow.transport.is_reliable())
                            .then(|| Backoff::doubling(now, timers.t1));
                        let give_up_at = now + timers.t1 * 64;
                        self.state = State::Completed { response: bytes, backoff, give_up_at };
                    }
                }
            }
            (State::Proceeding { last: Some(last) }, ServerInput::Again) => {
                out.push(ServerOutput::Send { flow, bytes: last.clone(), gate: Gate::Open });
            }
            (State::Completed { response, .. }, ServerInput::Again) => {
                out.push(ServerOutput::Send { flow, bytes: response.clone(), gate: Gate::Open });
            }
            (State::Accepted { response: Some(answer), .. }, ServerInput::Resend) => {
                let Answer { bytes, gate } = answer.clone();
                out.push(ServerOutput::Send { flow, bytes, gate });
            }
            (State::Accepted { response, .. }, ServerInput::Release) => *response = None,
            (State::Completed { .. }, ServerInput::Ack) => {
                let linger = if flow.transport.is_reliable() { Duration::ZERO } else { timers.t4 };
                self.state = State::Confirmed { until: now + linger };
            }
            (State::Completed { response, backoff, give_up_at }, ServerInput::Deadline) => {
                if *give_up_at <= now {
                    return None;
                }
                if let Some(backoff) = backoff.as_mut().filter(|b| b.at() <= now) {
                    backoff.double(now, timers.t2);
                    out.push(ServerOutput::Send {
                        flow,
                        bytes: response.clone(),
                        gate: Gate::Open,
                    });
                }
            }
            (State::Confirmed { until } | State::Accepted { until, .. }, ServerInput::Deadline)
                if *until <= now =>
            {
                return None;
            }
            _ => {}
        }
        Some(self)
    }
}
