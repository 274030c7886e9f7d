use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{AgentId, Instant, Random, StreamId};
use crate::call::tests::Bench;
use crate::call::tests::bench::{carrier, phone};
use crate::call::tests::papers::sdp;
use crate::call::{Cause, Command};
use crate::media::{self, Out, Prompts, Socket, Worker};

/// R5: the longest time after which somebody who died is noticed.
const LIMIT: Duration = Duration::from_secs(40);
const TICK: Duration = Duration::from_millis(20);

/// The core with a real media worker behind it: what nobody says is noticed there.
struct House {
    bench: Bench,
    worker: Worker,
    out: Out,
    taken: usize,
    streams: Vec<(StreamId, SocketAddr)>,
    /// Who sends RTP.
    talking: Vec<SocketAddr>,
    seq: u16,
}

impl House {
    fn new() -> Self {
        let settings = media::Settings::default();
        Self {
            bench: Bench::new(1),
            worker: Worker::new(settings, Arc::new(Prompts::default()), Random::from_number(2)),
            out: Out::new(),
            taken: 0,
            streams: Vec::new(),
            talking: vec![carrier(), phone(1)],
            seq: 0,
        }
    }

    fn pass(&mut self, time: Duration) {
        let end = self.bench.now + time;
        while self.bench.now < end {
            self.tick();
        }
    }

    /// 20 ms: the commands, a packet of each who talks, the worker's tick, and what it tells.
    fn tick(&mut self) {
        let now = self.bench.now;
        for command in self.bench.media.split_off(self.taken) {
            if let media::Command::Open { stream, remote, .. } = &command {
                self.streams.push((*stream, remote.rtp));
            }
            self.worker.command(now, command.clone(), &mut self.out);
            self.bench.media.push(command);
        }
        self.taken = self.bench.media.len();
        self.seq += 1;
        let [high, low] = self.seq.to_be_bytes();
        let ts = (u32::from(self.seq) * 160).to_be_bytes();
        for (stream, rtp) in self.streams.clone() {
            if self.talking.iter().any(|party| party.ip() == rtp.ip()) {
                let mut packet = vec![0x80, 8, high, low];
                packet.extend(ts);
                packet.extend([0, 0, 0, 7]);
                packet.extend([0xD5; 160]);
                let socket = Socket { stream, rtcp: false };
                self.worker.packet(now, socket, rtp, &mut packet, &mut self.out);
            }
        }
        self.worker.tick(now, &mut self.out);
        self.out.clear_sends();
        for event in self.out.events.split_off(0) {
            // Last figures are told by the bench.
            if !matches!(event, media::Event::Stats { .. }) {
                self.bench.event(crate::call::Event::Media(event));
            }
        }
        self.bench.pass(TICK);
    }

    fn vanishes(&mut self, who: SocketAddr) -> Instant {
        self.bench.gone.push(who);
        self.talking.retain(|talking| *talking != who);
        self.bench.now
    }

    /// The caller's call ends in time, and nothing is left.
    fn ends(&mut self, since: Instant, what: &str) {
        while self.bench.cdrs().is_empty() {
            self.pass(Duration::from_millis(100));
            let passed = self.bench.now.since(since);
            assert!(passed <= LIMIT, "{what}: nobody noticed within {passed:?}");
        }
        assert_eq!(self.bench.core.census().calls, 0, "{what}");
        self.pass(Duration::from_secs(5));
        self.bench.check_empty();
    }
}

fn with(attribute: &str) -> String {
    format!("{}{attribute}", sdp(phone(1)))
}

/// A phone that holds the caller by re-INVITE and then dies, whatever it sent while it held.
#[test]
fn a_phone_that_dies_while_it_holds_is_noticed() {
    let zero = sdp(phone(1)).replace("c=IN IP4 10.0.2.1", "c=IN IP4 0.0.0.0");
    let holds = [
        ("sendonly, silent", with("a=sendonly\r\n"), false),
        ("sendonly, with music of its own", with("a=sendonly\r\n"), true),
        ("inactive", with("a=inactive\r\n"), false),
        ("c=0.0.0.0", zero, false),
        ("no hold", with(""), true),
    ];
    for (what, offer, plays) in holds {
        // At once, and after it has been on hold for long.
        for held_s in [0, 3, 95] {
            let mut house = House::new();
            house.bench.call();
            house.pass(Duration::from_secs(5));
            house.bench.offer_anew(phone(1), &offer);
            if !plays {
                house.talking.retain(|talking| *talking != phone(1));
            }
            house.pass(Duration::from_secs(held_s));
            assert!(house.bench.cdrs().is_empty(), "{what}: a phone that lives may hold");
            let since = house.vanishes(phone(1));
            house.ends(since, what);
            let cdr = house.bench.cdrs()[0];
            // The citizen is not left with the music: the flow goes on, here to its end.
            assert_eq!(cdr.cause, Cause::Answered, "{what}");
            assert_eq!(house.bench.requests("BYE", carrier()), 1, "{what}");
            if what != "no hold" {
                assert!(cdr.hold_ms >= held_s * 1_000, "{what}: held for {} ms", cdr.hold_ms);
            }
        }
    }
}

/// The same when the hold is ours, by command, and when it is the caller who dies.
#[test]
fn who_dies_on_our_hold_is_noticed() {
    for who in [phone(1), carrier()] {
        let mut house = House::new();
        house.bench.call();
        house.pass(Duration::from_secs(5));
        house.bench.command(Command::Hold { agent: AgentId::from("1") });
        house.pass(Duration::from_secs(30));
        let since = house.vanishes(who);
        house.ends(since, &who.to_string());
        let other = if who == carrier() { phone(1) } else { carrier() };
        assert_eq!(house.bench.requests("BYE", other), 1);
    }
}

/// A phone that is silent on hold for minutes and answers when it is asked keeps its call.
#[test]
fn a_phone_that_holds_in_silence_keeps_its_call() {
    for attribute in ["a=sendonly\r\n", "a=inactive\r\n"] {
        let mut house = House::new();
        let call = house.bench.call();
        house.pass(Duration::from_secs(5));
        house.bench.offer_anew(phone(1), &with(attribute));
        house.talking.retain(|talking| *talking != phone(1));
        house.pass(Duration::from_secs(180));
        assert!(house.bench.cdrs().is_empty(), "{attribute}");
        assert!(house.bench.requests("OPTIONS", phone(1)) >= 10, "{attribute}");
        house.bench.hang_up(&call);
        house.pass(Duration::from_secs(5));
        house.bench.check_empty();
    }
}

/// Speech that was under way when a silent phone began to hold does not end the watch over it.
#[test]
fn late_speech_ends_no_watch_over_a_phone_that_holds() {
    let mut house = House::new();
    house.bench.call();
    house.pass(Duration::from_secs(5));
    house.talking.retain(|talking| *talking != phone(1));
    house.pass(Duration::from_secs(15));
    assert!(house.bench.requests("OPTIONS", phone(1)) > 0, "it is silent");
    house.bench.offer_anew(phone(1), &with("a=inactive\r\n"));
    let stream = house.streams.iter().find(|(_, rtp)| rtp.ip() == phone(1).ip());
    let stream = stream.expect("the phone has a stream").0;
    house.bench.event(crate::call::Event::Media(media::Event::Heard { stream }));
    house.pass(Duration::from_secs(3));
    let since = house.vanishes(phone(1));
    house.ends(since, "a late packet");
}
