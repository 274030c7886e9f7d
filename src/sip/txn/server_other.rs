use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Gate, Timers};
use crate::sip::txn::{ServerInput, ServerOutput};

/// The server transaction of every method but INVITE and ACK (RFC 3261 §17.2.2).
#[derive(Clone, Debug)]
pub(crate) struct ServerOther {
    flow: Flow,
    state: State,
}

#[derive(Clone, Debug)]
enum State {
    /// No final response yet. Forgotten when the peer has given up too (64 × T1).
    Trying { until: Instant },
    /// Answered; the answer is sent again for each request that comes again. Timer J.
    Completed { response: Bytes, gate: Gate, until: Instant },
}

impl ServerOther {
    /// A request came.
    pub(crate) fn new(now: Instant, timers: &Timers, flow: Flow) -> Self {
        Self { flow, state: State::Trying { until: now + timers.t1 * 64 } }
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.state {
            State::Trying { until } | State::Completed { until, .. } => Some(*until),
        }
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
            (State::Trying { .. }, ServerInput::Respond { status, bytes, gate }) => {
                out.push(ServerOutput::Send { flow, bytes: bytes.clone(), gate });
                if status >= 200 {
                    let linger =
                        if flow.transport.is_reliable() { Duration::ZERO } else { timers.t1 * 64 };
                    self.state = State::Completed { response: bytes, gate, until: now + linger };
                }
            }
            (State::Completed { response, gate, .. }, ServerInput::Again) => {
                out.push(ServerOutput::Send { flow, bytes: response.clone(), gate: *gate });
            }
            (State::Trying { until } | State::Completed { until, .. }, ServerInput::Deadline)
                if *until <= now =>
            {
                return None;
            }
            _ => {}
        }
        Some(self)
    }
}
