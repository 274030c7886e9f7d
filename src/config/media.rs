use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::config::section::Section;
use crate::media;
use crate::sip::Listener;

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
    /// Whether the operator wrote it; else it follows from the sockets.
    pub is_address_given: bool,
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

    /// What `[media]` says; `listeners` tell where peers reach us when it does not.
    pub(crate) fn read(root: &mut Section<'_, '_>, listeners: &[Listener]) -> Self {
        let mut section = root.section("media");
        let bind = section.ip("bind").unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        let given = section.ip("address");
        let address = given.or_else(|| default_address(bind, listeners)).unwrap_or_else(|| {
            section.fault(
                section.line(),
                "address",
                "is missing, and neither media.bind nor sip.listen says it; allowed: the IP address \
                 that peers can reach, of the same kind (IPv4 or IPv6) as media.bind",
            );
            bind
        });
        if given.is_some() && address.is_unspecified() {
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
        Self {
            worker,
            bind,
            address,
            is_address_given: given.is_some(),
            ports,
            workers,
            quarantine,
            gather,
        }
    }
}

/// The address that SDP names when none is written: the one that RTP is bound to, else the first of the
/// same kind that SIP is advertised at or bound to. `None` when all of these are names or every address.
pub(crate) fn default_address(bind: IpAddr, listeners: &[Listener]) -> Option<IpAddr> {
    if !bind.is_unspecified() {
        return Some(bind);
    }
    let of_listener = |listener: &Listener| {
        let ips = [listener.advertised.0.parse().ok(), Some(listener.bind.ip())];
        let fits = |ip: &IpAddr| !ip.is_unspecified() && ip.is_ipv4() == bind.is_ipv4();
        ips.into_iter().flatten().find(fits)
    };
    listeners.iter().find_map(of_listener)
}
