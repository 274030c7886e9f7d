use std::net::SocketAddr;
use std::time::Duration;

use crate::peer::audio::{Codec, Source};
use crate::peer::booth::Media;
use crate::peer::digest::Credentials;
use crate::peer::pump::Listening;

/// The number of an answerer's tags begins here, so that they differ from the callers'.
pub(crate) const ANSWERER_TAGS: u32 = 1_000_000;

/// Callers of a carrier: how many, how fast, what each does.
#[derive(Debug, Clone)]
pub struct CallerPlan {
    /// Own SIP address, e.g. 127.0.0.11:0.
    pub bind: SocketAddr,
    /// What is called, e.g. `sip:12345@127.0.0.1:5060`.
    pub target: String,
    /// Calls altogether.
    pub calls: usize,
    /// Calls begun in a second.
    pub per_second: f64,
    /// Caller `i` (from 0) is this and four or more digits.
    pub number_prefix: String,
    /// Keys and when they are pressed, counted from the answer.
    pub keys: Vec<(Duration, String)>,
    /// The caller hangs up so long after the answer.
    pub stay: Duration,
    /// The caller gives up so long after its INVITE.
    pub patience: Duration,
    /// Tone in Hz that each caller says in tagged packets, 0 for silence; `None`: no RTP at all.
    pub voice: Option<u16>,
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// Frequencies in Hz to listen for.
    pub listen_hz: Vec<u16>,
    /// Every `n`th leg is read each millisecond, so that its delays and jitter are exact; 0 for
    /// none.
    pub fine_every: usize,
    /// Answers challenges to INVITE.
    pub credentials: Option<Credentials>,
}

impl CallerPlan {
    /// So many calls to `target`, each with a tone of 440 Hz for `stay`, listening for 800 Hz.
    pub fn new(bind: SocketAddr, target: &str, calls: usize, per_second: f64) -> Self {
        Self {
            bind,
            target: target.to_owned(),
            calls,
            per_second,
            number_prefix: "1380013".to_owned(),
            keys: Vec::new(),
            stay: Duration::from_secs(10),
            patience: Duration::from_secs(60),
            voice: Some(440),
            codecs: vec![Codec::Pcma],
            listen_hz: vec![440, 800],
            fine_every: 16,
            credentials: None,
        }
    }

    pub(crate) fn media(&self, index: usize) -> Media {
        media(self.voice, index as u32, &self.codecs, &self.listen_hz, self.fine_every, index)
    }
}

/// Who answers: agents that register, or a plain user agent that takes every call.
#[derive(Debug, Clone)]
pub struct AnswerPlan {
    /// Own SIP address, e.g. 127.0.0.12:5070.
    pub bind: SocketAddr,
    /// Registers these, if given.
    pub registrar: Option<SocketAddr>,
    /// Accounts; everybody may be called here when empty.
    pub users: Vec<Credentials>,
    /// Registrations begun in a second.
    pub register_per_second: f64,
    /// Asked lifetime of registrations in seconds.
    pub expires: u32,
    /// Rings so long before it answers.
    pub ring: Duration,
    /// Says 180 before it answers.
    pub says_ringing: bool,
    /// Refuses each call with this status instead.
    pub refuse: Option<u16>,
    /// Hangs up so long after the ACK; the caller does when `None`.
    pub talk: Option<Duration>,
    /// Tone in Hz said in tagged packets, 0 for silence; `None`: no RTP at all.
    pub voice: Option<u16>,
    /// Codecs in order of preference.
    pub codecs: Vec<Codec>,
    /// Frequencies in Hz to listen for.
    pub listen_hz: Vec<u16>,
    /// As for callers.
    pub fine_every: usize,
}

impl AnswerPlan {
    /// Answers everything at once, with a tone of 800 Hz, listening for 440 Hz.
    pub fn new(bind: SocketAddr) -> Self {
        Self {
            bind,
            registrar: None,
            users: Vec::new(),
            register_per_second: 50.0,
            expires: 600,
            ring: Duration::ZERO,
            says_ringing: true,
            refuse: None,
            talk: None,
            voice: Some(800),
            codecs: vec![Codec::Pcma],
            listen_hz: vec![440, 800],
            fine_every: 16,
        }
    }

    pub(crate) fn media(&self, index: usize) -> Media {
        let who = ANSWERER_TAGS + index as u32;
        media(self.voice, who, &self.codecs, &self.listen_hz, self.fine_every, index)
    }
}

fn media(
    voice: Option<u16>,
    who: u32,
    codecs: &[Codec],
    listen_hz: &[u16],
    fine_every: usize,
    index: usize,
) -> Media {
    Media {
        source: match voice {
            Some(hz) => Source::Tagged { who, hz },
            None => Source::Nothing,
        },
        codecs: codecs.to_vec(),
        events: true,
        listening: Listening {
            hz: listen_hz.to_vec(),
            windows: 0,
            fine: fine_every > 0 && index.is_multiple_of(fine_every),
        },
    }
}
