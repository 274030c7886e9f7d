use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, unbounded};

use crate::base::{Codec, Instant, Key, Random, RecordingId, StreamId};
use crate::media::{Block, Command, Event, Failure, Ports, Prompts, Remote};
use crate::node::Clock;
use crate::node::media::{MediaThreads, Settings};

/// Nothing that is waited for here takes longer, unless it never comes.
const GUARD: Duration = Duration::from_secs(10);

struct Stage {
    clock: Clock,
    threads: MediaThreads,
    ports: Ports,
    events: Receiver<Event>,
    blocks: Receiver<Block>,
}

impl Stage {
    fn set(first: u16, last: u16) -> Self {
        Self::with(Settings { ports: (first, last), ..Settings::on(Ipv4Addr::LOCALHOST.into()) })
    }

    fn with(mut settings: Settings) -> Self {
        let (to_events, events) = unbounded();
        let (to_blocks, blocks) = unbounded();
        let clock = Clock::start(Instant::from_micros(5_000_000));
        settings.worker.fill_silence = false;
        let threads = MediaThreads::start(
            settings,
            clock,
            Arc::new(Prompts::default()),
            Random::from_number(1),
            to_events,
            to_blocks,
        )
        .unwrap();
        let ports = threads.ports();
        Self { clock, threads, ports, events, blocks }
    }

    fn send(&self, command: Command) {
        self.send_to(0, command);
    }

    fn send_to(&self, worker: usize, command: Command) {
        self.threads.send(worker, command).unwrap();
    }

    /// Opens a stream for a party; where it is reached.
    fn open(&mut self, stream: u64, party: &UdpSocket) -> SocketAddr {
        self.open_at(0, stream, party)
    }

    fn open_at(&mut self, worker: usize, stream: u64, party: &UdpSocket) -> SocketAddr {
        let port = self.ports.take(self.clock.now(), worker).unwrap();
        let (stream, remote) = (StreamId(stream), remote(party));
        self.send_to(worker, Command::Open { stream, port, remote, expect_keys: false });
        SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)
    }

    /// Waits until all commands so far are done.
    fn settle(&self) {
        self.settle_at(0);
    }

    fn settle_at(&self, worker: usize) {
        self.send_to(worker, Command::Stop { stream: StreamId(77) });
        self.until(|event| matches!(event, Event::Failed { stream: StreamId(77), .. }));
    }

    fn until(&self, mut wanted: impl FnMut(&Event) -> bool) -> Event {
        loop {
            let event = self.events.recv_timeout(GUARD).expect("the event comes");
            if wanted(&event) {
                return event;
            }
        }
    }
}

fn remote(party: &UdpSocket) -> Remote {
    let rtp = party.local_addr().unwrap();
    Remote {
        rtp,
        // Nobody listens there.
        rtcp: SocketAddr::new(rtp.ip(), 9),
        signalling_ip: rtp.ip(),
        codec: Codec::Pcma,
        send_type: 8,
        receive_type: 8,
        telephone_event: Some((101, 101)),
        may_send: true,
        may_receive: true,
        ptime_ms: 20,
    }
}

fn party() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(GUARD)).unwrap();
    socket
}

fn packet(payload_type: u8, seq: u16, payload: &[u8]) -> Vec<u8> {
    let [high, low] = seq.to_be_bytes();
    let mut bytes = vec![0x80, payload_type, high, low, 0, 0];
    bytes.extend((seq * 160).to_be_bytes());
    bytes.extend([0, 0, 0, 9]);
    bytes.extend(payload);
    bytes
}

#[test]
fn two_parties_talk_through_real_sockets_and_are_recorded() {
    let mut stage = Stage::set(38_400, 38_407);
    let (a, b) = (party(), party());
    let (to_a, to_b) = (stage.open(1, &a), stage.open(2, &b));
    stage.send(Command::Bridge { a: StreamId(1), b: StreamId(2) });
    let recording = RecordingId(ulid::Ulid::nil());
    let (left, right, at) = (StreamId(1), Some(StreamId(2)), stage.clock.now());
    stage.send(Command::Record { recording, left, right, at });
    stage.settle();
    let mut buffer = [0; 2_048];
    for seq in 0..50_u16 {
        let [_, low] = seq.to_be_bytes();
        a.send_to(&packet(8, seq, &[low; 160]), to_a).unwrap();
        let (length, from) = b.recv_from(&mut buffer).unwrap();
        assert_eq!((length, from, &buffer[12..172]), (172, to_b, &[low; 160][..]));
        b.send_to(&packet(8, seq, &[low + 100; 160]), to_b).unwrap();
        let (length, from) = a.recv_from(&mut buffer).unwrap();
        assert_eq!((length, from, &buffer[12..172]), (172, to_a, &[low + 100; 160][..]));
    }
    a.send_to(&packet(101, 50, &[5, 10, 0, 160]), to_a).unwrap();
    let key = Key::from_event(5).unwrap();
    stage.until(|event| *event == Event::Key { stream: StreamId(1), key });
    let end = stage.clock.now();
    stage.send(Command::StopRecord { recording, at: end });
    let stopped = stage.until(|event| matches!(event, Event::RecordStopped { .. }));
    let Event::RecordStopped { samples, .. } = stopped else { panic!() };
    assert!(samples.abs_diff(u64::try_from(end.since(at).as_micros()).unwrap() / 125) <= 1);
    let last = stage.blocks.recv_timeout(GUARD).unwrap();
    assert!(last.last && last.end() == samples);
    // Closed: the final figures come, the port is dead, and may be taken again.
    stage.send(Command::Close { stream: StreamId(1) });
    let closed = stage.until(|event| matches!(event, Event::Stats { last: true, .. }));
    let Event::Stats { stats, .. } = closed else { panic!() };
    assert_eq!((stats.received, stats.sent, stats.lost), (51, 50, 0));
    a.send_to(&packet(8, 60, &[1; 160]), to_a).unwrap();
    let now = stage.clock.now() + Duration::from_secs(60);
    stage.ports.give_back(stage.clock.now(), to_a.port());
    assert!(std::iter::from_fn(|| stage.ports.take(now, 0)).any(|port| port == to_a.port()));
    let c = party();
    let remote = remote(&c);
    let stream = StreamId(3);
    let port = to_a.port();
    stage.send(Command::Open { stream, port, remote: remote.clone(), expect_keys: false });
    stage.send(Command::Echo { stream, on: true });
    stage.settle();
    c.send_to(&packet(8, 1, &[42; 160]), to_a).unwrap();
    let (length, _) = c.recv_from(&mut buffer).unwrap();
    assert_eq!(&buffer[12..length], [42; 160]);
    // The same port for one more stream is refused.
    stage.send(Command::Open { stream: StreamId(4), port, remote, expect_keys: false });
    stage.until(|event| *event == Event::Failed { stream: StreamId(4), why: Failure::NoPort });
}

/// Calls that were born on different threads are joined: one side moves with its sockets, and no
/// packet is lost, however often that happens in the middle of the talk.
#[test]
fn a_stream_moves_to_another_thread_with_its_sockets() {
    let mut stage = Stage::with(Settings {
        ports: (38_470, 38_485),
        workers: 2,
        ..Settings::on(Ipv4Addr::LOCALHOST.into())
    });
    let (a, b) = (party(), party());
    let (to_a, to_b) = (stage.open_at(0, 1, &a), stage.open_at(1, 2, &b));
    // What a socket gets before its stream is open is stale and thrown away.
    stage.settle_at(0);
    stage.settle_at(1);
    let (left, right, at) = (StreamId(1), StreamId(2), stage.clock.now());
    let recording = RecordingId(ulid::Ulid::nil());
    stage.send_to(0, Command::Record { recording, left, right: None, at });
    let mut buffer = [0; 2_048];
    let mut seq = 0;
    let mut rows = [None, None];
    let mut here = 0;
    for round in 0..20 {
        let there = 1 - here;
        let moving = if round == 0 {
            vec![(left, to_a.port())]
        } else {
            vec![(left, to_a.port()), (right, to_b.port())]
        };
        let streams = moving.iter().map(|(stream, _)| *stream).collect();
        stage.send_to(there, Command::Await { streams });
        for (_, port) in &moving {
            stage.ports.hand_over(*port, there);
        }
        stage.send_to(here, Command::Leave { streams: moving, to: there });
        if round == 0 {
            stage.send_to(there, Command::Bridge { a: left, b: right });
            let right = Some(right);
            stage.send_to(there, Command::Record { recording, left, right, at });
            stage.settle_at(there);
        }
        here = there;
        // Nobody waits for the move: these packets come before, in and after it.
        for _ in 0..10 {
            seq += 1;
            for (from, to, at, mark, row) in [(&a, to_a, &b, 42, 0), (&b, to_b, &a, 43, 1)] {
                from.send_to(&packet(8, seq, &[mark; 160]), to).unwrap();
                let (length, _) = at.recv_from(&mut buffer).unwrap_or_else(|error| {
                    let said: Vec<Event> = stage.events.try_iter().collect();
                    panic!("round {round}, packet {seq}: {error}; the workers said {said:?}")
                });
                assert_eq!(&buffer[12..length], [mark; 160]);
                let number = u16::from_be_bytes([buffer[2], buffer[3]]);
                if let Some(before) = rows[row] {
                    assert_eq!(number.wrapping_sub(before), 1, "round {round}");
                }
                rows[row] = Some(number);
            }
        }
    }
    let end = stage.clock.now();
    stage.send_to(here, Command::StopRecord { recording, at: end });
    let stopped = stage.until(|event| matches!(event, Event::RecordStopped { .. }));
    let Event::RecordStopped { samples, .. } = stopped else { panic!() };
    let mut length = 0;
    while length < samples {
        let block = stage.blocks.recv_timeout(GUARD).unwrap();
        assert_eq!(block.first_sample, length, "blocks of both threads touch");
        length = block.end();
    }
    for stream in [left, right] {
        stage.send_to(here, Command::Close { stream });
        let closed = stage.until(|event| matches!(event, Event::Stats { last: true, .. }));
        let Event::Stats { stats, .. } = closed else { panic!() };
        assert_eq!((stats.received, stats.sent, stats.lost), (200, 200, 0));
    }
    // Each port is given back to the thread that has its sockets.
    let now = stage.clock.now() + Duration::from_secs(60);
    for to in [to_a, to_b] {
        stage.ports.give_back(stage.clock.now(), to.port());
        assert!(std::iter::from_fn(|| stage.ports.take(now, here)).any(|port| port == to.port()));
        let (c, stream) = (party(), StreamId(u64::from(to.port())));
        let (port, remote) = (to.port(), remote(&c));
        stage.send_to(here, Command::Open { stream, port, remote, expect_keys: false });
        stage.send_to(here, Command::Echo { stream, on: true });
        stage.settle_at(here);
        c.send_to(&packet(8, 1, &[42; 160]), to).unwrap();
        let (length, _) = c.recv_from(&mut buffer).unwrap();
        assert_eq!(&buffer[12..length], [42; 160]);
    }
}

/// R26: a stream whose step panics is closed and told; the others keep their audio.
#[test]
fn a_stream_that_panics_costs_no_other_its_audio() {
    let mut stage = Stage::set(38_440, 38_451);
    let (a, b) = (party(), party());
    let (to_a, to_b) = (stage.open(1, &a), stage.open(2, &b));
    stage.send(Command::Bridge { a: StreamId(1), b: StreamId(2) });
    stage.settle();
    let mut buffer = [0; 2_048];
    let mut seq = 0;
    let mut talks = || {
        for _ in 0..5 {
            seq += 1;
            for (from, to, at, mark) in [(&a, to_a, &b, 42), (&b, to_b, &a, 43)] {
                from.send_to(&packet(8, seq, &[mark; 160]), to).unwrap();
                let (length, _) = at.recv_from(&mut buffer).unwrap();
                assert_eq!(&buffer[12..length], [mark; 160]);
            }
        }
    };
    talks();
    for (stream, fault) in [(3, "break the packet"), (4, "break the tick")] {
        let victim = party();
        let to = stage.open(stream, &victim);
        let stream = StreamId(stream);
        stage.send(Command::Echo { stream, on: true });
        let tone = crate::media::Tone::Ringback;
        stage.send(Command::Tone { stream, tone, ms: None });
        stage.settle();
        victim.send_to(&packet(8, 1, fault.as_bytes()), to).unwrap();
        stage.until(|event| *event == Event::Failed { stream, why: Failure::Internal });
        talks();
        // Its port is free for another, once the core has given it back.
        stage.ports.give_back(stage.clock.now(), to.port());
    }
    let panics = &stage.threads.counters().panics;
    assert_eq!(panics.load(std::sync::atomic::Ordering::Relaxed), 2);
    talks();
}

/// Packets that gather are passed on like any others, and the thread wakes less often than they
/// come: after each wake that brought some it waits.
#[test]
fn packets_may_gather_and_none_is_lost() {
    let gather = Duration::from_millis(1);
    let mut stage = Stage::with(Settings {
        ports: (38_490, 38_497),
        gather,
        ..Settings::on(Ipv4Addr::LOCALHOST.into())
    });
    let (a, b) = (party(), party());
    let (to_a, _) = (stage.open(1, &a), stage.open(2, &b));
    stage.send(Command::Bridge { a: StreamId(1), b: StreamId(2) });
    stage.settle();
    let wakes = || stage.threads.counters().wakes.load(std::sync::atomic::Ordering::Relaxed);
    let (began, woken) = (stage.clock.now(), wakes());
    let mut buffer = [0; 2_048];
    for seq in 0..400_u16 {
        let [_, low] = seq.to_be_bytes();
        a.send_to(&packet(8, seq, &[low; 160]), to_a).unwrap();
        // As many on their way as the socket holds for certain.
        if seq % 50 == 49 {
            for seq in seq - 49..=seq {
                let [_, low] = seq.to_be_bytes();
                let (length, _) = b.recv_from(&mut buffer).unwrap();
                assert_eq!(&buffer[12..length], [low; 160], "in order");
            }
        }
    }
    let passed = stage.clock.now().since(began);
    let (times, ticks) = (wakes() - woken, passed.as_millis() / 20 + 2);
    // Each wait lasts for `gather` at least, so a slow machine only makes room for more.
    let most = passed.as_micros() / gather.as_micros() + ticks + 2;
    assert!(u128::from(times) <= most, "{times} wakes in {passed:?}");
}

#[test]
fn a_range_that_is_taken_is_refused_with_its_reason() {
    let taken = UdpSocket::bind("127.0.0.1:38430").unwrap();
    let (events, _) = unbounded();
    let (blocks, _) = unbounded();
    let settings = Settings { ports: (38_430, 38_431), ..Settings::on(Ipv4Addr::LOCALHOST.into()) };
    let clock = Clock::start(Instant::ZERO);
    let prompts = Arc::new(Prompts::default());
    let error =
        MediaThreads::start(settings, clock, prompts, Random::from_number(1), events, blocks)
            .unwrap_err()
            .to_string();
    assert!(error.starts_with("no pair of UDP ports 38430-38431 on 127.0.0.1"), "{error}");
    drop(taken);
}
