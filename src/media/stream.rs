use std::net::SocketAddr;
use std::ops::Range;

use arrayvec::ArrayVec;

use crate::base::{Codec, Instant, Key, StreamId};
use crate::media::detector::Detector;
use crate::media::dialler::{Dialler, Step};
use crate::media::heard::{Heard, Sound};
use crate::media::latch::Latch;
use crate::media::line_tone::LineTones;
use crate::media::player::{Filled, Player};
use crate::media::presses::{Presses, TelephoneEvent};
use crate::media::recording::Track;
use crate::media::rtcp::{Reports, Sending};
use crate::media::rtp::{self, HEADER, Header};
use crate::media::samples::{self, TICK_SAMPLES};
use crate::media::sender::{Foreign, Sender};
use crate::media::source::{Source, Verdict};
use crate::media::timeline::Timeline;
use crate::media::watch::Watch;
use crate::media::{Event, Out, Place, Prompts, Remote, Send, Settings, Socket, Stats, g711};

/// Longest speech of one packet that is taken: 120 ms.
const SPEECH_MAX: usize = 960;
/// How long the tones of a key last that came as an event: nobody waits for the event's end.
const PASSED_ON_MS: u32 = 100;
/// Recordings that one stream may be in.
const TRACKS_MAX: usize = 4;

/// One party's media.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    id: StreamId,
    remote: Remote,
    rtp: Latch,
    rtcp: Latch,
    source: Source,
    timeline: Timeline,
    presses: Presses,
    /// There while keys are listened for in the speech.
    detector: Option<Box<Detector>>,
    /// Tones of the party's network.
    pub(crate) line_tones: LineTones,
    sender: Sender,
    player: Player,
    dialler: Dialler,
    watch: Watch,
    reports: Reports,
    next_report: Instant,
    /// Ticks of one packet that is made here, and how many of them have passed.
    frame: (u8, u8),
    strangers: u64,
    unread: u64,
    keys: u64,
    /// Whom this party is forwarded to: a place among the worker's streams.
    to: Option<usize>,
    /// The recordings this party is in: places among the worker's.
    tracks: ArrayVec<(usize, Track), TRACKS_MAX>,
}

impl Stream {
    /// A stream that begins at `now`.
    pub(crate) fn new(
        now: Instant,
        id: StreamId,
        remote: Remote,
        random: u64,
        settings: &Settings,
    ) -> Self {
        Self {
            id,
            rtp: Latch::new(remote.rtp, remote.signalling_ip),
            rtcp: Latch::new(remote.rtcp, remote.signalling_ip),
            source: Source::default(),
            timeline: Timeline::default(),
            presses: Presses::default(),
            detector: None,
            line_tones: LineTones::default(),
            sender: Sender::new(now, random),
            player: Player::Idle,
            dialler: Dialler::default(),
            watch: Watch::new(now),
            reports: Reports::default(),
            next_report: now + settings.stats_every,
            frame: (frame_ticks(remote.ptime_ms), 0),
            strangers: 0,
            unread: 0,
            keys: 0,
            to: None,
            tracks: ArrayVec::new(),
            remote,
        }
    }

    /// Which.
    pub(crate) fn id(&self) -> StreamId {
        self.id
    }

    /// Another agreement.
    pub(crate) fn agree(&mut self, now: Instant, remote: Remote) {
        self.rtp.agree(remote.rtp, remote.signalling_ip);
        self.rtcp.agree(remote.rtcp, remote.signalling_ip);
        if remote.may_send && !self.remote.may_send {
            self.watch.resume(now);
        }
        self.frame = (frame_ticks(remote.ptime_ms), 0);
        self.remote = remote;
    }

    /// What plays from now on.
    pub(crate) fn play(&mut self, player: Player) {
        self.player = player;
        self.frame.1 = 0;
    }

    /// Whether something made here plays.
    pub(crate) fn is_playing(&self) -> bool {
        self.player.is_playing()
    }

    /// Listens for keys in the speech, or no more.
    pub(crate) fn expect_keys(&mut self, on: bool) {
        let wanted = on && !self.presses.has_events();
        if wanted != self.detector.is_some() {
            self.detector = wanted.then(|| Box::new(Detector::new()));
        }
    }

    /// Sends a key; false when too many wait.
    pub(crate) fn send_key(&mut self, key: Key, ms: u32) -> bool {
        self.dialler.push(key, ms)
    }

    /// Whom this party is forwarded to.
    pub(crate) fn to(&self) -> Option<usize> {
        self.to
    }

    /// Forwards this party to another, to itself, or to nobody; who is forwarded to whom is mutual.
    pub(crate) fn lead(&mut self, to: Option<usize>) {
        self.to = to;
        self.sender.leave();
    }

    /// What is forwarded to this party begins anew: packets in between were left out on purpose.
    pub(crate) fn begin_anew(&mut self) {
        self.sender.leave();
    }

    /// The recordings this party is in.
    pub(crate) fn tracks(&self) -> &[(usize, Track)] {
        &self.tracks
    }

    /// Puts this party into a recording; false when it is in too many.
    pub(crate) fn join(&mut self, recording: usize, track: Track) -> bool {
        self.tracks.try_push((recording, track)).is_ok()
    }

    /// Takes this party out of a recording.
    pub(crate) fn part(&mut self, recording: usize) {
        self.tracks.retain(|(of, _)| *of != recording);
    }

    /// Takes an RTP datagram; what was heard with it.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        settings: &Settings,
        out: &mut Out,
    ) -> Option<Heard> {
        let Some(packet) = rtp::parse(bytes).filter(|packet| !is_rtcp(packet.payload_type)) else {
            self.unread += 1;
            return None;
        };
        if !self.rtp.admit(now, from, settings.relatch_after) {
            self.strangers += 1;
            return None;
        }
        let payload = bytes.get(packet.payload.clone())?;
        let length = payload.len();
        let events = self.remote.telephone_event.map(|(_, receive)| receive);
        let event =
            (events == Some(packet.payload_type)).then(|| TelephoneEvent::parse(payload)).flatten();
        let is_speech =
            packet.payload_type == self.remote.receive_type && (1..=SPEECH_MAX).contains(&length);
        let verdict = self.source.take(now, packet.ssrc, packet.seq, packet.ts, is_speech);
        if matches!(verdict, Verdict::Repeated | Verdict::Doubtful) || !self.remote.may_send {
            return None;
        }
        if self.watch.heard(now) {
            out.events.push(Event::Heard { stream: self.id });
        }
        let mut count = 0;
        let sound = if let Some(event) = event {
            count = u32::from(event.duration);
            let press = self.presses.event(now, packet.ssrc, packet.ts, event);
            if let Some(key) = press {
                self.press(key, out);
            }
            if self.presses.has_events() {
                self.detector = None;
            }
            Sound::Event { press }
        } else if is_speech {
            count = u32::try_from(length).unwrap_or(0);
            if verdict != Verdict::Late {
                self.listen(now, payload, out);
                if let Some(tone) = self.line_tones.hear(packet.ts, self.remote.codec, payload) {
                    out.events.push(Event::LineTone { stream: self.id, tone });
                }
            }
            let arrival = i64::try_from(samples::at(now)).unwrap_or(i64::MAX);
            let placed = self.timeline.place(arrival, packet.ssrc, packet.seq, packet.ts, count);
            Sound::Speech { codec: self.remote.codec, placed }
        } else {
            self.unread += 1;
            Sound::Other
        };
        let numbers = Foreign {
            ssrc: packet.ssrc,
            seq: packet.seq,
            ts: packet.ts,
            mark: packet.mark,
            samples: count,
            event: event.is_some(),
        };
        Some(Heard { numbers, sound, payload: packet.payload })
    }

    /// Takes an RTCP datagram.
    pub(crate) fn receive_rtcp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        settings: &Settings,
    ) {
        if !self.rtcp.admit(now, from, settings.relatch_after) {
            self.strangers += 1;
        } else if !self.reports.take(now, self.sender.ssrc(), bytes) {
            self.unread += 1;
        }
    }

    fn listen(&mut self, now: Instant, payload: &[u8], out: &mut Out) {
        let Some(mut detector) = self.detector.take() else { return };
        for byte in payload {
            let key = detector.hear(g711::to_linear(self.remote.codec, *byte));
            if let Some(key) = key.and_then(|key| self.presses.heard(now, key)) {
                self.press(key, out);
            }
        }
        self.detector = Some(detector);
    }

    fn press(&mut self, key: Key, out: &mut Out) {
        self.keys += 1;
        self.player.key();
        out.events.push(Event::Key { stream: self.id, key });
    }

    /// Sends what was heard from another party (or this one) on, rewritten in its own buffer.
    pub(crate) fn forward(&mut self, now: Instant, heard: &Heard, bytes: &mut [u8], out: &mut Out) {
        let covered = self.player.is_playing() || !self.remote.may_receive;
        if let Sound::Event { press: Some(key) } = heard.sound
            && !covered
            && self.remote.telephone_event.is_none()
        {
            // As tones, after those that wait. When too many wait it is lost like one never heard.
            let _ = self.dialler.push(key, PASSED_ON_MS);
        }
        let covered = covered || self.dialler.is_busy();
        let Some(to) = self.rtp.target().filter(|_| !covered) else {
            self.sender.leave();
            return;
        };
        let start = heard.payload.start;
        let (payload_type, end) = match (heard.sound, self.remote.telephone_event) {
            (Sound::Speech { codec, .. }, _) => {
                g711::convert(codec, self.remote.codec, &mut bytes[heard.payload.clone()]);
                (self.remote.send_type, heard.payload.end)
            }
            (Sound::Event { .. }, Some((payload_type, _))) => (payload_type, start + 4),
            (Sound::Event { .. }, None) | (Sound::Other, _) => {
                self.sender.skip(heard.numbers);
                return;
            }
        };
        let octets = u32::try_from(end - start).unwrap_or(0);
        let Some(header) = self.sender.foreign(now, heard.numbers, payload_type, octets) else {
            return;
        };
        bytes[start - HEADER..start].copy_from_slice(&header.bytes());
        let place = Place::Received { slot: out.slot, range: start - HEADER..end };
        out.sends.push(Send { from: self.socket(false), to, place });
    }

    /// Does what is due at a tick. Where in `out.arena` the sound lies that was played, if any.
    pub(crate) fn tick(
        &mut self,
        at: Instant,
        prompts: &Prompts,
        settings: &Settings,
        out: &mut Out,
    ) -> Option<(Codec, Range<usize>)> {
        if self.remote.may_send
            && let Some(since) = self.watch.silent(at, settings.silence)
        {
            out.events.push(Event::Silent { stream: self.id, since });
        }
        if at >= self.next_report {
            self.next_report = at + settings.stats_every;
            let stats = Box::new(self.stats());
            out.events.push(Event::Stats { stream: self.id, stats, last: false });
            self.report(at, out);
        }
        if self.dialler.is_busy() && self.dial(at, out) {
            return None;
        }
        self.frame.1 += 1;
        if self.frame.1 < self.frame.0 {
            return None;
        }
        self.frame.1 = 0;
        self.sound(at, prompts, settings.fill_silence, out)
    }

    /// One packet of what plays, or of silence.
    fn sound(
        &mut self,
        at: Instant,
        prompts: &Prompts,
        fill_silence: bool,
        out: &mut Out,
    ) -> Option<(Codec, Range<usize>)> {
        let codec = self.remote.codec;
        let start = out.arena.len();
        let first = start + HEADER;
        let end = first + TICK_SAMPLES * usize::from(self.frame.0);
        out.arena.resize(end, 0);
        let filled = self.player.fill(prompts, codec, &mut out.arena[first..end]);
        if let Filled::Ended(play) = filled {
            out.events.push(Event::PlayEnded { stream: self.id, play });
        }
        let is_sound = filled == Filled::Sound;
        let fills = is_sound || (fill_silence && self.to.is_none());
        let target = self.rtp.target().filter(|_| fills && self.remote.may_receive);
        let Some(to) = target else {
            out.arena.truncate(start);
            return None;
        };
        if !is_sound {
            out.arena[first..end].fill(g711::silence(codec));
        }
        let count = u32::try_from(end - first).unwrap_or(0);
        let header = self.sender.own(at, self.remote.send_type, count);
        out.arena[start..first].copy_from_slice(&header.bytes());
        out.sends.push(Send { from: self.socket(false), to, place: Place::Made(start..end) });
        is_sound.then_some((codec, first..end))
    }

    /// One step of sending keys; false when this tick is free for other sound.
    fn dial(&mut self, at: Instant, out: &mut Out) -> bool {
        let target = self.rtp.target().filter(|_| self.remote.may_receive);
        let events = self.remote.telephone_event.map(|(send, _)| send);
        let sender = &mut self.sender;
        let (header, payload): (Header, ArrayVec<u8, TICK_SAMPLES>) = match self
            .dialler
            .step(events.is_some(), || sender.event_begin(at))
        {
            Step::Nothing => return false,
            _ if target.is_none() => return true,
            Step::Event { ts, mark, event } => {
                let Some(payload_type) = events else { return true };
                let lasted = u32::from(event.duration);
                (sender.event(payload_type, ts, mark, lasted), event.bytes().into_iter().collect())
            }
            Step::Tones(tones) => {
                let mut chunk = ArrayVec::from([0; TICK_SAMPLES]);
                tones.fill(self.remote.codec, &mut chunk);
                (sender.own(at, self.remote.send_type, samples::TICK_TS), chunk)
            }
        };
        if let Some(to) = target {
            let start = out.arena.len();
            out.arena.extend_from_slice(&header.bytes());
            out.arena.extend_from_slice(&payload);
            let place = Place::Made(start..out.arena.len());
            out.sends.push(Send { from: self.socket(false), to, place });
        }
        true
    }

    fn report(&mut self, now: Instant, out: &mut Out) {
        let Some(to) = self.rtcp.target() else { return };
        let sending = Sending {
            ssrc: self.sender.ssrc(),
            ts: self.sender.clock(now),
            packets: self.sender.sent,
            octets: self.sender.octets,
        };
        let Some(report) = self.reports.write(now, sending, self.source.report()) else { return };
        let start = out.arena.len();
        out.arena.extend_from_slice(&report);
        let place = Place::Made(start..out.arena.len());
        out.sends.push(Send { from: self.socket(true), to, place });
    }

    /// The figures.
    pub(crate) fn stats(&self) -> Stats {
        Stats {
            received: self.source.received,
            sent: self.sender.sent,
            lost: self.source.lost(),
            repeated: self.source.repeated,
            late: self.source.late,
            strangers: self.strangers,
            unread: self.unread,
            jitter_us: self.source.jitter_us(),
            far_loss: self.reports.far_loss,
            far_jitter_us: self.reports.far_jitter_us,
            round_trip_us: self.reports.round_trip_us,
            keys: self.keys,
            source: self.rtp.source(),
        }
    }

    fn socket(&self, rtcp: bool) -> Socket {
        Socket { stream: self.id, rtcp }
    }
}

/// Ticks of one packet.
fn frame_ticks(ptime_ms: u8) -> u8 {
    match ptime_ms {
        40 => 2,
        60 => 3,
        _ => 1,
    }
}

/// Payload types that are RTCP's when a marker is set (RFC 5761 §4).
fn is_rtcp(payload_type: u8) -> bool {
    (72..=76).contains(&payload_type)
}
