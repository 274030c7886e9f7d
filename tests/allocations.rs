//! What a packet costs: nothing is allocated for it (a test binary of its own, because counting
//! takes the allocator's place).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hotline::base::{Codec, Instant, Random, RecordingId, StreamId};
use hotline::media::{Command, Out, PlayId, Prompts, Remote, Settings, Socket, Worker};

const WARM: u16 = 100;
const COUNTED: u16 = 400;

struct Stage {
    worker: Worker,
    out: Out,
    now: Instant,
    seq: u16,
    most: u64,
}

fn address(party: u64) -> SocketAddr {
    format!("10.0.0.{party}:4000").parse().expect("an address")
}

fn remote(party: u64, codec: Codec) -> Remote {
    let rtp = address(party);
    Remote {
        rtp,
        rtcp: SocketAddr::new(rtp.ip(), 4_001),
        signalling_ip: rtp.ip(),
        codec,
        send_type: codec.payload_type(),
        receive_type: codec.payload_type(),
        telephone_event: Some((101, 101)),
        may_send: true,
        may_receive: true,
        ptime_ms: 20,
    }
}

/// One second of A-law.
fn prompts() -> Prompts {
    let mut file =
        b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x06\0\x01\0\x40\x1f\0\0\x40\x1f\0\0\x01\0\x08\0data"
            .to_vec();
    file.extend(8_000_u32.to_le_bytes());
    file.extend([0x55; 8_000]);
    Prompts::build([("", "sound", file)]).expect("a good WAV file")
}

impl Stage {
    /// Two parties of these codecs, bridged.
    fn set(a: Codec, b: Codec) -> Self {
        // Reports and figures are made every few seconds; they are not what a packet costs.
        let day = Duration::from_secs(86_400);
        let settings = Settings { stats_every: day, silence: day, ..Settings::default() };
        let worker = Worker::new(settings, Arc::new(prompts()), Random::from_number(1));
        let now = Instant::from_micros(1_000_000);
        let mut stage = Self { worker, out: Out::new(), now, seq: 0, most: 0 };
        for (party, codec) in [(1, a), (2, b)] {
            let (stream, remote) = (StreamId(party), remote(party, codec));
            stage.command(Command::Open { stream, port: 20_000, remote, expect_keys: true });
        }
        stage.command(Command::Bridge { a: StreamId(1), b: StreamId(2) });
        stage
    }

    fn command(&mut self, command: Command) {
        self.worker.command(self.now, command, &mut self.out);
    }

    /// A packet of each party with this payload, on their way, and the tick behind them.
    fn step(&mut self, types: [u8; 2], payload: &[u8]) {
        self.seq += 1;
        for (party, payload_type) in [1, 2].into_iter().zip(types) {
            let mut bytes = [0; 172];
            bytes[..2].copy_from_slice(&[0x80, payload_type]);
            bytes[2..4].copy_from_slice(&self.seq.to_be_bytes());
            bytes[4..8].copy_from_slice(&(u32::from(self.seq) * 160).to_be_bytes());
            bytes[11] = 9;
            let end = 12 + payload.len();
            bytes[12..end].copy_from_slice(payload);
            let socket = Socket { stream: StreamId(party), rtcp: false };
            let (now, from) = (self.now, address(party));
            let (worker, out) = (&mut self.worker, &mut self.out);
            let cost = allocation_counter::measure(|| {
                worker.packet(now, socket, from, &mut bytes[..end], out)
            });
            self.count(cost.count_total);
        }
    }

    fn count(&mut self, allocations: u64) {
        if self.seq > WARM {
            self.most = self.most.max(allocations);
        }
    }

    fn tick(&mut self) {
        self.now = self.now + Duration::from_millis(20);
        let (now, worker, out) = (self.now, &mut self.worker, &mut self.out);
        let cost = allocation_counter::measure(|| worker.tick(now, out));
        self.count(cost.count_total);
        self.clear();
    }

    fn clear(&mut self) {
        self.out.clear_sends();
        self.out.events.clear();
        self.out.blocks.clear();
    }
}

#[test]
fn a_bridged_packet_allocates_nothing() {
    for (a, b) in [(Codec::Pcma, Codec::Pcma), (Codec::Pcma, Codec::Pcmu)] {
        let mut stage = Stage::set(a, b);
        let mut sent = 0;
        for _ in 0..WARM + COUNTED {
            stage.step([a.payload_type(), b.payload_type()], &[0x55; 160]);
            sent += stage.out.sends.len();
            stage.tick();
        }
        assert_eq!(sent, 2 * usize::from(WARM + COUNTED), "all were passed on");
        assert_eq!(stage.most, 0, "{a:?} {b:?}: allocations of one packet or tick");
    }
}

#[test]
fn a_recorded_packet_allocates_nothing() {
    let mut stage = Stage::set(Codec::Pcma, Codec::Pcmu);
    let recording = RecordingId(ulid::Ulid::nil());
    let (left, right, at) = (StreamId(1), Some(StreamId(2)), stage.now);
    stage.command(Command::Record { recording, left, right, at });
    let mut blocks = 0;
    for _ in 0..WARM + COUNTED {
        stage.step([8, 0], &[0x55; 160]);
        stage.now = stage.now + Duration::from_millis(20);
        // The tick hands blocks of 200 ms over; those are made anew.
        let (now, worker, out) = (stage.now, &mut stage.worker, &mut stage.out);
        worker.tick(now, out);
        blocks += out.blocks.len();
        stage.clear();
    }
    assert!(blocks > 40, "{blocks}");
    assert_eq!(stage.most, 0, "allocations of one packet");
}

#[test]
fn keys_and_strangers_allocate_nothing() {
    let mut stage = Stage::set(Codec::Pcma, Codec::Pcma);
    let mut events = 0;
    for n in 0..WARM + COUNTED {
        let duration = (n % 10 + 1) * 160;
        let [high, low] = duration.to_be_bytes();
        stage.step([101, 101], &[5, 10, high, low]);
        let (now, worker, out) = (stage.now, &mut stage.worker, &mut stage.out);
        let socket = Socket { stream: StreamId(1), rtcp: false };
        let stranger = "192.0.2.66:9".parse().expect("an address");
        let mut noise = [0x80; 172];
        let cost =
            allocation_counter::measure(|| worker.packet(now, socket, stranger, &mut noise, out));
        stage.count(cost.count_total);
        events += stage.out.events.len();
        stage.tick();
    }
    assert!(events > 0);
    assert_eq!(stage.most, 0, "allocations of one packet or tick");
}

#[test]
fn a_tick_that_plays_allocates_nothing() {
    let mut stage = Stage::set(Codec::Pcma, Codec::Pcmu);
    let sound = prompts().find("", "sound").expect("it is there");
    for stream in [1, 2] {
        let (stream, play) = (StreamId(stream), PlayId(stream));
        let prompts = vec![sound];
        stage.command(Command::Play { stream, play, prompts, repeat: true, cut_by_key: true });
    }
    for _ in 0..WARM + COUNTED {
        stage.seq += 1;
        stage.tick();
    }
    assert_eq!(stage.most, 0, "allocations of one tick");
}
