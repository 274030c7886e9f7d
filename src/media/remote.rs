use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::base::Codec;

/// What was agreed with the party at the other end of a stream.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Remote {
    /// Where the SDP says that the party hears RTP. May be anything that a peer can write; media
    /// sends nothing to unspecified, multicast, broadcast or foreign loopback addresses.
    pub rtp: SocketAddr,
    /// Where the SDP says that it hears RTCP.
    pub rtcp: SocketAddr,
    /// The IP address that its SIP came from: the only other one allowed as a source of RTP (R6).
    pub signalling_ip: IpAddr,
    /// The codec, the same in both directions.
    pub codec: Codec,
    /// The RTP payload type that we send speech with.
    pub send_type: u8,
    /// The RTP payload type that the party sends speech with.
    pub receive_type: u8,
    /// The payload types of telephone-event (RFC 4733), sent by us and sent by the party.
    pub telephone_event: Option<(u8, u8)>,
    /// Whether **the party** may send: its RTP is heard, recorded and forwarded, and its silence
    /// is watched. False while we hold it with `sendonly`/`inactive`.
    pub may_send: bool,
    /// Whether **the party** wants to hear: without it nothing is sent to it. False when it holds
    /// us with `sendonly`/`inactive`.
    pub may_receive: bool,
    /// Speech in one packet that we make, ms. 20, 40 and 60 are kept; others are sent as 20.
    pub ptime_ms: u8,
}
