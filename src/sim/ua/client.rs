use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sim::ua::{Flow, LineId};

pub(super) const T1: Duration = Duration::from_millis(500);
pub(super) const T2: Duration = Duration::from_secs(4);
pub(super) const GIVE_UP: Duration = Duration::from_secs(32);

/// What a request is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    Invite(LineId),
    Reinvite(LineId, Flow),
    Cancel,
    Bye,
    Register,
    Other,
}

/// A client transaction.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) purpose: Purpose,
    pub(super) method: &'static str,
    /// Request line and headers after the Via, so that it can be sent again with credentials.
    pub(super) uri: String,
    pub(super) head: Vec<(String, String)>,
    pub(super) body: String,
    pub(super) bytes: Bytes,
    pub(super) interval: Duration,
    pub(super) give_up: Instant,
    pub(super) provisional: bool,
    /// The final response came; kept to acknowledge it again. The ACK of a refusal.
    pub(super) done: bool,
    pub(super) ack: Option<Bytes>,
    pub(super) proved: bool,
}

impl Client {
    pub(super) const fn is_invite(&self) -> bool {
        matches!(self.purpose, Purpose::Invite(_) | Purpose::Reinvite(..))
    }
}
