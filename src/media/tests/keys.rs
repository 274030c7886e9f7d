use super::bridging::check_row;
use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, Key, Random, StreamId};
use crate::media::detector::Detector;
use crate::media::tone::DualTone;
use crate::media::{Command, Remote, g711};

fn tone(codec: Codec, key: char) -> Vec<u8> {
    let mut bytes = vec![g711::silence(codec); 1_600];
    DualTone::new(Key::try_from(key).unwrap()).fill(codec, &mut bytes[..800]);
    bytes
}

#[test]
fn events_survive_loss_and_reorder() {
    let mut random = Random::from_number(3);
    for round in 0..50 {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        let mut voice = Voice::new(9);
        let mut expected = String::new();
        for key in "1223*#90".chars() {
            let mut packets: Vec<_> =
                voice.press(key).into_iter().filter(|_| random.below(5) > 0).collect();
            if packets.is_empty() {
                continue;
            }
            expected.push(key);
            let last = packets.len() - 1;
            let (a, b) = (usize::try_from(random.below(8)).unwrap().min(last), last);
            packets.swap(a, b);
            for packet in packets {
                studio.receive(1, address(1), packet);
                studio.run(20);
            }
            studio.run(60);
            studio.receive(1, address(1), voice.say(&[0xD5; 160]));
        }
        assert_eq!(studio.keys(), expected, "round {round}");
    }
}

#[test]
fn keys_in_speech_count_while_expected_and_until_the_first_event() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let mut studio = Studio::new();
        studio.open(1, remote(1, codec));
        let mut voice = Voice { payload_type: codec.payload_type(), ..Voice::new(9) };
        let press = |studio: &mut Studio, voice: &mut Voice, key| {
            for chunk in tone(codec, key).chunks(160) {
                studio.receive(1, address(1), voice.say(chunk));
                studio.run(20);
            }
        };
        press(&mut studio, &mut voice, '1');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '2');
        press(&mut studio, &mut voice, '2');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: false });
        press(&mut studio, &mut voice, '3');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '4');
        studio.run(1_000);
        for packet in voice.press('5') {
            studio.receive(1, address(1), packet);
            studio.run(20);
        }
        press(&mut studio, &mut voice, '6');
        studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
        press(&mut studio, &mut voice, '6');
        assert_eq!(studio.keys(), "2245");
    }
}

#[test]
fn a_press_that_comes_both_ways_counts_once() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
    let mut voice = Voice::new(9);
    // 60 ms of the tone leak through before the gateway makes events of it.
    for chunk in tone(Codec::Pcma, '8')[..480].chunks(160) {
        studio.receive(1, address(1), voice.say(chunk));
        studio.run(20);
    }
    assert_eq!(studio.keys(), "8");
    for packet in voice.press('8') {
        studio.receive(1, address(1), packet);
        studio.run(20);
    }
    assert_eq!(studio.keys(), "8");
}

/// Whichever of the two comes first and by how much, with the first events lost or all there: each
/// press is one.
#[test]
fn each_press_counts_once_on_a_leg_that_sends_it_both_ways() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        // In steps of 20 ms: so much later than the tone the event begins, or the tone than it.
        for lead in -8_i32..=14 {
            for lost in [0, 3, 7] {
                let mut studio = Studio::new();
                studio.open(1, remote(1, codec));
                studio.command(Command::ExpectKeys { stream: StreamId(1), on: true });
                let mut voice = Voice { payload_type: codec.payload_type(), ..Voice::new(9) };
                for key in "8825".chars() {
                    let chunks = tone(codec, key);
                    let tones: Vec<&[u8]> = chunks.chunks(160).collect();
                    let mut events = voice.press(key);
                    events.drain(..lost);
                    for step in -8..30 {
                        let at = |from: i32| usize::try_from(step - from).ok();
                        if let Some(tone) = at(-lead.min(0)).and_then(|at| tones.get(at)) {
                            studio.receive(1, address(1), voice.say(tone));
                        }
                        let from = lead.max(0) + i32::try_from(lost).unwrap();
                        if let Some(event) = at(from).and_then(|at| events.get(at)) {
                            studio.receive(1, address(1), event.clone());
                        }
                        studio.run(20);
                    }
                }
                assert_eq!(studio.keys(), "8825", "{codec:?} {lead} {lost}");
            }
        }
    }
}

/// A key that the core sends into a talk reaches the one party alone, and their speech goes on.
#[test]
fn a_key_is_sent_into_a_talk() {
    for events in [Some((101, 96)), None] {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        studio.open(2, Remote { telephone_event: events, ..remote(2, Codec::Pcma) });
        studio.bridge(1, 2);
        let (mut a, mut b) = (Voice::new(1), Voice::new(2));
        for n in 0..60 {
            if n == 10 {
                for key in "4#".chars() {
                    let key = Key::try_from(key).unwrap();
                    studio.command(Command::SendKey { stream: StreamId(2), key, ms: 100 });
                }
            }
            studio.receive(1, address(1), a.say(&[0xD5; 160]));
            studio.receive(2, address(2), b.say(&[0xD5; 160]));
            studio.run(20);
        }
        let sent = studio.sent_to(2);
        check_row(&sent);
        let speech = |sent: &&super::studio::Sent| sent.payload() == [0xD5; 160];
        assert!(sent[..10].iter().all(|sent| speech(&sent)), "speech before");
        assert!(sent[sent.len() - 20..].iter().all(|sent| speech(&sent)), "speech behind");
        let heard: String = if events.is_some() {
            let ends = sent.iter().filter(|it| it.rtp().payload_type == 101);
            let mut ends: Vec<_> = ends
                .filter(|it| it.payload()[1] & 0x80 != 0)
                .map(|it| (it.rtp().ts, it.payload()[0]))
                .collect();
            assert_eq!(ends.len(), 6, "each end three times");
            ends.dedup();
            ends.iter().map(|(_, event)| Key::from_event(*event).unwrap().as_char()).collect()
        } else {
            let mut detector = Detector::new();
            sent.iter()
                .flat_map(|sent| sent.payload().to_vec())
                .filter_map(|byte| detector.hear(g711::to_linear(Codec::Pcma, byte)))
                .map(Key::as_char)
                .collect()
        };
        assert_eq!(heard, "4#");
        // The other party hears nothing of it.
        let other = studio.sent_to(1);
        check_row(&other);
        assert_eq!((other.len(), other.iter().filter(speech).count()), (60, 60));
    }
}

#[test]
fn a_flood_of_presses_is_bounded() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    let mut voice = Voice::new(9);
    for _ in 0..1_000 {
        let packet = voice.press('1').remove(0);
        voice.ts = voice.ts.wrapping_add(5_000);
        studio.receive(1, address(1), packet);
    }
    assert!(studio.keys().len() <= 25, "{}", studio.keys().len());
}
