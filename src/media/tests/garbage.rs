use std::net::SocketAddr;

use proptest::prelude::*;

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::{Command, Remote};

/// Where datagrams come from: the address of the SDP, that of the SIP on two ports; then those that
/// are never the party's: another port of the SDP's address, and a third.
const SOURCES: [&str; 5] =
    ["10.0.0.1:4000", "10.0.0.8:4000", "10.0.0.8:4001", "10.0.0.1:4444", "10.0.0.66:4000"];
const ALLOWED: usize = 3;

fn source(which: usize, port: u16) -> SocketAddr {
    let mut source: SocketAddr = SOURCES[which].parse().unwrap();
    source.set_port(source.port() + port);
    source
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Bytes of any kind, and good packets with some bytes changed, on both sockets of a bridged
    /// and recorded stream, from any address: nothing panics, nothing goes to a third address, and
    /// nothing of a third's is passed on.
    #[test]
    fn no_datagram_does_harm(
        noise in proptest::collection::vec(
            (0..SOURCES.len(), proptest::collection::vec(any::<u8>(), 0..300)),
            0..20,
        ),
        changes in proptest::collection::vec(
            (0..SOURCES.len(), 0_usize..172, any::<u8>()),
            0..60,
        ),
    ) {
        let mut studio = Studio::new();
        let behind = source(1, 0).ip();
        studio.open(1, Remote { signalling_ip: behind, ..remote(1, Codec::Pcma) });
        studio.open(2, remote(2, Codec::Pcmu));
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        studio.bridge(1, 2);
        let recording = crate::base::RecordingId(ulid::Ulid::nil());
        let (left, right, at) = (StreamId(1), Some(StreamId(2)), studio.now);
        studio.command(Command::Record { recording, left, right, at });
        let mut voice = Voice::new(1);
        for (which, bytes) in noise {
            studio.receive(1, source(which, 0), bytes.clone());
            studio.receive_rtcp(1, source(which, 1), bytes);
            studio.run(7);
        }
        for (index, (which, at, byte)) in changes.into_iter().enumerate() {
            let mut packet = if index % 4 == 0 { voice.press('3').remove(0) } else { voice.say(&[3; 160]) };
            if let Some(changed) = packet.get_mut(at) {
                *changed = byte;
            }
            let (sent, told) = (studio.sent.len(), studio.events.len());
            studio.receive(1, source(which, 0), packet);
            if which >= ALLOWED {
                prop_assert_eq!((studio.sent.len(), studio.events.len()), (sent, told));
            }
            studio.run(20);
        }
        studio.run(3_000);
        for sent in &studio.sent {
            let ports = if sent.from.rtcp { 1 } else { 0 };
            let is_allowed = match sent.from.stream {
                StreamId(1) => sent.to == source(0, ports) || sent.to.ip() == behind,
                _ => sent.to.ip() == address(2).ip(),
            };
            prop_assert!(is_allowed, "{sent:?}");
        }
    }
}
