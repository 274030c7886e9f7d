use bytes::Bytes;

use crate::base::Instant;
use crate::sip::stack::{Flow, Timers};
use crate::sip::txn::{ClientInvite, ClientOther};

/// A client transaction of either kind.
#[derive(Clone, Debug)]
pub(crate) enum Client {
    /// Of an INVITE.
    Invite(ClientInvite),
    /// Of anything else.
    Other(ClientOther),
}

/// What may happen to a client transaction.
#[derive(Debug)]
pub(crate) enum ClientInput<'a> {
    /// A response came.
    Response {
        /// 100–699.
        status: u16,
        /// Its To tag, empty if none.
        tag: &'a str,
        /// The ACK to send if it turns out to be the first refusal of an INVITE.
        ack: Option<Bytes>,
    },
    /// The ACK of the 2xx with this To tag was sent.
    Acked {
        /// The To tag.
        tag: &'a str,
        /// Where it went.
        flow: Flow,
        /// The ACK.
        bytes: Bytes,
    },
    /// What was sent could not be.
    Failed,
    /// The deadline came.
    Deadline,
}

/// What a client transaction wants.
#[derive(Debug)]
pub(crate) enum ClientOutput {
    /// A message to send.
    Send {
        /// Where to.
        flow: Flow,
        /// The message.
        bytes: Bytes,
    },
    /// The response just handed in is news for the user.
    Deliver,
    /// The response just handed in is a 2xx of one more fork.
    Fork,
    /// No final response came in time (timers B, F).
    TimedOut,
    /// The request could not be sent.
    TransportFailed,
}

impl Client {
    /// Whether this is an INVITE to which nothing came yet.
    pub(crate) fn is_unheard(&self) -> bool {
        matches!(self, Self::Invite(invite) if invite.is_unheard())
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Invite(client) => client.deadline(),
            Self::Other(client) => client.deadline(),
        }
    }

    /// Takes one input; `None` when the transaction has ended.
    pub(crate) fn handle(
        self,
        now: Instant,
        timers: &Timers,
        input: ClientInput<'_>,
        out: &mut Vec<ClientOutput>,
    ) -> Option<Self> {
        match self {
            Self::Invite(client) => client.handle(now, timers, input, out).map(Self::Invite),
            Self::Other(client) => client.handle(now, timers, input, out).map(Self::Other),
        }
    }
}
