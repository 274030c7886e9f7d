use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntCounter, Registry};

use crate::node::media::{Counters, MediaThreads};

/// Registers the counters of the media threads.
pub(crate) fn register(registry: &Registry, media: &MediaThreads) {
    let collector = MediaMetrics::new(media.counters());
    registry.register(Box::new(collector)).expect("a fresh registry has room for each metric once");
}

/// One counter of the threads: its name, what it says, and where it stands.
type Row = (&'static str, &'static str, fn(&Counters) -> &AtomicU64);

const ROWS: [Row; 9] = [
    ("hotline_media_received_total", "RTP and RTCP datagrams received.", |c| &c.received),
    ("hotline_media_sent_total", "RTP and RTCP datagrams sent.", |c| &c.sent),
    ("hotline_media_unsent_total", "Datagrams that the system did not take.", |c| &c.unsent),
    ("hotline_media_wakes_total", "Times that a media worker woke.", |c| &c.wakes),
    ("hotline_media_blocks_lost_total", "Blocks of recordings lost: gaps.", |c| &c.blocks_lost),
    ("hotline_media_unrecorded_total", "Packets too late for their recording.", |c| &c.unrecorded),
    ("hotline_media_events_lost_total", "Media events that the core did not take.", |c| {
        &c.events_lost
    }),
    ("hotline_media_panics_total", "Streams closed by a fault of ours.", |c| &c.panics),
    ("hotline_media_late_ticks_total", "Ticks more than 20 ms late.", |c| &c.late_ticks),
];

/// Reads the threads' counters whenever metrics are asked for.
struct MediaMetrics {
    counters: Arc<Counters>,
    shown: Vec<IntCounter>,
}

impl MediaMetrics {
    fn new(counters: Arc<Counters>) -> Self {
        let shown = ROWS
            .iter()
            .map(|(name, help, _)| IntCounter::new(*name, *help).expect("the names are good"))
            .collect();
        Self { counters, shown }
    }
}

impl Collector for MediaMetrics {
    fn desc(&self) -> Vec<&Desc> {
        self.shown.iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        for (shown, (_, _, read)) in self.shown.iter().zip(ROWS) {
            let now = read(&self.counters).load(Ordering::Relaxed);
            shown.inc_by(now.saturating_sub(shown.get()));
            families.extend(shown.collect());
        }
        families
    }
}
