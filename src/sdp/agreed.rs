use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::base::Codec;
use crate::sdp::Direction;

/// What an offer and its answer add up to, seen from our side.
///
/// Addresses are what the peer wrote, whatever they are (private, loopback, multicast, unspecified):
/// whether to believe them is media's decision (latching).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Agreed {
    /// Where the peer wants RTP.
    pub remote: SocketAddr,
    /// Where the peer wants RTCP: `a=rtcp:` (RFC 3605), else the port after RTP's.
    pub remote_rtcp: SocketAddr,
    /// The one codec of both ways.
    pub codec: Codec,
    /// The payload type that we send it with, 0–127.
    pub payload_type: u8,
    /// The payload type that we receive it with, 0–127.
    pub receive_type: u8,
    /// The payload types of telephone-event at 8 kHz, (we send, we receive).
    pub telephone_event: Option<(u8, u8)>,
    /// What we may do now.
    pub direction: Direction,
    /// Milliseconds of speech in each packet that we send, 10–60 in steps of 10.
    pub ptime_ms: u8,
    /// The peer does not want to hear us: `sendonly`, `inactive` or `c=0.0.0.0`.
    pub held_by_peer: bool,
}
