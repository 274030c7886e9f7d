use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Gate, Timers};
use crate::sip::txn::{ServerInvite, ServerOther};

/// A server transaction of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Server {
    /// Of an INVITE.
    Invite(ServerInvite),
    /// Of anything else but ACK.
    Other(ServerOther),
}

/// What may happen to a server transaction.
#[derive(Debug)]
pub(crate) enum ServerInput {
    /// The request came again.
    Again,
    /// The ACK of a refusal came.
    Ack,
    /// The user answers.
    Respond {
        /// 100–699.
        status: u16,
        /// The whole response.
        bytes: Bytes,
        /// As in `Output::Send`.
        gate: Gate,
    },
    /// Send the 2xx of an INVITE again.
    Resend,
    /// The 2xx of an INVITE is never sent again.
    Release,
    /// The deadline came.
    Deadline,
}

/// What a server transaction wants.
#[derive(Debug)]
pub(crate) enum ServerOutput {
    /// A message to send.
    Send {
        /// Where to.
        flow: Flow,
        /// The message.
        bytes: Bytes,
        /// As in `Output::Send`.
        gate: Gate,
    },
}

impl Server {
    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Invite(server) => server.deadline(),
            Self::Other(server) => server.deadline(),
        }
    }

    /// Takes one input; `None` when the transaction has ended.
    pub(crate) fn handle(
        self,
        now: Instant,
        timers: &Timers,
        input: ServerInput,
        out: &mut Vec<ServerOutput>,
    ) -> Option<Self> {
        match self {
            Self::Invite(server) => server.handle(now, timers, input, out).map(Self::Invite),
            Self::Other(server) => server.handle(now, timers, input, out).map(Self::Other),
        }
    }
}
