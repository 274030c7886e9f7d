use proptest::prelude::*;

use super::studio::{Sent, Studio, Voice, address, remote};
use crate::base::{Codec, Key, Random, StreamId};
use crate::media::detector::Detector;
use crate::media::{Command, Event, Failure, Remote, Tone, g711, samples};

#[test]
fn two_parties_hear_each_other_in_place_and_under_our_own_numbers() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
    let (mut a, mut b) = (Voice::new(77), Voice::new(88));
    for n in 0..20_u8 {
        studio.receive(1, address(1), a.say(&[n; 160]));
        studio.receive(2, address(2), b.say(&[n + 100; 160]));
        studio.run(20);
    }
    for (party, first, foreign) in [(2, 0, 77), (1, 100, 88)] {
        let sent = studio.sent_to(party);
        assert_eq!(sent.len(), 20);
        for (n, sent) in (0_u8..).zip(&sent) {
            assert_eq!(sent.payload(), [n + first; 160]);
            assert!(sent.in_place && sent.rtp().ssrc != foreign && sent.rtp().mark == (n == 0));
        }
        check_row(&sent);
    }
}

#[test]
fn laws_are_converted_on_the_way() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcmu));
    studio.bridge(1, 2);
    let mut a = Voice::new(1);
    let mut b = Voice { payload_type: 0, ..Voice::new(2) };
    let all: Vec<u8> = (0..=255).collect();
    studio.receive(1, address(1), a.say(&all));
    studio.receive(2, address(2), b.say(&all));
    let expected: Vec<u8> = all.iter().map(|a| g711::alaw_to_ulaw(*a)).collect();
    let to_b = &studio.sent_to(2)[0];
    assert_eq!((to_b.rtp().payload_type, to_b.payload()), (0, expected.as_slice()));
    let expected: Vec<u8> = all.iter().map(|u| g711::ulaw_to_alaw(*u)).collect();
    let to_a = &studio.sent_to(1)[0];
    assert_eq!((to_a.rtp().payload_type, to_a.payload()), (8, expected.as_slice()));
}

#[test]
fn a_key_crosses_a_bridge_once_and_leaves_no_hole_where_it_cannot() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    let mut deaf = remote(3, Codec::Pcma);
    deaf.telephone_event = None;
    studio.open(3, deaf);
    let mut voice = Voice::new(5);
    for partner in [2, 3] {
        studio.bridge(1, partner);
        studio.receive(1, address(1), voice.say(&[9; 160]));
        studio.run(20);
        for packet in voice.press('7') {
            studio.receive(1, address(1), packet);
            studio.run(20);
        }
        studio.receive(1, address(1), voice.say(&[9; 160]));
        studio.run(20);
    }
    assert_eq!(studio.keys(), "77");
    let sent = studio.sent_to(2);
    let events: Vec<_> = sent.iter().filter(|sent| sent.rtp().payload_type == 101).collect();
    assert_eq!(events.len(), 8);
    assert!(events.iter().all(|event| event.rtp().ts == events[0].rtp().ts));
    assert!(events.iter().all(|event| event.payload().len() == 4 && event.payload()[0] == 7));
    check_row(&sent);
    check_row(&studio.sent_to(3));
}

#[test]
fn a_key_crosses_to_who_takes_no_events_as_tones() {
    for codec in [Codec::Pcma, Codec::Pcmu] {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        studio.open(2, Remote { telephone_event: None, ..remote(2, codec) });
        studio.bridge(1, 2);
        let mut voice = Voice::new(5);
        for key in "70#".chars() {
            for packet in voice.press(key) {
                studio.receive(1, address(1), packet);
                studio.run(20);
            }
            for _ in 0..4 {
                studio.receive(1, address(1), voice.say(&[0xD5; 160]));
                studio.run(20);
            }
        }
        let sent = studio.sent_to(2);
        assert!(sent.iter().all(|sent| sent.rtp().payload_type == codec.payload_type()));
        let mut detector = Detector::new();
        let heard: String = sent
            .iter()
            .flat_map(|sent| sent.payload().to_vec())
            .filter_map(|byte| detector.hear(g711::to_linear(codec, byte)))
            .map(Key::as_char)
            .collect();
        assert_eq!(heard, "70#");
        check_row(&sent);
    }
}

#[test]
fn strangers_are_neither_heard_nor_answered() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
    let mut voice = Voice::new(5);
    let stranger = "10.9.9.9:4000".parse().unwrap();
    // At set-up, with a stolen source while the party speaks, and after 4 s of silence.
    studio.receive(1, stranger, Voice::new(6).say(&[1; 160]));
    studio.receive(1, address(1), voice.say(&[9; 160]));
    studio.receive(1, stranger, voice.clone().say(&[1; 160]));
    studio.receive_rtcp(1, stranger, vec![0x80, 201, 0, 1, 0, 0, 0, 1]);
    studio.run(4_000);
    studio.receive(1, stranger, voice.clone().say(&[1; 160]));
    studio.receive(1, address(1), voice.say(&[9; 160]));
    assert!(
        studio
            .sent
            .iter()
            .all(|sent| sent.to.ip() != "10.9.9.9".parse::<std::net::IpAddr>().unwrap())
    );
    assert!(studio.sent_to(2).iter().all(|sent| sent.payload() == [9; 160]));
    assert_eq!(studio.sent_to(2).len(), 2);
    studio.command(Command::Close { stream: StreamId(1) });
    let Some(Event::Stats { stats, last: true, .. }) = studio.events.last() else { panic!() };
    assert_eq!((stats.strangers, stats.received), (4, 2));
}

#[test]
fn holding_and_being_held_are_obeyed() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
    let (mut a, mut b) = (Voice::new(1), Voice::new(2));
    // Party 2 holds us: it wants nothing. Party 1 may not send either.
    let (mut held, mut mute) = (remote(2, Codec::Pcma), remote(1, Codec::Pcma));
    held.may_receive = false;
    studio.command(Command::Agree { stream: StreamId(2), remote: held });
    studio.receive(1, address(1), a.say(&[1; 160]));
    studio.play(2, 1, &["short"], false, false);
    studio.run(200);
    assert!(studio.sent_to(2).is_empty());
    assert!(matches!(studio.events.last(), Some(Event::PlayEnded { .. })));
    mute.may_send = false;
    studio.command(Command::Agree { stream: StreamId(1), remote: mute });
    studio.command(Command::Agree { stream: StreamId(2), remote: remote(2, Codec::Pcma) });
    studio.receive(1, address(1), a.say(&[1; 160]));
    assert!(studio.sent_to(2).is_empty());
    studio.receive(2, address(2), b.say(&[2; 160]));
    assert_eq!(studio.sent_to(1).len(), 1);
}

#[test]
fn an_echo_comes_back_and_bridges_are_exclusive() {
    let mut studio = Studio::new();
    for party in 1..=3 {
        studio.open(party, remote(party, Codec::Pcma));
    }
    let mut voice = Voice::new(1);
    studio.command(Command::Echo { stream: StreamId(1), on: true });
    studio.receive(1, address(1), voice.say(&[5; 160]));
    assert_eq!(studio.sent_to(1)[0].payload(), [5; 160]);
    studio.bridge(1, 2);
    studio.bridge(2, 3);
    studio.receive(1, address(1), voice.say(&[6; 160]));
    assert_eq!((studio.sent_to(1).len(), studio.sent_to(2).len()), (1, 0));
    studio.command(Command::Unbridge { a: StreamId(1), b: StreamId(2) });
    assert_eq!(studio.worker.census().bridged, 2);
    studio.command(Command::Close { stream: StreamId(3) });
    assert_eq!(studio.worker.census().bridged, 0);
    studio.bridge(1, 3);
    assert!(matches!(
        studio.events.last(),
        Some(Event::Failed { stream: StreamId(3), why: Failure::NotOpen })
    ));
}

#[test]
fn everything_is_gone_after_close() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
    studio.play(1, 1, &["long"], true, false);
    let recording = crate::base::RecordingId(ulid::Ulid::nil());
    let (left, right, at) = (StreamId(1), Some(StreamId(2)), studio.now);
    studio.command(Command::Record { recording, left, right, at });
    studio.run(3_000);
    studio.command(Command::Close { stream: StreamId(1) });
    studio.command(Command::Close { stream: StreamId(2) });
    studio.run(1_100);
    assert_eq!(studio.worker.census(), crate::media::Census::default());
    assert_eq!(studio.worker.deadline(), None);
    assert!(
        studio.events.iter().any(
            |event| matches!(event, Event::RecordStopped { samples, .. } if *samples == 24_000)
        )
    );
}

#[test]
fn a_buried_stream_hurts_nobody_else() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
    studio.play(2, 1, &["long"], false, false);
    let mut out = crate::media::Out::new();
    studio.worker.bury(studio.now, StreamId(1), &mut out);
    assert_eq!(out.events, [Event::Failed { stream: StreamId(1), why: Failure::Internal }]);
    studio.run(100);
    assert_eq!((studio.sent_to(2).len(), studio.worker.census().bridged), (5, 0));
}

/// Sequence numbers without a hole, timestamps that never go back and that leave room for what was
/// sent before.
pub(super) fn check_row(sent: &[Sent]) {
    for pair in sent.windows(2) {
        let (before, after) = (pair[0].rtp(), pair[1].rtp());
        assert_eq!(after.ssrc, before.ssrc);
        assert_eq!(after.seq, before.seq.wrapping_add(1));
        let ahead = samples::ahead(before.ts, after.ts);
        let is_event = before.payload_type == 101 || after.payload_type == 101;
        let least = if is_event { 0 } else { i32::try_from(before.payload.len()).unwrap() };
        assert!(ahead >= least, "{before:?} {after:?}");
        // Nor do they run away from the time passed.
        let passed = i64::try_from(pair[1].at.since(sent[0].at).as_micros() / 125).unwrap();
        let total = i64::from(samples::ahead(sent[0].rtp().ts, after.ts));
        assert!(total <= passed + 1_600, "{before:?} {after:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is done in whatever order, a party sees one unbroken row of packets.
    #[test]
    fn a_row_is_never_broken(seed: u64, operations in proptest::collection::vec(0_u8..14, 1..120)) {
        let mut studio = Studio::with(crate::media::Settings { fill_silence: seed % 2 == 0, ..Default::default() });
        let mut random = Random::from_number(seed);
        let mut voices: Vec<Voice> = (0..3).map(|n| Voice::new(n + 1)).collect();
        for party in 1..=3 {
            studio.open(party, remote(party, Codec::Pcma));
        }
        let listener = StreamId(1);
        for operation in operations {
            match operation {
                0 => studio.play(1, 1, &["short"], false, false),
                1 => studio.play(1, 1, &["short", "long"], true, true),
                2 => studio.command(Command::Stop { stream: listener }),
                3 => studio.bridge(1, 2),
                4 => studio.bridge(1, 3),
                5 => studio.command(Command::Unbridge { a: listener, b: StreamId(2) }),
                6 => studio.command(Command::Tone { stream: listener, tone: Tone::Ringback, ms: Some(70) }),
                7 => studio.command(Command::SendKey { stream: listener, key: Key::from_event(3).unwrap(), ms: 60 }),
                8 => studio.command(Command::Echo { stream: listener, on: random.below(2) == 0 }),
                9 => {
                    let voice = &mut voices[1];
                    voice.ts = voice.ts.wrapping_add(u32::try_from(random.below(1 << 32)).unwrap());
                }
                10 => voices[2].ssrc += 10,
                11 => {
                    for packet in voices[1].press('1') {
                        studio.receive(2, address(2), packet);
                        studio.run(20);
                    }
                }
                _ => {}
            }
            for _ in 0..random.below(6) {
                for party in 1..=3_u64 {
                    let packet = voices[usize::try_from(party).unwrap() - 1].say(&[7; 160]);
                    studio.receive(party, address(party), packet);
                }
                studio.run(20);
            }
        }
        check_row(&studio.sent_to(1));
    }
}
