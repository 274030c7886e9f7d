use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::peer::audio::{Codec, Source};
use crate::peer::digest::{Algorithm, Credentials};
use crate::peer::pump::Pump;

/// What a phone does with a call that comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Incoming {
    /// 180, then the script decides.
    Ring,
    /// 180, and 200 after so long (0: at once).
    AnswerAfter(Duration),
    /// A refusal, e.g. 486 or 603.
    Refuse(u16),
    /// Nothing at all, as a phone whose network is gone.
    Ignore,
}

/// How a phone is set up.
#[derive(Debug, Clone)]
pub struct PhoneSettings {
    /// Own address; port 0 for any.
    pub bind: SocketAddr,
    /// User part of its address; also its account.
    pub user: String,
    /// Name shown to others.
    pub display: Option<String>,
    /// Where it registers and sends its calls; without one, calls go to the address in the URI.
    pub server: Option<SocketAddr>,
    /// Password; without one it answers no challenge.
    pub password: Option<String>,
    /// Only this digest algorithm is answered; any when `None`.
    pub algorithm: Option<Algorithm>,
    /// Asked lifetime of its registration, in seconds.
    pub expires: u32,
    /// Calls that come in.
    pub incoming: Incoming,
    /// Answers on `NOTIFY Event: talk`.
    pub answer_on_talk: bool,
    /// Answers at once when the INVITE's Call-Info or Alert-Info asks for it.
    pub answer_on_request: bool,
    /// What it says at first.
    pub source: Source,
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// Offers and takes telephone events (RFC 4733).
    pub events: bool,
    /// Frequencies in Hz that it listens for from the beginning.
    pub listen_hz: Vec<u16>,
    /// Share of SIP datagrams that are lost each way, in percent (0–100).
    pub loss_percent: u8,
    /// The thread of its RTP; one of its own when `None`. Phones may share one.
    pub pump: Option<Pump>,
}

impl PhoneSettings {
    /// A phone on any port of 127.0.0.1.
    pub fn new(user: &str) -> Self {
        Self {
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            user: user.to_owned(),
            display: None,
            server: None,
            password: None,
            algorithm: None,
            expires: 600,
            incoming: Incoming::Ring,
            answer_on_talk: false,
            answer_on_request: false,
            source: Source::Silence,
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            events: true,
            listen_hz: Vec::new(),
            loss_percent: 0,
            pump: None,
        }
    }

    pub(crate) fn credentials(&self) -> Credentials {
        Credentials {
            user: self.user.clone(),
            password: self.password.clone().unwrap_or_default(),
            algorithm: self.algorithm,
        }
    }
}
