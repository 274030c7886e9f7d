use std::net::SocketAddr;

/// Which way media flow on a line, as we see it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flow {
    Both,
    SendOnly,
    Inactive,
}

impl Flow {
    pub(crate) const fn sends(self) -> bool {
        !matches!(self, Self::Inactive)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Both => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::Inactive => "inactive",
        }
    }
}

/// A session description: as an offer, and as an answer to an engine that offers the same codecs.
pub(crate) fn describe(media: SocketAddr, session: u64, version: u64, flow: Flow) -> String {
    let (ip, port, direction) = (media.ip(), media.port(), flow.name());
    format!(
        "v=0\r\no=- {session} {version} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n\
         m=audio {port} RTP/AVP 8 0 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:0 PCMU/8000\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na={direction}\r\n"
    )
}
