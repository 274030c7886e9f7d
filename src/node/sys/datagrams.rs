use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
use std::os::fd::{AsFd, AsRawFd};
use std::ptr;

use socket2::SockAddr;

/// Datagrams moved by one system call.
pub(crate) const BURST: usize = 8;
/// Room for one RTP or RTCP datagram; longer ones are not ours and are dropped.
const MEDIA_ROOM: usize = 2_048;

/// Whether to wait for the first datagram (as long as the socket's read time-out says).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wait {
    /// Take what is there.
    No,
    /// Wait for the first, then take what is there.
    ForOne,
}

/// One received datagram.
#[derive(Debug)]
pub(crate) struct Slot<const ROOM: usize = MEDIA_ROOM> {
    bytes: [u8; ROOM],
    length: usize,
    from: SocketAddr,
}

impl<const ROOM: usize> Slot<ROOM> {
    /// An empty one.
    pub(crate) fn new() -> Self {
        let from = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
        Self { bytes: [0; ROOM], length: 0, from }
    }

    /// The whole buffer, so that what was rewritten in it can be sent.
    pub(crate) fn buffer(&self) -> &[u8] {
        &self.bytes
    }

    /// Where the datagram came from, and its bytes: none when it was too long.
    pub(crate) fn datagram(&mut self) -> (SocketAddr, &mut [u8]) {
        (self.from, &mut self.bytes[..self.length])
    }
}

/// Receives what is there, at most `BURST` datagrams and no more than there are slots; how many.
pub(crate) fn receive<const ROOM: usize>(
    socket: &impl AsFd,
    slots: &mut [Slot<ROOM>],
    wait: Wait,
) -> io::Result<usize> {
    let count = slots.len().min(BURST);
    let flags = match wait {
        Wait::No => libc::MSG_DONTWAIT,
        Wait::ForOne => libc::MSG_WAITFORONE,
    };
    #[expect(unsafe_code, reason = "recvmmsg has no safe wrapper in std")]
    // SAFETY: all-zero is a valid value of these C structures. Each header points at an address, a
    // vector and through it at a buffer of one slot, all of which outlive the call, with their true
    // sizes; the kernel writes to `count` headers at most, and no slot is used by two of them.
    let (received, headers, names) = unsafe {
        let mut names: [libc::sockaddr_storage; BURST] = std::mem::zeroed();
        let mut vectors: [libc::iovec; BURST] = std::mem::zeroed();
        let mut headers: [libc::mmsghdr; BURST] = std::mem::zeroed();
        for at in 0..count {
            vectors[at].iov_base = slots[at].bytes.as_mut_ptr().cast();
            vectors[at].iov_len = ROOM;
            let header = &mut headers[at].msg_hdr;
            header.msg_name = (&raw mut names[at]).cast();
            header.msg_namelen = socklen::<libc::sockaddr_storage>();
            header.msg_iov = &raw mut vectors[at];
            header.msg_iovlen = 1;
        }
        let received = libc::recvmmsg(
            socket.as_fd().as_raw_fd(),
            headers.as_mut_ptr(),
            u32::try_from(count).unwrap_or(0),
            flags,
            ptr::null_mut(),
        );
        (received, headers, names)
    };
    let Ok(received) = usize::try_from(received) else {
        let error = io::Error::last_os_error();
        return if error.kind() == io::ErrorKind::WouldBlock { Ok(0) } else { Err(error) };
    };
    for (slot, (header, name)) in slots.iter_mut().zip(headers.iter().zip(&names)).take(received) {
        let whole = header.msg_hdr.msg_flags & libc::MSG_TRUNC == 0;
        let from = address(name);
        slot.length = match from {
            Some(_) if whole => usize::try_from(header.msg_len).unwrap_or(0).min(ROOM),
            _ => 0,
        };
        slot.from = from.unwrap_or(slot.from);
    }
    Ok(received)
}

/// Sends datagrams from one socket without waiting, at most `BURST`; how many the system took.
pub(crate) fn send(socket: &impl AsFd, datagrams: &[(SocketAddr, &[u8])]) -> usize {
    let count = datagrams.len().min(BURST);
    let names: [SockAddr; BURST] = std::array::from_fn(|at| {
        let none = SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, 0));
        SockAddr::from(datagrams.get(at).map_or(none, |(to, _)| *to))
    });
    #[expect(unsafe_code, reason = "sendmmsg has no safe wrapper in std")]
    // SAFETY: all-zero is a valid value of these C structures. Each header points at an address and
    // through its vector at the bytes of one datagram, with their true sizes; all outlive the call,
    // and the kernel only reads them, whatever the pointers' constness says.
    let sent = unsafe {
        let mut vectors: [libc::iovec; BURST] = std::mem::zeroed();
        let mut headers: [libc::mmsghdr; BURST] = std::mem::zeroed();
        for at in 0..count {
            let bytes = datagrams[at].1;
            vectors[at].iov_base = bytes.as_ptr().cast_mut().cast();
            vectors[at].iov_len = bytes.len();
            let header = &mut headers[at].msg_hdr;
            header.msg_name = names[at].as_ptr().cast_mut().cast();
            header.msg_namelen = names[at].len();
            header.msg_iov = &raw mut vectors[at];
            header.msg_iovlen = 1;
        }
        libc::sendmmsg(
            socket.as_fd().as_raw_fd(),
            headers.as_mut_ptr(),
            u32::try_from(count).unwrap_or(0),
            libc::MSG_DONTWAIT,
        )
    };
    usize::try_from(sent).unwrap_or(0)
}

fn socklen<T>() -> libc::socklen_t {
    libc::socklen_t::try_from(size_of::<T>()).unwrap_or(0)
}

fn address(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            #[expect(unsafe_code, reason = "a sockaddr_storage is read as what its family says")]
            // SAFETY: the family is AF_INET, and the storage is larger and stricter aligned.
            let v4 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::V4(SocketAddrV4::new(ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            #[expect(unsafe_code, reason = "a sockaddr_storage is read as what its family says")]
            // SAFETY: the family is AF_INET6, and the storage is larger and stricter aligned.
            let v6 = unsafe { &*ptr::from_ref(name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr);
            let port = u16::from_be(v6.sin6_port);
            Some(SocketAddr::V6(SocketAddrV6::new(ip, port, v6.sin6_flowinfo, v6.sin6_scope_id)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::*;
    use crate::base::Instant;
    use crate::node::clock::Clock;

    fn check(bind: &str) {
        let (a, b) = (UdpSocket::bind(bind).unwrap(), UdpSocket::bind(bind).unwrap());
        let (from, to) = (a.local_addr().unwrap(), b.local_addr().unwrap());
        let long = vec![7; MEDIA_ROOM + 1];
        let sent = send(&a, &[(to, b"one"), (to, &long), (to, b""), (to, b"four")]);
        assert_eq!(sent, 4);
        let mut slots: Vec<Slot> = (0..5).map(|_| Slot::new()).collect();
        assert_eq!(receive(&b, &mut slots[..3], Wait::No).unwrap(), 3);
        let read: Vec<_> = slots[..3].iter_mut().map(|slot| slot.datagram().1.to_vec()).collect();
        assert_eq!(read, [b"one".to_vec(), vec![], vec![]]);
        assert_eq!(receive(&b, &mut slots, Wait::No).unwrap(), 1);
        assert_eq!(slots[0].datagram(), (from, b"four".to_vec().as_mut_slice()));
        assert_eq!(receive(&b, &mut slots, Wait::No).unwrap(), 0);
    }

    #[test]
    fn a_reader_that_waits_takes_what_there_is_and_gives_up_at_its_time() {
        let bind = "127.0.0.1:0";
        let (a, b) = (UdpSocket::bind(bind).unwrap(), UdpSocket::bind(bind).unwrap());
        b.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
        let mut slots: Vec<Slot> = (0..BURST).map(|_| Slot::new()).collect();
        let clock = Clock::start(Instant::ZERO);
        assert_eq!(receive(&b, &mut slots, Wait::ForOne).unwrap(), 0);
        assert!(clock.now().since(Instant::ZERO) >= Duration::from_millis(20), "it waits");
        let to = b.local_addr().unwrap();
        b.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        // Both in one go, or the second in another: what is there is not waited for.
        let mut received = 0;
        std::thread::scope(|scope| {
            let later = scope.spawn(|| send(&a, &[(to, b"one"), (to, b"two")]));
            while received < 2 {
                received += receive(&b, &mut slots[received..], Wait::ForOne).unwrap();
            }
            assert_eq!(later.join().unwrap(), 2);
        });
        assert_eq!((slots[0].datagram().1, received), (b"one".to_vec().as_mut_slice(), 2));
    }

    #[test]
    fn datagrams_arrive_in_order_with_their_source_and_too_long_ones_are_empty() {
        check("127.0.0.1:0");
    }

    #[test]
    fn the_same_by_ipv6() {
        if UdpSocket::bind("[::1]:0").is_ok() {
            check("[::1]:0");
        }
    }
}
