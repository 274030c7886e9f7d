use std::time::Duration;

use super::bridging::check_row;
use super::recording::{RECORDING, tracks};
use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::{Command, Event, Remote, Stats};

fn talk() -> Studio {
    let mut studio = Studio::new();
    for party in [1, 2] {
        studio.open(party, remote(party, Codec::Pcma));
    }
    studio.bridge(1, 2);
    let (left, right, at) = (StreamId(1), Some(StreamId(2)), studio.now);
    studio.command(Command::Record { recording: RECORDING, left, right, at });
    studio
}

fn say(studio: &mut Studio, voice: &mut Voice, packets: u32, byte: u8) {
    for _ in 0..packets {
        studio.receive(1, address(1), voice.say(&[byte; 160]));
        studio.run(20);
    }
}

/// Ends the recording and the stream: the caller's track, and its figures.
fn finish(studio: &mut Studio) -> (Vec<u8>, Stats) {
    let at = studio.now;
    studio.command(Command::StopRecord { recording: RECORDING, at });
    let (left, _, _) = tracks(studio);
    studio.command(Command::Close { stream: StreamId(1) });
    let Some(Event::Stats { stats, last: true, .. }) = studio.events.last() else { panic!() };
    (left, (**stats).clone())
}

/// A phone that comes back from a re-INVITE with another port, source, numbering and clock.
#[test]
fn another_source_after_a_new_agreement_goes_on_in_one_row() {
    let mut studio = talk();
    let mut old = Voice::new(77);
    say(&mut studio, &mut old, 50, 1);
    let rtp = "10.0.0.1:4444".parse().unwrap();
    let told = Remote { rtp, ..remote(1, Codec::Pcma) };
    studio.command(Command::Agree { stream: StreamId(1), remote: told });
    let mut new = Voice { seq: 7, ts: 3, ..Voice::new(99) };
    for _ in 0..50 {
        studio.receive(1, rtp, new.say(&[2; 160]));
        // What is still under way from the old port is nobody's.
        studio.receive(1, address(1), old.say(&[1; 160]));
        studio.run(20);
    }
    for packet in new.press('6') {
        studio.receive(1, rtp, packet);
        studio.run(20);
    }
    let sent = studio.sent_to(2);
    check_row(&sent);
    assert_eq!((sent.len(), studio.keys().as_str()), (108, "6"));
    assert_eq!(sent.iter().filter(|sent| sent.rtp().mark).count(), 2, "one new beginning");
    let (left, stats) = finish(&mut studio);
    assert_eq!((stats.received, stats.lost, stats.strangers), (108, 0, 50));
    assert!(left[..8_000].iter().all(|byte| *byte == 1));
    assert!(left[8_000..16_000].iter().all(|byte| *byte == 2));
}

/// Ten seconds of silence, with a clock that went on and with one that stood still.
#[test]
fn ten_seconds_of_silence_are_told_and_are_no_loss() {
    for counts in [true, false] {
        let mut studio = talk();
        let mut voice = Voice::new(77);
        say(&mut studio, &mut voice, 50, 1);
        studio.run(10_000);
        if counts {
            voice.ts = voice.ts.wrapping_add(80_000);
        }
        say(&mut studio, &mut voice, 50, 2);
        let stream = StreamId(1);
        let told: Vec<_> = studio
            .events
            .iter()
            .filter(|event| match event {
                Event::Heard { stream: of } | Event::Silent { stream: of, .. } => *of == stream,
                _ => false,
            })
            .collect();
        assert!(
            matches!(told[..], [Event::Heard { .. }, Event::Silent { .. }, Event::Heard { .. }]),
            "{told:?}"
        );
        let sent = studio.sent_to(2);
        check_row(&sent);
        assert_eq!(sent.len(), 100);
        let passed = sent[50].rtp().ts.wrapping_sub(sent[49].rtp().ts);
        assert_eq!(passed, if counts { 80_160 } else { 160 });
        let (left, stats) = finish(&mut studio);
        assert_eq!((stats.lost, stats.received, stats.unrecorded), (0, 100, 0));
        let second = |from: usize| &left[from * 8_000..(from + 1) * 8_000];
        assert!(second(0).iter().all(|byte| *byte == 1));
        assert!(left[8_000..88_000].iter().all(|byte| *byte == 0xD5));
        assert!(second(11).iter().all(|byte| *byte == 2), "{counts}");
    }
}

/// The party's clock leaps forward and back by an hour: nobody hears more than a new beginning.
#[test]
fn a_leap_of_the_partys_clock_is_a_new_beginning() {
    for leap in [28_800_000_u32, 0_u32.wrapping_sub(28_800_000)] {
        let mut studio = talk();
        let mut voice = Voice::new(77);
        say(&mut studio, &mut voice, 50, 1);
        voice.ts = voice.ts.wrapping_add(leap);
        say(&mut studio, &mut voice, 50, 2);
        let sent = studio.sent_to(2);
        check_row(&sent);
        assert_eq!(sent[50].rtp().ts.wrapping_sub(sent[49].rtp().ts), 160);
        let (left, stats) = finish(&mut studio);
        assert_eq!((stats.lost, stats.jitter_us), (0, 0));
        assert_eq!(left, [[1; 8_000], [2; 8_000]].concat());
    }
}

/// More packets than there are sequence numbers: 24 minutes.
#[test]
fn all_numbers_may_wrap() {
    let mut studio = Studio::new();
    for party in [1, 2] {
        studio.open(party, remote(party, Codec::Pcma));
    }
    studio.bridge(1, 2);
    let mut voice = Voice::new(77);
    for _ in 0..72 {
        say(&mut studio, &mut voice, 1_000, 1);
        let sent = studio.sent_to(2);
        check_row(&sent);
        // The newest one stays, so that the next thousand joins on.
        studio.sent = sent.into_iter().rev().take(1).collect();
    }
    assert!(studio.now.since(crate::base::Instant::ZERO) > Duration::from_secs(1_440));
    studio.command(Command::Close { stream: StreamId(1) });
    let Some(Event::Stats { stats, .. }) = studio.events.last() else { panic!() };
    assert_eq!((stats.received, stats.lost, stats.late, stats.repeated), (72_000, 0, 0, 0));
}
