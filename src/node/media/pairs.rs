use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use socket2::{Domain, Protocol, Socket, Type};

use crate::base::StreamId;

/// Bytes that the system keeps for one socket: over a second of G.711, and not more, since there are
/// thousands.
const RECEIVE_BUFFER: usize = 64 * 1024;
/// Expedited forwarding (RFC 3246), in the place of the traffic class.
const EXPEDITED: u32 = 0xB8;

/// The two sockets of an RTP port, bound for the life of the process.
#[derive(Debug)]
pub(crate) struct Pair {
    /// The even port.
    pub(crate) port: u16,
    /// Its socket.
    pub(crate) rtp: UdpSocket,
    /// The socket of the odd port above.
    pub(crate) rtcp: UdpSocket,
    /// Whether they are sockets of IPv6.
    pub(crate) is_v6: bool,
    /// Whose they are now.
    pub(crate) stream: Option<StreamId>,
}

impl Pair {
    /// Binds an even port and the odd one above.
    pub(crate) fn bind(ip: IpAddr, port: u16) -> io::Result<Self> {
        let rtp = bind(SocketAddr::new(ip, port))?;
        let rtcp = bind(SocketAddr::new(ip, port + 1))?;
        Ok(Self { port, rtp, rtcp, is_v6: ip.is_ipv6(), stream: None })
    }

    /// One of the two.
    pub(crate) fn socket(&self, rtcp: bool) -> &UdpSocket {
        if rtcp { &self.rtcp } else { &self.rtp }
    }
}

fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    // Both are wishes: voice works without them.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    if address.is_ipv4() {
        let _ = socket.set_tos_v4(EXPEDITED);
    } else {
        let _ = socket.set_only_v6(false);
    }
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// The pairs that can be bound in a range, both ends included, and the last reason why one could not.
pub(crate) fn bind_range(ip: IpAddr, ports: (u16, u16)) -> (Vec<Pair>, Option<io::Error>) {
    let (first, last) = (u32::from(ports.0), u32::from(ports.1));
    let mut pairs = Vec::new();
    let mut reason = None;
    for port in (first + first % 2..last).step_by(2) {
        let Ok(port) = u16::try_from(port) else { break };
        match Pair::bind(ip, port) {
            Ok(pair) => pairs.push(pair),
            Err(error) => reason = Some(error),
        }
    }
    (pairs, reason)
}
