use std::time::Duration;

use super::bridging::check_row;
use super::recording::{RECORDING, tracks};
use super::studio::{Sent, Studio, Voice, address, remote};
use crate::base::{Codec, StreamId};
use crate::media::{Census, Command, Event, Failure};

/// Two workers at the same moment, and which of the parties lives where.
struct House {
    from: Studio,
    to: Studio,
}

impl House {
    fn new() -> Self {
        Self { from: Studio::new(), to: Studio::new() }
    }

    fn run(&mut self, ms: u64) {
        self.from.run(ms);
        self.to.run(ms);
    }

    /// The first worker hands streams over; they are on their way until `arrive`.
    fn leave(&mut self, streams: &[u64]) {
        let named: Vec<StreamId> = streams.iter().map(|stream| StreamId(*stream)).collect();
        let with_port = named.iter().map(|stream| (*stream, 20_000)).collect();
        self.to.command(Command::Await { streams: named });
        self.from.command(Command::Leave { streams: with_port, to: 1 });
    }

    fn arrive(&mut self) {
        let departure = self.from.departures.pop().expect("something is on its way");
        assert_eq!(departure.to, 1);
        self.to.arrive(departure);
    }

    /// All that one party got, in order.
    fn sent_to(&self, party: u64) -> Vec<Sent> {
        let mut sent = self.from.sent_to(party);
        sent.extend(self.to.sent_to(party));
        sent
    }

    fn check_empty(&mut self) {
        self.run(3_000);
        for studio in [&self.from, &self.to] {
            assert_eq!(studio.worker.census(), Census::default());
            assert_eq!(studio.worker.deadline(), None);
        }
    }
}

/// The citizen was born on one worker, the agent on another: they are joined by the citizen's move.
#[test]
fn two_who_were_born_on_different_workers_talk_after_one_has_moved() {
    let mut house = House::new();
    house.from.open(1, remote(1, Codec::Pcma));
    house.to.open(2, remote(2, Codec::Pcmu));
    house.from.play(1, 1, &["long"], true, false);
    let (left, right) = (StreamId(1), Some(StreamId(2)));
    let start = house.from.now;
    house.from.command(Command::Record { recording: RECORDING, left, right: None, at: start });
    let (mut a, mut b) = (Voice::new(77), Voice { payload_type: 0, ..Voice::new(88) });
    for _ in 0..50 {
        house.from.receive(1, address(1), a.say(&[9; 160]));
        house.run(20);
    }
    // A key is half pressed, and one waits to be sent.
    let press = a.press('5');
    house.from.receive(1, address(1), press[0].clone());
    house.run(7);
    house.leave(&[1]);
    assert_eq!(house.from.worker.census(), Census::default());
    // What the core asks for meanwhile waits.
    let joined = Command::Bridge { a: StreamId(1), b: StreamId(2) };
    house.to.command(Command::Stop { stream: StreamId(1) });
    house.to.command(joined);
    house.to.command(Command::Record { recording: RECORDING, left, right, at: start });
    house.run(13);
    house.arrive();
    for packet in &press[1..] {
        house.to.receive(1, address(1), packet.clone());
        house.run(20);
    }
    // Its address is known: a port that nobody knows is still a stranger.
    house.to.receive(1, "10.0.0.1:4400".parse().unwrap(), Voice::new(5).say(&[1; 160]));
    for _ in 0..50 {
        house.to.receive(1, address(1), a.say(&[9; 160]));
        house.to.receive(2, address(2), b.say(&[0xFF; 160]));
        house.run(20);
    }
    let end = house.to.now;
    house.to.command(Command::StopRecord { recording: RECORDING, at: end });
    house.to.command(Command::Close { stream: StreamId(1) });
    house.to.command(Command::Close { stream: StreamId(2) });
    assert_eq!((house.from.keys() + &house.to.keys()).as_str(), "5");
    // Audio both ways.
    let to_b = house.to.sent_to(2);
    assert_eq!(to_b.iter().filter(|sent| sent.rtp().payload_type == 0).count(), 50);
    check_row(&to_b);
    let to_a = house.sent_to(1);
    check_row(&to_a);
    assert_eq!(to_a.iter().filter(|sent| sent.payload() == [0xD5; 160]).count(), 50);
    // One recording, without a hole.
    let mut told: Vec<Event> = std::mem::take(&mut house.from.events);
    told.append(&mut house.to.events);
    let failed = told.iter().find(|event| matches!(event, Event::Failed { .. }));
    assert_eq!(failed, None);
    let last = told.iter().rev().find_map(|event| match event {
        Event::Stats { stream: StreamId(1), stats, last: true } => Some(stats.clone()),
        _ => None,
    });
    let stats = last.expect("its last figures");
    assert_eq!((stats.received, stats.lost, stats.strangers, stats.keys), (108, 0, 1, 1));
    assert_eq!(stats.sent, u64::try_from(to_a.len()).unwrap());
    let blocks = std::mem::take(&mut house.from.blocks);
    house.to.blocks.splice(0..0, blocks);
    house.to.events = told;
    let (left, _, samples) = tracks(&house.to);
    assert_eq!(samples, u64::try_from(end.since(start).as_micros()).unwrap() / 125);
    assert_eq!(left.iter().filter(|byte| **byte == 9).count(), 100 * 160);
    house.check_empty();
}

#[test]
fn two_who_talk_move_together_and_notice_nothing() {
    let mut house = House::new();
    for party in [1, 2] {
        house.from.open(party, remote(party, Codec::Pcma));
    }
    house.from.bridge(1, 2);
    let start = house.from.now;
    let (left, right) = (StreamId(1), Some(StreamId(2)));
    house.from.command(Command::Record { recording: RECORDING, left, right, at: start });
    let (mut a, mut b) = (Voice::new(77), Voice::new(88));
    for n in 0..100 {
        if n == 40 {
            house.leave(&[1, 2]);
            house.arrive();
        }
        let studio = if n < 40 { &mut house.from } else { &mut house.to };
        studio.receive(1, address(1), a.say(&[1; 160]));
        studio.receive(2, address(2), b.say(&[2; 160]));
        house.run(20);
    }
    for party in [1, 2] {
        let sent = house.sent_to(party);
        assert_eq!(sent.len(), 100);
        check_row(&sent);
        // No new beginning, no step of the timestamps.
        assert!(sent.iter().skip(1).all(|sent| !sent.rtp().mark));
        let (first, last) = (sent[0].rtp(), sent[99].rtp());
        assert_eq!(last.ts.wrapping_sub(first.ts), 99 * 160);
    }
    let end = house.to.now;
    house.to.command(Command::StopRecord { recording: RECORDING, at: end });
    let blocks = std::mem::take(&mut house.from.blocks);
    house.to.blocks.splice(0..0, blocks);
    let (left, right, samples) = tracks(&house.to);
    assert_eq!(samples, 16_000);
    assert!(left.iter().all(|byte| *byte == 1) && right.iter().all(|byte| *byte == 2));
    for stream in [1, 2] {
        house.to.command(Command::Close { stream: StreamId(stream) });
    }
    house.check_empty();
}

/// Whoever stays hears nobody; a recording stays with its caller.
#[test]
fn who_leaves_a_partner_behind_leaves_the_bridge_too() {
    let mut house = House::new();
    for party in [1, 2] {
        house.from.open(party, remote(party, Codec::Pcma));
    }
    house.from.bridge(1, 2);
    let at = house.from.now;
    let (left, right) = (StreamId(1), Some(StreamId(2)));
    house.from.command(Command::Record { recording: RECORDING, left, right, at });
    house.leave(&[2]);
    house.arrive();
    assert_eq!((house.from.worker.census().bridged, house.to.worker.census().bridged), (0, 0));
    assert_eq!(
        (house.from.worker.census().recordings, house.to.worker.census().recordings),
        (1, 0)
    );
    let mut voice = Voice::new(1);
    house.from.receive(1, address(1), voice.say(&[1; 160]));
    house.to.receive(2, address(2), voice.say(&[1; 160]));
    assert!(house.sent_to(1).is_empty() && house.sent_to(2).is_empty());
    house.from.command(Command::Close { stream: StreamId(1) });
    house.to.command(Command::Close { stream: StreamId(2) });
    house.check_empty();
}

/// At whatever moment it moves and however long that takes within a tick, nothing of a prompt is
/// lost, said twice or late by more than the way.
#[test]
fn a_prompt_goes_on_where_it_was() {
    for at in 0..40 {
        for way in [0, 1, 7, 19, 20, 31] {
            let mut house = House::new();
            // The other worker may be idle or at work.
            if at % 2 == 0 {
                house.to.open(9, remote(9, Codec::Pcma));
            }
            house.from.open(1, remote(1, Codec::Pcma));
            house.from.play(1, 1, &["long"], false, false);
            house.run(200 + at);
            house.leave(&[1]);
            house.run(way);
            house.arrive();
            house.run(1_000);
            let sent = house.sent_to(1);
            let heard: Vec<u8> = sent.iter().flat_map(|sent| sent.payload().to_vec()).collect();
            let prompt = house.to.prompts.samples(house.to.prompt("long"), Codec::Pcma);
            assert_eq!(heard[..8_000], *prompt, "{at} {way}");
            check_row(&sent);
            assert!(sent.iter().skip(1).all(|sent| !sent.rtp().mark), "{at} {way}");
            let late = |pair: &[Sent]| pair[1].at.since(pair[0].at);
            let longest = sent.windows(2).map(late).max().unwrap();
            let way = Duration::from_millis(way);
            assert!(longest <= Duration::from_millis(20) + way, "{at} {way:?}: {longest:?}");
        }
    }
}

#[test]
fn who_does_not_arrive_in_time_is_told_and_not_taken_in_later() {
    let mut house = House::new();
    house.from.open(1, remote(1, Codec::Pcma));
    house.to.open(2, remote(2, Codec::Pcma));
    let at = house.from.now;
    let (left, right) = (StreamId(1), Some(StreamId(2)));
    house.from.command(Command::Record { recording: RECORDING, left, right: None, at });
    house.leave(&[1]);
    house.to.command(Command::Bridge { a: StreamId(2), b: StreamId(1) });
    house.to.command(Command::Record { recording: RECORDING, left, right, at });
    house.to.command(Command::Close { stream: StreamId(2) });
    house.run(2_990);
    assert!(house.to.events.is_empty(), "{:?}", house.to.events);
    house.run(40);
    let stream = StreamId(1);
    assert_eq!(house.to.events[0], Event::Failed { stream, why: Failure::NotArrived });
    assert!(house.to.events.iter().any(|event| matches!(event, Event::Stats { last: true, .. })));
    house.arrive();
    house.check_empty();
    // The recording ended by itself, at the moment when nobody was left.
    assert!(house.to.events.iter().any(|event| matches!(event, Event::RecordStopped { .. })));
}

#[test]
fn what_a_worker_never_had_does_not_keep_the_other_waiting() {
    let mut house = House::new();
    house.to.open(2, remote(2, Codec::Pcma));
    house.leave(&[7, 8]);
    house.to.command(Command::Bridge { a: StreamId(2), b: StreamId(7) });
    house.arrive();
    let stream = StreamId(7);
    assert_eq!(house.to.events, [Event::Failed { stream, why: Failure::NotOpen }]);
    house.to.command(Command::Close { stream: StreamId(2) });
    house.check_empty();
}
