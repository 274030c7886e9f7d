use std::time::Duration;

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::rtcp::{Reports, Sending};
use crate::media::source::Reception;
use crate::media::{Command, Event, Failure, Settings};

fn without_stats(studio: &Studio) -> Vec<Event> {
    studio.events.iter().filter(|event| !matches!(event, Event::Stats { .. })).cloned().collect()
}

#[test]
fn silence_is_told_on_a_leg_that_may_send() {
    let mut studio = Studio::new();
    let stream = StreamId(1);
    studio.open(1, remote(1, Codec::Pcma));
    let mut voice = Voice::new(1);
    studio.run(100);
    studio.receive(1, address(1), voice.say(&[1; 160]));
    let heard = studio.now;
    studio.run(9_900);
    assert_eq!(without_stats(&studio), [Event::Heard { stream }]);
    studio.run(200);
    let silent = Event::Silent { stream, since: heard };
    assert_eq!(without_stats(&studio), [Event::Heard { stream }, silent.clone()]);
    studio.receive(1, address(1), voice.say(&[1; 160]));
    assert_eq!(without_stats(&studio).last(), Some(&Event::Heard { stream }));
    // On hold it may be silent.
    let mut held = remote(1, Codec::Pcma);
    held.may_send = false;
    studio.command(Command::Agree { stream, remote: held });
    studio.events.clear();
    studio.run(30_000);
    studio.command(Command::Agree { stream, remote: remote(1, Codec::Pcma) });
    let again = studio.now;
    studio.run(9_000);
    assert!(without_stats(&studio).is_empty());
    studio.run(1_100);
    assert_eq!(without_stats(&studio), [Event::Silent { stream, since: again }]);
}

#[test]
fn figures_come_every_five_seconds_and_at_the_end() {
    let mut studio = Studio::new();
    studio.open(1, remote(1, Codec::Pcma));
    let mut voice = Voice::new(1);
    for n in 0..500 {
        let packet = voice.say(&[1; 160]);
        if n % 10 != 9 {
            studio.receive(1, address(1), packet.clone());
        }
        if n == 100 {
            studio.receive(1, address(1), packet);
        }
        studio.run(20);
    }
    studio.receive(1, address(1), vec![1, 2, 3]);
    // The party tells what it saw of us.
    let ours = studio.sent.iter().rfind(|sent| sent.from.rtcp).unwrap().clone();
    assert_eq!(ours.to, "10.0.0.1:4001".parse().unwrap());
    let ssrc = u32::from_be_bytes(ours.bytes[4..8].try_into().unwrap());
    let block = Reception { ssrc, fraction_lost: 128, lost: 3, highest: 9, jitter: 80 };
    let sending = Sending { ssrc: 1, ts: 0, packets: 0, octets: 0 };
    let report = Reports::default().write(studio.now, sending, Some(block)).unwrap();
    studio.receive_rtcp(1, ours.to, report.to_vec());
    studio.command(Command::Close { stream: StreamId(1) });
    let stats: Vec<_> = studio
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Stats { stats, last, .. } => Some((stats.received, *last)),
            _ => None,
        })
        .collect();
    assert_eq!(stats.len(), 3);
    assert_eq!((stats[2], stats[0].1), ((450, true), false));
    let Some(Event::Stats { stats, .. }) = studio.events.last() else { panic!() };
    assert_eq!((stats.lost, stats.repeated, stats.unread, stats.jitter_us), (49, 1, 1, 0));
    assert_eq!((stats.far_loss, stats.far_jitter_us), (Some(0.5), Some(10_000)));
    assert_eq!(stats.source, Some(address(1)));
}

#[test]
fn limits_and_wrong_commands_fail_with_their_reason() {
    let mut studio = Studio::with(Settings { streams_max: 1, ..Settings::default() });
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.command(Command::Stop { stream: StreamId(3) });
    studio.command(Command::Close { stream: StreamId(4) });
    let failures: Vec<_> = studio
        .events
        .iter()
        .map(|event| match event {
            Event::Failed { stream, why } => (stream.0, *why),
            other => panic!("{other:?}"),
        })
        .collect();
    let expected = [
        (1, Failure::AlreadyOpen),
        (2, Failure::TooManyStreams),
        (3, Failure::NotOpen),
        (4, Failure::NotOpen),
    ];
    assert_eq!(failures, expected);
}

#[test]
fn an_idle_worker_wants_nothing() {
    let mut studio = Studio::new();
    assert_eq!(studio.worker.deadline(), None);
    studio.open(1, remote(1, Codec::Pcma));
    let due = studio.worker.deadline().unwrap();
    assert!(due > studio.now && due <= studio.now + Duration::from_millis(20));
    studio.command(Command::Close { stream: StreamId(1) });
    studio.run(40);
    assert_eq!(studio.worker.deadline(), None);
}
