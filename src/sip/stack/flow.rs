use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

/// What carries a SIP message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// One datagram a message.
    Udp,
    /// A byte stream, framed by Content-Length.
    Tcp,
}

impl Transport {
    /// The name in a Via header (RFC 3261 §20.42).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
        }
    }

    /// Whether the transport itself delivers, so that nothing is sent again.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        matches!(self, Self::Tcp)
    }
}

/// Where a message came from, or where it goes to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Flow {
    /// What carries it.
    pub transport: Transport,
    /// Our end: the `bind` address of the listener.
    pub local: SocketAddr,
    /// The other end.
    pub peer: SocketAddr,
    /// The TCP connection, as `node` counts them. `None` for UDP, and for TCP when `node` shall use
    /// any connection to `peer` or open one.
    pub connection: Option<u64>,
}
