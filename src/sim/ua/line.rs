use std::net::SocketAddr;

use bytes::Bytes;

use crate::sim::ua::Flow;

/// One call of a user agent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct LineId(pub(crate) u64);

/// How far a call is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LineState {
    /// Our INVITE is out. `cancelled`: we no longer want it; the CANCEL leaves with the first
    /// provisional response.
    Calling { cancelled: bool },
    /// Their INVITE is not answered yet.
    Ringing,
    /// Answered.
    Up,
    /// Over; remembered for a while, to acknowledge what comes late.
    Over,
}

/// What our next offer or answer is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum PendingOffer {
    /// Our INVITE went without SDP: the ACK brings the answer.
    InAck,
    None,
}

/// A call with its dialog.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) call_id: String,
    /// Our From or To, with tag.
    pub(super) local: String,
    /// Theirs, with tag once there is one.
    pub(super) remote: String,
    /// Where requests of this dialog go: their Contact.
    pub(super) target: String,
    pub(super) cseq: u32,
    /// CSeq of the last INVITE of ours.
    pub(super) invite_cseq: u32,
    /// The ACK of our last INVITE's 2xx.
    pub(super) ack: Option<Bytes>,
    pub(super) state: LineState,
    /// The key of their INVITE's transaction.
    pub(super) server: Option<String>,
    /// Branch and CSeq line of our first INVITE, for CANCEL.
    pub(super) client: Option<u64>,
    pub(super) media: SocketAddr,
    pub(super) session: u64,
    pub(super) version: u64,
    pub(super) flow: Flow,
    pub(super) pending: PendingOffer,
    /// Nothing is heard of or taken for this call any more: its owner's network is gone.
    pub(super) dead: bool,
    /// Says nothing, without a word about it in SDP.
    pub(super) mute: bool,
    /// Early media flow.
    pub(super) early: bool,
}
