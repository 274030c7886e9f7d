use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Instant, Random, StreamId};
use crate::media::moving::Awaited;
use crate::media::player::Player;
use crate::media::recording::Track;
use crate::media::recordings::Recordings;
use crate::media::samples;
use crate::media::stream::Stream;
use crate::media::streams::Streams;
use crate::media::tone::Toning;
use crate::media::{
    Census, Command, Company, Departure, Event, Failure, Out, Prompts, Settings, Socket,
};

/// All streams of a worker play and are watched at the same moments, so far apart.
const TICK: Duration = Duration::from_millis(20);
/// Ticks later than this are left out rather than made up for.
const LATE_MAX: Duration = Duration::from_millis(100);

/// The streams and recordings of one media thread.
///
/// A step that panics leaves the name of its stream in `blamed`; `bury` then takes out that stream
/// alone, and `tick` goes on behind it.
#[derive(Clone, Debug)]
pub struct Worker {
    settings: Settings,
    prompts: Arc<Prompts>,
    random: Random,
    streams: Streams,
    recordings: Recordings,
    /// Streams on their way from other workers.
    awaited: Awaited,
    next_tick: Option<Instant>,
    /// The stream whose turn it is within a tick.
    turn: usize,
    at_work: Option<StreamId>,
    /// Whose next tick panics (R26).
    #[cfg(test)]
    pub(crate) broken: Option<StreamId>,
}

impl Worker {
    /// A worker without streams.
    #[must_use]
    pub fn new(settings: Settings, prompts: Arc<Prompts>, random: Random) -> Self {
        Self {
            settings,
            prompts,
            random,
            streams: Streams::new(),
            recordings: Recordings::default(),
            awaited: Awaited::default(),
            next_tick: None,
            turn: 0,
            at_work: None,
            #[cfg(test)]
            broken: None,
        }
    }

    /// Does what the core asks.
    pub fn command(&mut self, now: Instant, command: Command, out: &mut Out) {
        let Some(command) = self.awaited.hold(command, &self.recordings, out) else { return };
        self.at_work = command.stream();
        if let Err((stream, why)) = self.obey(now, command, out) {
            out.events.push(Event::Failed { stream, why });
        }
        self.wind(now);
        self.at_work = None;
    }

    /// Ticks come from now on, when there is anything to do.
    fn wind(&mut self, now: Instant) {
        if self.next_tick.is_none() && self.is_busy() {
            self.next_tick = Some(tick_before(now) + TICK);
        }
    }

    fn obey(
        &mut self,
        now: Instant,
        command: Command,
        out: &mut Out,
    ) -> Result<(), (StreamId, Failure)> {
        match command {
            Command::Open { stream, remote, expect_keys, port: _ } => {
                if self.streams.find(stream).is_some() {
                    return Err((stream, Failure::AlreadyOpen));
                }
                if self.streams.len() >= self.settings.streams_max {
                    return Err((stream, Failure::TooManyStreams));
                }
                let random = self.random.next_u64();
                let mut opened = Stream::new(now, stream, remote, random, &self.settings);
                opened.expect_keys(expect_keys);
                self.streams.insert(opened);
            }
            Command::Agree { stream, remote } => {
                let opened = self.open(stream)?;
                opened.agree(now, remote);
                if let Some(to) = opened.to().and_then(|to| self.streams.at_mut(to)) {
                    to.begin_anew();
                }
            }
            Command::Play { stream, play, prompts, repeat, cut_by_key } => {
                let player = Player::prompts(play, prompts, repeat, cut_by_key);
                self.open(stream)?.play(player);
            }
            Command::Tone { stream, tone, ms } => {
                self.open(stream)?.play(Player::Tone(Toning::new(tone, ms)));
            }
            Command::Stop { stream } => self.open(stream)?.play(Player::Idle),
            Command::ExpectKeys { stream, on } => self.open(stream)?.expect_keys(on),
            Command::ExpectLineTones { stream, on } => self.open(stream)?.line_tones.expect(on),
            Command::SendKey { stream, key, ms } => {
                if !self.open(stream)?.send_key(key, ms) {
                    return Err((stream, Failure::TooManyKeys));
                }
            }
            Command::Bridge { a, b } => {
                let (a, b) = (self.place(a)?, self.place(b)?);
                self.streams.bridge(a, b);
            }
            Command::Unbridge { a, b } => {
                let (a, b) = (self.place(a)?, self.place(b)?);
                self.streams.unbridge(a, b);
            }
            Command::Echo { stream, on } => {
                let place = self.place(stream)?;
                self.streams.echo(place, on);
            }
            Command::Record { recording, left, right, at } => {
                let parties = [(Track::Left, Some(left)), (Track::Right, right)];
                let limit = self.settings.recordings_max;
                self.recordings.record(recording, at, parties, &mut self.streams, limit)?;
            }
            Command::StopRecord { recording, at } => {
                self.recordings.stop(now, recording, at, &mut self.streams, out);
            }
            Command::Report { stream } => {
                let stats = Box::new(self.open(stream)?.stats());
                out.events.push(Event::Stats { stream, stats, last: false });
            }
            Command::Leave { streams, to } => {
                let (asked, ports) = streams.into_iter().unzip();
                let company = Company::gather(asked, &mut self.streams, &mut self.recordings);
                out.departures.push(Departure { to, ports, company });
            }
            Command::Await { streams } => self.awaited.expect(now, &streams),
            Command::Close { stream } => {
                let (_, closed) = self.streams.remove(stream).ok_or((stream, Failure::NotOpen))?;
                self.recordings.closed(now, &closed, &self.streams);
                let stats = Box::new(closed.stats());
                out.events.push(Event::Stats { stream, stats, last: true });
            }
        }
        Ok(())
    }

    /// Takes in what another worker handed over, ticks that fell between the two included, and does
    /// what waited for it. Of it only streams that are (still) awaited are taken: the others were
    /// given up.
    pub fn arrive(&mut self, now: Instant, mut company: Company, out: &mut Out) {
        self.at_work = company.asked().first().copied();
        let asked = company.asked().to_vec();
        company.dismiss(|stream| self.awaited.has(stream));
        let places = company.settle(now, &mut self.streams, &mut self.recordings);
        self.wind(now);
        for place in places {
            let Some(ticked) = self.streams.at(place).map(|stream| stream.ticked) else { continue };
            let Some(next) = self.next_tick else { continue };
            let mut at = (ticked + TICK).max(tick_before(now - LATE_MAX));
            while at < next {
                self.tick_stream(at, place, out);
                at = at + TICK;
            }
        }
        self.at_work = None;
        for command in self.awaited.came(&asked) {
            self.command(now, command, out);
        }
    }

    fn place(&self, stream: StreamId) -> Result<usize, (StreamId, Failure)> {
        self.streams.find(stream).ok_or((stream, Failure::NotOpen))
    }

    fn open(&mut self, stream: StreamId) -> Result<&mut Stream, (StreamId, Failure)> {
        self.streams.get_mut(stream).ok_or((stream, Failure::NotOpen))
    }

    /// Takes a datagram that `socket` received from `from`. `bytes` may be rewritten, and a
    /// `Place::Received` in `out.sends` then points into it.
    pub fn packet(
        &mut self,
        now: Instant,
        socket: Socket,
        from: SocketAddr,
        bytes: &mut [u8],
        out: &mut Out,
    ) {
        let Some(place) = self.streams.find(socket.stream) else { return };
        self.at_work = Some(socket.stream);
        #[cfg(test)]
        self.break_for_a_test(socket.stream, bytes);
        if socket.rtcp {
            if let Some(stream) = self.streams.at_mut(place) {
                stream.receive_rtcp(now, from, bytes, &self.settings);
            }
        } else {
            self.speech(now, place, from, bytes, out);
        }
        self.at_work = None;
    }

    fn speech(
        &mut self,
        now: Instant,
        place: usize,
        from: SocketAddr,
        bytes: &mut [u8],
        out: &mut Out,
    ) {
        let Some(stream) = self.streams.at_mut(place) else { return };
        let Some(heard) = stream.receive(now, from, bytes, &self.settings, out) else { return };
        let to = stream.to();
        let mut whole = true;
        if let Some((placed, codec, speech)) = heard.speech(bytes) {
            for (recording, track) in stream.tracks() {
                whole &= placed.is_some_and(|placed| {
                    self.recordings.write(*recording, *track, placed, codec, speech)
                });
            }
        }
        if !whole {
            stream.miss();
        }
        if let Some(to) = to.and_then(|to| self.streams.at_mut(to)) {
            to.forward(now, &heard, bytes, out);
        }
    }

    /// Plays, watches, records and reports whatever is due at `now`.
    pub fn tick(&mut self, now: Instant, out: &mut Out) {
        while let Some(at) = self.next_tick.filter(|at| *at <= now) {
            let at = if now.since(at) > LATE_MAX { tick_before(now) } else { at };
            self.next_tick = Some(at);
            while self.turn < self.streams.places() {
                let place = self.turn;
                self.turn += 1;
                self.tick_stream(at, place, out);
            }
            self.at_work = None;
            self.recordings.flush(at, &mut self.streams, out);
            self.give_up(at, out);
            self.turn = 0;
            self.next_tick = self.is_busy().then(|| at + TICK);
        }
    }

    /// What did not come in time will not come any more.
    fn give_up(&mut self, now: Instant, out: &mut Out) {
        if self.awaited.is_empty() {
            return;
        }
        let overdue = self.awaited.overdue(now);
        if overdue.is_empty() {
            return;
        }
        let failed =
            |stream: &StreamId| Event::Failed { stream: *stream, why: Failure::NotArrived };
        out.events.extend(overdue.iter().map(failed));
        for command in self.awaited.came(&overdue) {
            self.command(now, command, out);
        }
    }

    fn tick_stream(&mut self, at: Instant, place: usize, out: &mut Out) {
        let Some(stream) = self.streams.at_mut(place) else { return };
        self.at_work = Some(stream.id());
        #[cfg(test)]
        assert!(self.broken != Some(stream.id()), "broken for a test");
        let Some((codec, played)) = stream.tick(at, &self.prompts, &self.settings, out) else {
            return;
        };
        let place = i64::try_from(samples::at(at)).unwrap_or(i64::MAX);
        for (recording, track) in stream.tracks() {
            if *track == Track::Left {
                let bytes = &out.arena[played.clone()];
                self.recordings.write_played(*recording, place, codec, bytes);
            }
        }
    }

    /// When `tick` wants to be called; `None` while no stream is open and no recording runs.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.next_tick
    }

    /// The stream that was at work when the last step did not return (it panicked).
    #[must_use]
    pub fn blamed(&self) -> Option<StreamId> {
        self.at_work
    }

    /// A fault of ours, at once or at the stream's next tick, wherever such a datagram came (R26).
    #[cfg(test)]
    fn break_for_a_test(&mut self, stream: StreamId, bytes: &[u8]) {
        assert!(!bytes.ends_with(b"break the packet"), "broken for a test");
        if bytes.ends_with(b"break the tick") {
            self.broken = Some(stream);
        }
    }

    /// Forgets a stream after a panic, with everything it takes part in, and says so.
    pub fn bury(&mut self, now: Instant, stream: StreamId, out: &mut Out) {
        self.at_work = None;
        if let Some((_, buried)) = self.streams.remove(stream) {
            self.recordings.closed(now, &buried, &self.streams);
        }
        out.events.push(Event::Failed { stream, why: Failure::Internal });
    }

    fn is_busy(&self) -> bool {
        self.streams.len() > 0 || self.recordings.len() > 0 || !self.awaited.is_empty()
    }

    /// Whether a stream is open.
    #[must_use]
    pub fn has(&self, stream: StreamId) -> bool {
        self.streams.find(stream).is_some()
    }

    /// How many things there are.
    #[must_use]
    pub fn census(&self) -> Census {
        Census {
            streams: self.streams.len(),
            bridged: self.streams.iter().filter(|stream| stream.to().is_some()).count(),
            playing: self.streams.iter().filter(|stream| stream.is_playing()).count(),
            recordings: self.recordings.len(),
        }
    }
}

/// The last moment of a tick that is not after `now`. All workers tick at the same moments.
fn tick_before(now: Instant) -> Instant {
    let tick = u64::try_from(TICK.as_micros()).unwrap_or(1);
    Instant::from_micros(now.as_micros() / tick * tick)
}
