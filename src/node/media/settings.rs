use std::net::IpAddr;
use std::time::Duration;

use crate::media;

/// What the operator may choose about the media threads.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What the workers are told.
    pub worker: media::Settings,
    /// The local address that RTP is received on.
    pub bind: IpAddr,
    /// The first and the last UDP port for RTP and RTCP, both included; even ports are RTP.
    /// Default 20,000–23,999: 2,000 streams.
    pub ports: (u16, u16),
    /// Worker threads; 0 means one less than there are processors, at least one.
    pub workers: usize,
    /// How long a port rests after use (G1). Default 2 s.
    pub quarantine: Duration,
    /// Commands that may wait for one worker; `send` refuses more. Default 8,192.
    pub inbox: usize,
    /// How long a worker that just had packets lets more gather before it looks again; held below
    /// 1 ms. It trades latency for fewer wake-ups. Default 0.
    pub gather: Duration,
}

impl Settings {
    /// The defaults, on `bind`.
    #[must_use]
    pub fn on(bind: IpAddr) -> Self {
        Self {
            worker: media::Settings::default(),
            bind,
            ports: (20_000, 23_999),
            workers: 0,
            quarantine: Duration::from_secs(2),
            inbox: 8_192,
            gather: Duration::ZERO,
        }
    }
}
