/// Why there is no agreement. Its text is for the reason phrase or warning of a 488.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The body is no session description.
    #[error("session description not understood: {0}")]
    Malformed(String),
    /// More media lines than anybody needs.
    #[error("{lines} media lines, at most {limit} are read")]
    TooManyMedia {
        /// How many came.
        lines: usize,
        /// How many are read.
        limit: usize,
    },
    /// No media line is audio.
    #[error("no audio offered")]
    NoAudio,
    /// The audio line has port 0: the peer refuses or takes away the stream.
    #[error("audio is switched off (port 0)")]
    AudioOff,
    /// T.38 or another fax transport only.
    #[error("fax (T.38) is not supported, use G.711")]
    Fax,
    /// Audio only over a transport that we do not speak: RTP/SAVP, UDP/TLS/RTP/SAVPF …
    #[error("audio over {0} is not supported, use RTP/AVP")]
    Transport(String),
    /// Audio, but no codec in common.
    #[error("no codec in common, use PCMA/8000 or PCMU/8000")]
    NoCodec,
    /// Neither the session nor the audio line says where to send, or what it says is no IP address.
    #[error("no usable connection address: {0}")]
    NoAddress(String),
    /// The peer has only the other IP version.
    #[error("address {0} is of another IP version than ours")]
    AddressFamily(std::net::IpAddr),
}

impl Refusal {
    /// The warn-code of RFC 3261 §20.43 that says the same.
    #[must_use]
    pub const fn warn_code(&self) -> u16 {
        match self {
            Self::NoAudio | Self::AudioOff | Self::Fax => 304,
            Self::Transport(_) => 302,
            Self::NoCodec => 305,
            Self::NoAddress(_) => 301,
            Self::AddressFamily(_) => 300,
            Self::Malformed(_) | Self::TooManyMedia { .. } => 399,
        }
    }

    /// Of several lines' refusals, the one that helps the reader most is the heaviest.
    pub(crate) const fn weight(&self) -> u8 {
        match self {
            Self::NoCodec => 6,
            Self::NoAddress(_) | Self::AddressFamily(_) => 5,
            Self::Transport(_) => 4,
            Self::Fax => 3,
            Self::AudioOff => 2,
            Self::NoAudio => 1,
            Self::Malformed(_) | Self::TooManyMedia { .. } => 0,
        }
    }
}

/// A peer's text as it may stand in a header: printable ASCII without quotes, at most 60 characters.
pub(crate) fn shown(text: &str) -> String {
    text.chars()
        .take(60)
        .map(|c| if (c.is_ascii_graphic() && c != '"' && c != '\\') || c == ' ' { c } else { '?' })
        .collect()
}
