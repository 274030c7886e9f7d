use bytes::Bytes;

use crate::sip::stack::{Event, Flow, Gate};
use crate::sip::txn::{ClientId, ServerId};
use crate::sip::wire::{Name, Request, Text};

/// What a dialog wants.
#[derive(Debug)]
pub(crate) enum DialogOutput {
    /// Answer a request.
    Respond {
        /// Its transaction.
        server: ServerId,
        /// How.
        reply: Reply,
    },
    /// Send the 2xx of an INVITE again.
    Resend {
        /// Its transaction.
        server: ServerId,
    },
    /// Forget a request that nobody waits for an answer to.
    Abandon {
        /// Its transaction.
        server: ServerId,
    },
    /// The ACK of a 2xx came: it is never sent again.
    Release {
        /// The INVITE's transaction.
        server: ServerId,
    },
    /// Send a request.
    Request {
        /// The name of its transaction, which stands in its Via.
        client: ClientId,
        /// Where to.
        flow: Flow,
        /// The request.
        request: Box<Request>,
    },
    /// Send the ACK of a 2xx, and again whenever that comes again.
    Ack {
        /// The INVITE's transaction.
        client: ClientId,
        /// The To tag of the 2xx.
        tag: Text,
        /// Where to.
        flow: Flow,
        /// The ACK.
        ack: Box<Request>,
    },
    /// Send the CANCEL of an INVITE that has a provisional response.
    Cancel {
        /// The INVITE's transaction.
        client: ClientId,
        /// The value of a Reason header.
        reason: Option<Text>,
    },
    /// Forget a transaction whose outcome nobody waits for.
    Forget {
        /// Which one.
        client: ClientId,
    },
    /// Something for the conductor.
    Event(Event),
}

/// A response, without what it takes from its request.
#[derive(Clone, Default, Debug)]
pub(crate) struct Reply {
    /// 101–699.
    pub(crate) status: u16,
    /// Headers beyond the usual ones.
    pub(crate) headers: Vec<(Name, Text)>,
    /// SDP.
    pub(crate) sdp: Option<Bytes>,
    /// As in `Output::Send`.
    pub(crate) gate: Gate,
}

impl Reply {
    /// A response of this status without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// The same with one more header.
    pub(crate) fn with(mut self, name: Name, value: impl Into<Text>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same with this SDP.
    pub(crate) fn with_sdp(mut self, sdp: Option<Bytes>) -> Self {
        self.sdp = sdp;
        self
    }
}
