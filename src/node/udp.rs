use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::node::clock::Clock;
use crate::node::lanes::{Kind, Senders};
use crate::node::refusal::overloaded;
use crate::node::sys::{self, BURST, Slot, Wait};
use crate::node::throttle::Throttle;
use crate::sip::{Flow, Input, Transport};

/// Room for one datagram.
const DATAGRAM_MAX: usize = 65_536;
/// How much the system may hold for us, bytes: a burst of 20,000 requests.
const RECEIVE_BUFFER: usize = 4 << 20;
/// How often the reader looks whether it shall end.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Binds a SIP socket with room for bursts.
pub(crate) fn bind(address: SocketAddr) -> io::Result<UdpSocket> {
    let domain = socket2::Domain::for_address(address);
    let socket = socket2::Socket::new(domain, socket2::Type::DGRAM, Some(socket2::Protocol::UDP))?;
    // The system gives what it allows.
    let _ = socket.set_recv_buffer_size(RECEIVE_BUFFER);
    let _ = socket.set_send_buffer_size(RECEIVE_BUFFER);
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.bind(&address.into())?;
    socket.set_read_timeout(Some(LOOK_EVERY))?;
    Ok(socket.into())
}

/// Reads one SIP socket, in batches, into the core's lanes until `stop`. What its source sends
/// too much of is dropped here, and what begins something is refused, statelessly, when the core is
/// behind.
pub(crate) fn read(
    socket: &UdpSocket,
    local: SocketAddr,
    senders: &Senders,
    mut throttle: Throttle,
    clock: Clock,
    stop: &Arc<AtomicBool>,
) {
    let mut slots: Vec<Slot<DATAGRAM_MAX>> = (0..BURST).map(|_| Slot::new()).collect();
    while !stop.load(Ordering::Relaxed) {
        let received = match sys::receive(socket, &mut slots, Wait::ForOne) {
            Ok(received) => received,
            Err(error) if is_pause(&error) => continue,
            Err(error) => {
                tracing::warn!(%local, %error, "SIP socket");
                continue;
            }
        };
        for slot in &mut slots[..received] {
            let (peer, datagram) = slot.datagram();
            // Keep-alives of phones behind NAT (RFC 5626 §3.5.1 and bare CRLF) mean nothing else.
            if datagram.iter().all(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
                continue;
            }
            let kind = Kind::of(datagram);
            if !throttle.lets(clock.now(), peer, kind) {
                continue;
            }
            let bytes = Bytes::copy_from_slice(datagram);
            let flow = Flow { transport: Transport::Udp, local, peer, connection: None };
            let input = Input::Received { flow, bytes: bytes.clone() };
            if senders.sip(input, kind.begins()).is_err()
                && let Some(refusal) = overloaded(&bytes)
            {
                // Lost is as good: the peer asks again.
                let _ = socket.send_to(&refusal, peer);
            }
        }
    }
}

fn is_pause(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock
            | io::ErrorKind::TimedOut
            | io::ErrorKind::Interrupted
            | io::ErrorKind::ConnectionRefused
    )
}
