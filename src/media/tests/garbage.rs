use proptest::prelude::*;

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::Command;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    /// Bytes of any kind, and good packets with some bytes changed, on both sockets of a bridged
    /// and recorded stream: nothing panics, nothing goes to a third address.
    #[test]
    fn no_datagram_does_harm(
        noise in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..300), 0..20),
        changes in proptest::collection::vec((0_usize..172, any::<u8>()), 0..60),
    ) {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        studio.open(2, remote(2, Codec::Pcmu));
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        studio.bridge(1, 2);
        let recording = crate::base::RecordingId(ulid::Ulid::nil());
        let (left, right, at) = (StreamId(1), Some(StreamId(2)), studio.now);
        studio.command(Command::Record { recording, left, right, at });
        let mut voice = Voice::new(1);
        for bytes in noise {
            studio.receive(1, address(1), bytes.clone());
            studio.receive_rtcp(1, address(1), bytes);
            studio.run(7);
        }
        for (index, (at, byte)) in changes.into_iter().enumerate() {
            let mut packet = if index % 4 == 0 { voice.press('3').remove(0) } else { voice.say(&[3; 160]) };
            if let Some(changed) = packet.get_mut(at) {
                *changed = byte;
            }
            studio.receive(1, address(1), packet);
            studio.run(20);
        }
        studio.run(3_000);
        for sent in &studio.sent {
            prop_assert!([1, 2].iter().any(|party| address(*party).ip() == sent.to.ip()));
        }
    }
}
