use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;

use crate::node::clock::Clock;
use crate::node::lanes::{Kind, Senders};
use crate::node::refusal::Refusals;
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
/// behind; both are counted.
pub(crate) fn read(
    socket: &UdpSocket,
    local: SocketAddr,
    senders: &Senders,
    mut throttle: Throttle,
    refusals: &Refusals,
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
            let now = clock.now();
            if !throttle.lets(now, peer, kind) {
                refusals.drop(now, peer, datagram);
                continue;
            }
            let bytes = Bytes::copy_from_slice(datagram);
            let flow = Flow { transport: Transport::Udp, local, peer, connection: None };
            let input = Input::Received { flow, bytes: bytes.clone() };
            // Nobody waits for what a stranger sends.
            let put = if throttle.is_familiar(peer) {
                senders.sip(input, kind.begins())
            } else {
                senders.of_stranger(input, kind.begins())
            };
            if put.is_err()
                && let Some(refusal) = refusals.refuse(now, peer, &bytes, false)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Instant, Random};
    use crate::call::TurnedAway;
    use crate::node::lanes::lanes;
    use crate::node::phone_sources::PhoneSources;
    use crate::node::threads;
    use crate::node::trunk_sources::TrunkSources;
    use crate::sip::TrunkSettings;

    #[test]
    fn an_overloaded_reader_refuses_with_a_tag_and_counts_by_source() {
        let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let local = socket.local_addr().unwrap();
        let peer = UdpSocket::bind("127.0.0.1:0").unwrap();
        peer.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let trunk = TrunkSettings::new("carrier".into(), peer.local_addr().unwrap());
        let trunks = TrunkSources::new(&[trunk]);
        let refusals = Refusals::new(trunks.clone(), Random::from_number(1));
        let counts = refusals.counts().clone();
        // Nobody takes anything out of the lanes.
        let (senders, lanes) = lanes();
        while senders.try_sip(Input::Closed { connection: 1 }, true).is_ok() {}
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let clock = Clock::start(Instant::from_micros(1_000_000));
        let throttle = Throttle::new(trunks, PhoneSources::default());
        let reader = threads::spawn("sip-udp", move || {
            read(&socket, local, &senders, throttle, &refusals, clock, &until);
        });
        let at = peer.local_addr().unwrap();
        let invite = format!(
            "INVITE sip:12345@{local} SIP/2.0\r\nVia: SIP/2.0/UDP {at};branch=z9hG4bK1\r\n\
             From: <sip:c@{at}>;tag=1\r\nTo: <sip:12345@{local}>\r\nCall-ID: x\r\n\
             CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
        );
        let mut answers = Vec::new();
        for _ in 0..2 {
            peer.send_to(invite.as_bytes(), local).unwrap();
            let mut buffer = [0; 2_048];
            let (length, _) = peer.recv_from(&mut buffer).unwrap();
            answers.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        assert!(answers[0].starts_with("SIP/2.0 503"), "{}", answers[0]);
        assert!(answers[0].contains(&format!("To: <sip:12345@{local}>;tag=")), "{}", answers[0]);
        assert_eq!(answers[0], answers[1]);
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        drop(lanes);
        let rows = counts.take();
        let row = TurnedAway {
            source: "127.0.0.1".into(),
            trunk: Some("carrier".into()),
            cause: crate::call::Cause::Overload,
            invites: 2,
            refused: 2,
            dropped: 0,
        };
        assert_eq!(rows, [row]);
    }

    /// A flood of what only dialogs and transactions need, from an address that has none.
    #[test]
    fn a_flood_of_strangers_answers_leaves_room_for_a_trunks_bye() {
        let socket = bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let local = socket.local_addr().unwrap();
        let carrier = UdpSocket::bind("127.0.0.2:0").unwrap();
        let stranger = UdpSocket::bind("127.0.0.3:0").unwrap();
        let trunk = TrunkSettings::new("carrier".into(), carrier.local_addr().unwrap());
        let trunks = TrunkSources::new(&[trunk]);
        let refusals = Refusals::new(trunks.clone(), Random::from_number(1));
        let counts = refusals.counts().clone();
        // Nobody takes anything out of the lanes, and others have filled their half of it.
        let (senders, lanes) = lanes();
        while senders.of_stranger(Input::Closed { connection: 1 }, false).is_ok() {}
        let filled = lanes.talk.len();
        let stop = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stop);
        let clock = Clock::start(Instant::from_micros(1_000_000));
        let throttle = Throttle::new(trunks, PhoneSources::default());
        let reader = threads::spawn("sip-udp", move || {
            read(&socket, local, &senders, throttle, &refusals, clock, &until);
        });
        for count in 0..100 {
            let flood: &[u8] = [&b"SIP/2.0 200 OK\r\n\r\n"[..], b"ACK x\r\n\r\n"][count % 2];
            stranger.send_to(flood, local).unwrap();
        }
        carrier.send_to(b"BYE sip:a@b SIP/2.0\r\n\r\n", local).unwrap();
        let guard = Clock::start(Instant::ZERO);
        while lanes.talk.len() == filled && guard.now() < Instant::from_micros(30_000_000) {
            lanes.wait(Duration::from_millis(1));
        }
        assert_eq!(lanes.talk.len(), filled + 1, "the BYE is in the lane");
        stop.store(true, Ordering::Relaxed);
        reader.join().unwrap();
        let rows = counts.take();
        assert_eq!((rows.len(), rows[0].source.as_str()), (1, "127.0.0.3"));
        assert_eq!(rows[0].dropped + rows[0].refused, 100);
    }
}
