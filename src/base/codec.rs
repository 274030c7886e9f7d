use serde::{Deserialize, Serialize};

/// A speech codec that a leg may agree on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Codec {
    /// G.711 A-law, static payload type 8, 8 kHz (RFC 3551 §4.5.14).
    Pcma,
    /// G.711 µ-law, static payload type 0, 8 kHz (RFC 3551 §4.5.14).
    Pcmu,
}

impl Codec {
    /// The static RTP payload type (RFC 3551 table 4).
    #[must_use]
    pub const fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The encoding name of `a=rtpmap`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }
}
