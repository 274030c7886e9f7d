use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What the operator may choose about media. All limits are on the engine's monotonic clock.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Most streams that one worker carries; an `Open` beyond it fails. Default 4,000.
    pub streams_max: usize,
    /// Most recordings that one worker makes at the same time. Default 1,000.
    pub recordings_max: usize,
    /// Without RTP for so long, a party that may send is reported as silent (R5). Default 10 s.
    pub silence: Duration,
    /// How often `Event::Stats` and an RTCP report leave for each stream. Default 5 s.
    pub stats_every: Duration,
    /// Whether silence is sent to a party that hears nothing else and is not bridged, so that NAT
    /// bindings stay open and the peer's own RTP watchdog stays calm. Default true.
    pub fill_silence: bool,
    /// How long a latched source must have been quiet before another port of the same IP address
    /// may take its place (a NAT that forgot its binding). Default 500 ms.
    pub relatch_after: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            streams_max: 4_000,
            recordings_max: 1_000,
            silence: Duration::from_secs(10),
            stats_every: Duration::from_secs(5),
            fill_silence: true,
            relatch_after: Duration::from_millis(500),
        }
    }
}
