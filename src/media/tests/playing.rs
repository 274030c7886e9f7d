use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, Key, StreamId};
use crate::media::{Command, Event, PlayId, PromptId, Settings, Tone};

fn heard(studio: &Studio, party: u64) -> Vec<u8> {
    studio.sent_to(party).iter().flat_map(|sent| sent.payload().to_vec()).collect()
}

fn ended(studio: &Studio) -> Vec<PlayId> {
    studio
        .events
        .iter()
        .filter_map(|event| match event {
            Event::PlayEnded { play, .. } => Some(*play),
            _ => None,
        })
        .collect()
}

#[test]
fn prompts_follow_each_other_on_the_tick_and_end_once() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.play(1, 7, &["short", "long"], false, false);
    // 100 ms, a gap of about 220 ms, 1 s.
    let gap = studio.prompts.gap(studio.prompt("short"), studio.prompt("long"));
    studio.run(1_280);
    assert!(ended(&studio).is_empty());
    studio.run(200);
    assert_eq!(ended(&studio), [PlayId(7)]);
    let sound = |id| studio.prompts.samples(studio.prompt(id), Codec::Pcma).to_vec();
    let expected = [sound("short"), vec![0xD5; gap], sound("long")].concat();
    let heard = heard(&studio, 1);
    assert_eq!(heard[..expected.len()], expected);
    let sent = studio.sent_to(1);
    assert!(
        sent.iter().all(|sent| sent.at.as_micros() % 20_000 == 0 && sent.rtp().payload_type == 8)
    );
    assert_eq!(sent.len(), 66);
}

#[test]
fn mulaw_parties_hear_mulaw_and_larger_packets_when_they_ask() {
    let mut studio = Studio::new();
    let mut party = remote(1, Codec::Pcmu);
    party.ptime_ms = 60;
    studio.open(1, party);
    studio.play(1, 7, &["long"], true, false);
    studio.run(1_200);
    let sent = studio.sent_to(1);
    assert_eq!((sent.len(), sent[0].payload().len(), sent[0].rtp().payload_type), (20, 480, 0));
    let sound = studio.prompts.samples(studio.prompt("long"), Codec::Pcmu).to_vec();
    let twice = [sound.clone(), sound].concat();
    assert_eq!(heard(&studio, 1), twice[..9_600]);
}

#[test]
fn a_key_cuts_at_any_millisecond() {
    for ms in (0..60).chain([499, 740]) {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        studio.play(1, 7, &["long"], false, true);
        studio.run(ms);
        let before = studio.sent_to(1).len();
        let press = Voice::new(1).press('0').remove(0);
        studio.receive(1, address(1), press);
        studio.run(500);
        assert_eq!((studio.sent_to(1).len(), studio.keys().as_str()), (before, "0"), "{ms}");
        assert!(ended(&studio).is_empty());
        // The next one is not cut by the same press.
        studio.play(1, 8, &["short"], false, true);
        studio.run(500);
        assert_eq!(ended(&studio), [PlayId(8)]);
    }
}

#[test]
fn a_new_play_replaces_the_old_one_silently_and_unknown_prompts_end_at_once() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.play(1, 1, &["long"], true, false);
    studio.run(50);
    studio.play(1, 2, &["short"], false, false);
    studio.run(300);
    assert_eq!(ended(&studio), [PlayId(2)]);
    let (stream, play) = (StreamId(1), PlayId(3));
    let prompts = vec![PromptId(999)];
    studio.command(Command::Play { stream, play, prompts, repeat: true, cut_by_key: false });
    studio.run(40);
    assert_eq!(ended(&studio), [PlayId(2), PlayId(3)]);
    assert_eq!(studio.worker.census().playing, 0);
}

#[test]
fn what_plays_covers_the_bridge_and_silence_fills_what_nobody_covers() {
    let mut studio = Studio::with(Settings::default());
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.run(100);
    assert_eq!(heard(&studio, 1), [0xD5; 800]);
    studio.sent.clear();
    studio.bridge(1, 2);
    studio.command(Command::Tone { stream: StreamId(1), tone: Tone::Beep, ms: Some(60) });
    let mut voice = Voice::new(2);
    for _ in 0..10 {
        studio.receive(2, address(2), voice.say(&[7; 160]));
        studio.run(20);
    }
    let sent = studio.sent_to(1);
    let made: Vec<bool> = sent.iter().map(|sent| !sent.in_place).collect();
    assert_eq!(made.iter().filter(|made| **made).count(), 3);
    assert!(sent.iter().rev().take(6).all(|sent| sent.payload() == [7; 160]));
}

#[test]
fn keys_are_sent_as_events_or_as_tones() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    let mut plain = remote(2, Codec::Pcmu);
    plain.telephone_event = None;
    studio.open(2, plain);
    for stream in [1, 2] {
        for key in ['4', '#'] {
            let (stream, key) = (StreamId(stream), Key::try_from(key).unwrap());
            studio.command(Command::SendKey { stream, key, ms: 100 });
        }
    }
    studio.run(1_000);
    let events: Vec<_> = studio
        .sent_to(1)
        .iter()
        .map(|sent| (sent.rtp().payload_type, sent.payload()[0], sent.rtp().mark))
        .collect();
    assert_eq!(events.len(), 14);
    assert!(events.iter().all(|(kind, ..)| *kind == 101));
    assert_eq!(events.iter().filter(|(_, key, mark)| *key == 4 && *mark).count(), 1);
    assert_eq!(events.iter().filter(|(_, key, mark)| *key == 11 && *mark).count(), 1);
    let mut detector = crate::media::detector::Detector::new();
    let mut keys = String::new();
    let mut last = None;
    for sent in studio.sent_to(2) {
        // Pauses are not sent here: they are silence for the listener.
        let gap = last.map_or(0, |ts: u32| sent.rtp().ts.wrapping_sub(ts));
        let pause = vec![0xFF; usize::try_from(gap).unwrap()];
        for byte in pause.iter().chain(sent.payload()) {
            keys.extend(detector.hear(crate::media::g711::ulaw_to_linear(*byte)).map(Key::as_char));
        }
        last = Some(sent.rtp().ts.wrapping_add(160));
    }
    assert_eq!(keys, "4#");
}

#[test]
fn ticks_that_come_late_are_made_up_for_or_left_out() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    studio.play(1, 1, &["long"], true, false);
    studio.run(100);
    let mut out = crate::media::Out::new();
    let before = studio.sent_to(1).len();
    assert_eq!(before, 5);
    studio.worker.tick(studio.now + std::time::Duration::from_millis(80), &mut out);
    assert_eq!(out.sends.len(), 4);
    studio.worker.tick(studio.now + std::time::Duration::from_secs(30), &mut out);
    let sounds = out.sends.iter().filter(|send| !send.from.rtcp).count();
    assert_eq!(sounds, 5);
}
