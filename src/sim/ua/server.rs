use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sim::ua::LineId;
use crate::sip::wire::Headers;

/// A server transaction.
#[derive(Clone, Debug)]
pub(super) struct Server {
    /// The request's headers, to answer it.
    pub(super) headers: Headers,
    pub(super) line: Option<LineId>,
    pub(super) is_invite: bool,
    pub(super) response: Option<Bytes>,
    pub(super) status: u16,
    /// A final response to an INVITE that waits for its ACK: when it is sent again.
    pub(super) interval: Duration,
    pub(super) acked: bool,
    pub(super) give_up: Instant,
}
