use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// The figures of one stream since it was opened.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub struct Stats {
    /// RTP packets received from the party, repeated ones not counted.
    pub received: u64,
    /// RTP packets sent to the party.
    pub sent: u64,
    /// Packets that the sequence numbers say were lost on the way to us.
    pub lost: u64,
    /// Packets received more than once.
    pub repeated: u64,
    /// Packets received after a later one.
    pub late: u64,
    /// Datagrams from addresses that are not the party's (R6); dropped unread.
    pub strangers: u64,
    /// Datagrams of the party that were no RTP of ours: unreadable, foreign payload type.
    pub unread: u64,
    /// Packets whose speech is not, or not whole, in a recording: they came over 300 ms after their
    /// time.
    pub unrecorded: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1), µs.
    pub jitter_us: u64,
    /// Share lost on the way to the party as its last RTCP report says, 0–1.
    pub far_loss: Option<f32>,
    /// Jitter that the party sees, µs, by its last RTCP report.
    pub far_jitter_us: Option<u64>,
    /// Round trip by RTCP, µs.
    pub round_trip_us: Option<u64>,
    /// Keys heard from the party.
    pub keys: u64,
    /// Where the party's RTP comes from.
    pub source: Option<SocketAddr>,
}
