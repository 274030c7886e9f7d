use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::config::section::Section;
use crate::media;

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);

/// Media, for the core and for the threads that carry it.
#[derive(Clone, Debug)]
pub struct MediaSettings {
    /// What the workers are told.
    pub worker: media::Settings,
    /// The local address that RTP is received on.
    pub bind: IpAddr,
    /// The address that SDP names.
    pub address: IpAddr,
    /// First and last UDP port, both included.
    pub ports: (u16, u16),
    /// Worker threads; 0: one less than there are processors, at least one.
    pub workers: usize,
    /// How long a port rests after use (G1).
    pub quarantine: Duration,
    /// How long a worker lets packets gather before it looks again.
    pub gather: Duration,
}

impl MediaSettings {
    /// How many streams have a port at once: each takes an even port and the odd one above.
    pub(crate) fn streams(&self) -> usize {
        let (low, high) = self.ports;
        usize::from(high.saturating_add(1) / 2 - low.div_ceil(2).min(high.saturating_add(1) / 2))
    }

    pub(crate) fn read(root: &mut Section<'_, '_>) -> Self {
        let mut section = root.section("media");
        let bind = section.ip("bind").unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let default =
            if bind.is_unspecified() { crate::config::read::default_address() } else { bind };
        let address = section.ip("address").unwrap_or(default);
        if address.is_unspecified() {
            section.fault(
                section.line(),
                "address",
                "is every address; allowed: the one address that peers can reach",
            );
        }
        let (low, high) = section.span("ports", 1_024..=65_535, (20_000, 23_999));
        let ports = (u16::try_from(low).unwrap_or(20_000), u16::try_from(high).unwrap_or(23_999));
        let workers = usize::try_from(section.number("workers", 0..=256, 0)).unwrap_or(0);
        let quarantine = section.time("quarantine", MS..=SECOND * 600, SECOND * 2);
        let gather = section.time("gather", Duration::ZERO..=MS, Duration::ZERO);
        let silence = section.time("silence", SECOND..=SECOND * 600, SECOND * 10);
        let stats_every = section.time("stats_every", SECOND..=SECOND * 60, SECOND * 5);
        section.finish();
        let worker = media::Settings { silence, stats_every, ..media::Settings::default() };
        Self { worker, bind, address, ports, workers, quarantine, gather }
    }
}
