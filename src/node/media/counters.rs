use std::sync::atomic::AtomicU64;

/// What the media threads count for `/metrics`, over all workers.
#[derive(Default, Debug)]
pub struct Counters {
    /// Datagrams received.
    pub received: AtomicU64,
    /// Datagrams sent.
    pub sent: AtomicU64,
    /// Datagrams that the system did not take.
    pub unsent: AtomicU64,
    /// Times that a worker woke.
    pub wakes: AtomicU64,
    /// Blocks of recordings that the writer did not take: gaps in recordings (alarm).
    pub blocks_lost: AtomicU64,
    /// Packets of closed streams that came too late for their recording.
    pub unrecorded: AtomicU64,
    /// Events that the core did not take (alarm).
    pub events_lost: AtomicU64,
    /// Streams that were closed by a panic.
    pub panics: AtomicU64,
    /// Ticks that came more than 20 ms late.
    pub late_ticks: AtomicU64,
}
