use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Codec, Instant, Key, Random, StreamId};
use crate::media::presses::TelephoneEvent;
use crate::media::rtp::{self, Header, Packet};
use crate::media::wav::write_alaw;
use crate::media::{
    Block, Command, Departure, Event, Out, Place, PlayId, PromptId, Prompts, Remote, Settings,
    Socket, Worker,
};

/// A datagram that the worker sent.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub(super) at: Instant,
    pub(super) from: Socket,
    pub(super) to: SocketAddr,
    pub(super) bytes: Vec<u8>,
    pub(super) in_place: bool,
}

impl Sent {
    pub(super) fn rtp(&self) -> Packet {
        rtp::parse(&self.bytes).expect("what we send is RTP")
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.bytes[self.rtp().payload]
    }
}

/// A worker with a clock, and everything that came out of it.
pub(super) struct Studio {
    pub(super) worker: Worker,
    pub(super) now: Instant,
    pub(super) prompts: Arc<Prompts>,
    pub(super) sent: Vec<Sent>,
    pub(super) events: Vec<Event>,
    pub(super) blocks: Vec<Block>,
    pub(super) departures: Vec<Departure>,
    out: Out,
}

/// The prompt `short` lasts 100 ms, `long` 1 s; their bytes count up.
pub(super) fn prompts() -> Arc<Prompts> {
    let counting = |n: usize| (0..n).map(|b| u8::try_from(b % 251).unwrap()).collect::<Vec<u8>>();
    let files =
        [("", "short", write_alaw(&counting(800))), ("", "long", write_alaw(&counting(8_000)))];
    Arc::new(Prompts::build(files).unwrap())
}

pub(super) fn address(party: u64) -> SocketAddr {
    format!("10.0.0.{party}:4000").parse().unwrap()
}

pub(super) fn remote(party: u64, codec: Codec) -> Remote {
    let rtp = address(party);
    Remote {
        rtp,
        rtcp: SocketAddr::new(rtp.ip(), rtp.port() + 1),
        signalling_ip: rtp.ip(),
        codec,
        send_type: codec.payload_type(),
        receive_type: codec.payload_type(),
        telephone_event: Some((101, 96)),
        may_send: true,
        may_receive: true,
        ptime_ms: 20,
    }
}

impl Studio {
    pub(super) fn new() -> Self {
        Self::with(Settings { fill_silence: false, ..Settings::default() })
    }

    pub(super) fn with(settings: Settings) -> Self {
        let prompts = prompts();
        Self {
            worker: Worker::new(settings, prompts.clone(), Random::from_number(1)),
            now: Instant::from_micros(1_000_000_000),
            prompts,
            sent: Vec::new(),
            events: Vec::new(),
            blocks: Vec::new(),
            departures: Vec::new(),
            out: Out::new(),
        }
    }

    pub(super) fn prompt(&self, id: &str) -> PromptId {
        self.prompts.find("", id).unwrap()
    }

    fn collect(&mut self, received: &[u8]) {
        for send in &self.out.sends {
            let (bytes, in_place) = match &send.place {
                Place::Made(range) => (&self.out.arena[range.clone()], false),
                Place::Received { range, .. } => (&received[range.clone()], true),
            };
            let bytes = bytes.to_vec();
            self.sent.push(Sent { at: self.now, from: send.from, to: send.to, bytes, in_place });
        }
        self.out.clear_sends();
        self.events.append(&mut self.out.events);
        self.blocks.append(&mut self.out.blocks);
        self.departures.append(&mut self.out.departures);
    }

    pub(super) fn command(&mut self, command: Command) {
        self.worker.command(self.now, command, &mut self.out);
        self.collect(&[]);
    }

    /// Takes in what another worker handed over.
    pub(super) fn arrive(&mut self, departure: Departure) {
        self.worker.arrive(self.now, departure.company, &mut self.out);
        self.collect(&[]);
    }

    pub(super) fn open(&mut self, stream: u64, remote: Remote) {
        let stream = StreamId(stream);
        self.command(Command::Open { stream, port: 20_000, remote, expect_keys: false });
    }

    pub(super) fn play(
        &mut self,
        stream: u64,
        play: u64,
        ids: &[&str],
        repeat: bool,
        cut_by_key: bool,
    ) {
        let prompts = ids.iter().map(|id| self.prompt(id)).collect();
        let (stream, play) = (StreamId(stream), PlayId(play));
        self.command(Command::Play { stream, play, prompts, repeat, cut_by_key });
    }

    pub(super) fn bridge(&mut self, a: u64, b: u64) {
        self.command(Command::Bridge { a: StreamId(a), b: StreamId(b) });
    }

    /// Lets time pass, with ticks where the worker wants them.
    pub(super) fn until(&mut self, at: Instant) {
        while let Some(due) = self.worker.deadline().filter(|due| *due <= at) {
            self.now = self.now.max(due);
            self.worker.tick(self.now, &mut self.out);
            self.collect(&[]);
        }
        self.now = self.now.max(at);
    }

    pub(super) fn run(&mut self, ms: u64) {
        self.until(self.now + Duration::from_millis(ms));
    }

    pub(super) fn receive(&mut self, stream: u64, from: SocketAddr, mut bytes: Vec<u8>) {
        let socket = Socket { stream: StreamId(stream), rtcp: false };
        self.worker.packet(self.now, socket, from, &mut bytes, &mut self.out);
        self.collect(&bytes);
    }

    pub(super) fn receive_rtcp(&mut self, stream: u64, from: SocketAddr, mut bytes: Vec<u8>) {
        let socket = Socket { stream: StreamId(stream), rtcp: true };
        self.worker.packet(self.now, socket, from, &mut bytes, &mut self.out);
        self.collect(&bytes);
    }

    /// RTP that was sent to one party.
    pub(super) fn sent_to(&self, party: u64) -> Vec<Sent> {
        let to = address(party);
        self.sent.iter().filter(|sent| sent.to == to && !sent.from.rtcp).cloned().collect()
    }

    pub(super) fn keys(&self) -> String {
        self.events
            .iter()
            .filter_map(|event| match event {
                Event::Key { key, .. } => Some(key.as_char()),
                _ => None,
            })
            .collect()
    }
}

/// Someone who sends RTP.
#[derive(Clone, Debug)]
pub(super) struct Voice {
    pub(super) ssrc: u32,
    pub(super) seq: u16,
    pub(super) ts: u32,
    pub(super) payload_type: u8,
}

impl Voice {
    pub(super) fn new(ssrc: u32) -> Self {
        Self { ssrc, seq: 65_530, ts: u32::MAX - 500, payload_type: 8 }
    }

    pub(super) fn say(&mut self, payload: &[u8]) -> Vec<u8> {
        let bytes = self.packet(self.payload_type, self.ts, payload);
        self.ts = self.ts.wrapping_add(u32::try_from(payload.len()).unwrap());
        bytes
    }

    fn packet(&mut self, payload_type: u8, ts: u32, payload: &[u8]) -> Vec<u8> {
        let header = Header { ssrc: self.ssrc, seq: self.seq, ts, mark: false, payload_type };
        self.seq = self.seq.wrapping_add(1);
        let mut bytes = header.bytes().to_vec();
        bytes.extend(payload);
        bytes
    }

    /// The packets of one press of 100 ms, 20 ms apart; the last three come together.
    pub(super) fn press(&mut self, key: char) -> Vec<Vec<u8>> {
        let event = Key::try_from(key).unwrap().event();
        let ts = self.ts;
        let packets = (1..=8_u16)
            .map(|n| {
                let duration = n.min(6) * 160;
                let event = TelephoneEvent { event, end: n > 5, volume: 10, duration };
                self.packet(96, ts, &event.bytes())
            })
            .collect();
        self.ts = self.ts.wrapping_add(960);
        packets
    }
}
