use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::base::Codec;
use crate::sdp::Direction;

/// What our side of one leg can and wants to do.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Local {
    /// The address that the peer is to send to (the advertised one).
    pub address: IpAddr,
    /// The RTP port, even; RTCP is the next one.
    pub port: u16,
    /// The session id of `o=`: one for the life of a dialog.
    pub session: u64,
    /// The version of `o=`: one more for each description that differs from the last (RFC 3264 §8).
    pub version: u64,
    /// Codecs in order of preference; the first that the peer has too is taken.
    pub codecs: Vec<Codec>,
    /// The payload type that we offer for telephone-event (RFC 4733), 96–127. `None`: we neither
    /// offer nor accept it.
    pub telephone_event: Option<u8>,
    /// What we want to do.
    pub direction: Direction,
    /// Milliseconds of speech that we want in a packet, 10–60 in steps of 10.
    pub ptime_ms: u8,
}
