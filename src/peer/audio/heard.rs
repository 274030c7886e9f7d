use std::time::Instant;

use crate::peer::audio::Window;

/// Everything a party can tell about the audio of its call so far.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// RTP packets sent (events included).
    pub sent: u64,
    /// Packets that the socket refused.
    pub not_sent: u64,
    /// RTP packets received from the agreed address.
    pub received: u64,
    /// Packets that never came, by sequence numbers.
    pub lost: u64,
    /// Packets that came again.
    pub doubled: u64,
    /// Packets that came after a later one.
    pub reordered: u64,
    /// Packets more than 60 ms behind the best one.
    pub late: u64,
    /// Packets from another address than the one agreed (not listened to).
    pub foreign: u64,
    /// Datagrams that are not RTP, or of a payload type that was not agreed.
    pub malformed: u64,
    /// Synchronisation sources seen.
    pub sources: u32,
    /// Time stamps that did not follow from the packet before, without a marker.
    pub stamp_jumps: u64,
    /// Interarrival jitter in ms (RFC 3550). A leg of a big fleet is read every 20 ms only, so
    /// its jitter has that grain.
    pub jitter_ms: f64,
    /// Longest time between two packets, in ms.
    pub gap_ms_max: f64,
    /// First and last packet's arrival.
    pub first: Option<Instant>,
    /// See `first`.
    pub last: Option<Instant>,
    /// Keys heard as RFC 4733 events, each press once.
    pub keys: String,
    /// Events that had no end, or that were none.
    pub key_faults: u32,
    /// RTCP datagrams received.
    pub rtcp: u64,
    /// Windows of 100 ms that were complete.
    pub windows_total: u32,
    /// Those louder than -45 dBm0.
    pub windows_loud: u32,
    /// For each frequency listened for: windows in which it had more than half of the energy.
    pub tones: Vec<(u16, u32)>,
    /// The latest windows.
    pub windows: Vec<Window>,
    /// Tagged packets, when the other side sends them.
    pub tags: Tags,
}

impl Heard {
    /// Windows in which `hz` had more than half of the energy.
    pub fn tone_windows(&self, hz: u16) -> u32 {
        self.tones.iter().find(|(of, _)| *of == hz).map_or(0, |(_, windows)| *windows)
    }
}

/// What tagged packets tell, end to end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tags {
    /// Who was heard last.
    pub who: Option<u32>,
    /// Tagged packets received, each number once.
    pub received: u64,
    /// Numbers that were left out between the first and the last.
    pub lost: u64,
    /// Numbers that came again or late.
    pub doubled: u64,
    /// Packets whose delay was measured: only legs that are read every millisecond do.
    pub timed: u64,
    /// Sum of their delays from sender to receiver in µs (same process).
    pub delay_us_sum: u64,
    /// Longest delay in µs.
    pub delay_us_max: u64,
}
