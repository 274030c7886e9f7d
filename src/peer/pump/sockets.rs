use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

/// The RTP and RTCP sockets of one leg: an even port and the next one.
#[derive(Debug)]
pub(crate) struct Sockets {
    pub(crate) rtp: UdpSocket,
    pub(crate) rtcp: UdpSocket,
    /// Where RTP comes to.
    pub(crate) address: SocketAddr,
}

impl Sockets {
    /// Binds a free pair on `ip`.
    pub(crate) fn bind(ip: IpAddr) -> io::Result<Self> {
        let mut failure = io::Error::from(io::ErrorKind::AddrInUse);
        for _ in 0..64 {
            let one = UdpSocket::bind((ip, 0))?;
            let address = one.local_addr()?;
            let other_port = address.port() ^ 1;
            match UdpSocket::bind((ip, other_port)) {
                Ok(other) => {
                    let (rtp, rtcp) =
                        if address.port() % 2 == 0 { (one, other) } else { (other, one) };
                    rtp.set_nonblocking(true)?;
                    rtcp.set_nonblocking(true)?;
                    let address = rtp.local_addr()?;
                    return Ok(Self { rtp, rtcp, address });
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}
