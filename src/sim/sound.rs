use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{Instant, Key, RecordingId, StreamId};
use crate::media::{Command, Event, Failure, PlayId, PromptId, Prompts, Remote, Stats, Tone};
use crate::sim::chance::Chance;

/// After this long without speech from a party that may speak, the core is told.
const SILENCE: Duration = Duration::from_secs(10);
/// How often speech is looked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Media as the core sees them: commands in, events out, no sample.
#[derive(Debug)]
pub(crate) struct Sound {
    streams: BTreeMap<StreamId, Stream>,
    recordings: BTreeMap<RecordingId, Recording>,
    ports: BTreeSet<u16>,
    prompts: Arc<Prompts>,
    names: Arc<BTreeMap<PromptId, String>>,
    chance: Chance,
    /// Share of `Open` that fails, 0–1.
    pub(crate) failures: f64,
    /// Share of last figures that come too late.
    pub(crate) late_figures: f64,
}

#[derive(Debug)]
struct Stream {
    worker: usize,
    port: u16,
    remote: Remote,
    plays: Plays,
    bridged: Option<StreamId>,
    echo: bool,
    opened: Instant,
    quiet_since: Option<Instant>,
    told: Option<Instant>,
    failed: bool,
}

/// What is played on a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Plays {
    Nothing,
    /// Prompts; without an end when they repeat.
    Prompts {
        play: PlayId,
        repeat: bool,
        cut_by_key: bool,
    },
    /// A tone without an end.
    Tone(Tone),
}

/// What a party hears, as the worker was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Heard {
    pub(crate) plays: Plays,
    pub(crate) bridged: Option<StreamId>,
    /// The party hears itself.
    pub(crate) echo: bool,
    /// The stream failed: nothing is heard, and the core is being told.
    pub(crate) failed: bool,
}

#[derive(Debug)]
struct Recording {
    worker: usize,
    left: StreamId,
    right: Option<StreamId>,
    from: Instant,
}

/// What follows from a command.
#[derive(Clone, Debug)]
pub(crate) enum Noise {
    /// Tell the core after this long.
    Tell(Duration, Event),
    /// The playing is over after this long, if it still plays then.
    Ends(Duration, StreamId, PlayId),
    /// Look whether the party speaks after this long.
    Look(Duration, StreamId),
    /// The party whose media live there hears these prompts; whether a key cuts them.
    Hears(SocketAddr, Vec<String>, bool),
    /// The party hears the other one.
    Joined(SocketAddr, SocketAddr),
}

impl Sound {
    pub(crate) fn new(
        prompts: Arc<Prompts>,
        names: Arc<BTreeMap<PromptId, String>>,
        chance: Chance,
    ) -> Self {
        Self {
            streams: BTreeMap::new(),
            recordings: BTreeMap::new(),
            ports: BTreeSet::new(),
            prompts,
            names,
            chance,
            failures: 0.0,
            late_figures: 0.0,
        }
    }

    /// Takes a command; an error is a command that no worker could do.
    pub(crate) fn command(
        &mut self,
        now: Instant,
        worker: usize,
        command: &Command,
        out: &mut Vec<Noise>,
    ) -> Result<(), String> {
        match command {
            Command::Open { stream, port, remote, .. } => {
                return self.open(now, worker, *stream, *port, remote, out);
            }
            Command::Record { recording, left, right, at } => {
                self.at(worker, *left, command)?;
                if let Some(right) = right {
                    self.at(worker, *right, command)?;
                }
                let new = Recording { worker, left: *left, right: *right, from: *at };
                if self.recordings.insert(*recording, new).is_some() {
                    return Err(format!("recording {recording} was begun twice"));
                }
                return Ok(());
            }
            Command::Await { .. } => return Ok(()),
            Command::Leave { streams, to } => return self.leave(worker, streams, *to, command),
            Command::StopRecord { recording, at } => {
                let found = self.recordings.remove(recording);
                let found = found.ok_or_else(|| format!("recording {recording} does not run"))?;
                if found.worker != worker {
                    return Err(format!("recording {recording} runs on another worker"));
                }
                let samples = u64::try_from(at.since(found.from).as_micros() / 125).unwrap_or(0);
                let event = Event::RecordStopped { recording: *recording, samples };
                out.push(Noise::Tell(self.latency(), event));
                return Ok(());
            }
            _ => {}
        }
        let Some(stream) = command.stream() else { return Ok(()) };
        if self.streams.get(&stream).is_some_and(|found| found.failed) {
            if matches!(command, Command::Close { .. }) {
                self.streams.remove(&stream);
            }
            return Ok(());
        }
        self.at(worker, stream, command)?;
        match command {
            Command::Agree { remote, .. } => {
                let found = self.at(worker, stream, command)?;
                found.remote = remote.clone();
                found.quiet_since = None;
            }
            Command::Play { play, prompts, repeat, cut_by_key, .. } => {
                let length: u64 = prompts.iter().map(|id| self.prompts.duration_ms(*id)).sum();
                let name = |id: &PromptId| self.names.get(id).cloned().unwrap_or_default();
                let names = prompts.iter().map(name).collect();
                let found = self.at(worker, stream, command)?;
                let (play, repeat, cut_by_key) = (*play, *repeat, *cut_by_key);
                found.plays = Plays::Prompts { play, repeat, cut_by_key };
                out.push(Noise::Hears(found.remote.rtp, names, cut_by_key));
                if !repeat {
                    out.push(Noise::Ends(Duration::from_millis(length), stream, play));
                }
            }
            Command::Stop { .. } => self.at(worker, stream, command)?.plays = Plays::Nothing,
            Command::Tone { tone, ms, .. } => {
                let ends = ms.is_some() || *tone == Tone::Beep;
                let plays = if ends { Plays::Nothing } else { Plays::Tone(*tone) };
                self.at(worker, stream, command)?.plays = plays;
            }
            Command::Echo { on, .. } => {
                if *on {
                    self.unbridge(stream);
                }
                self.at(worker, stream, command)?.echo = *on;
            }
            Command::Bridge { a, b } => {
                self.at(worker, *b, command)?;
                self.unbridge(*a);
                self.unbridge(*b);
                let near = self.at(worker, *a, command)?;
                (near.bridged, near.echo) = (Some(*b), false);
                let near = near.remote.rtp;
                let far = self.at(worker, *b, command)?;
                (far.bridged, far.echo) = (Some(*a), false);
                out.push(Noise::Joined(near, far.remote.rtp));
            }
            Command::Unbridge { a, b } => {
                self.at(worker, *b, command)?;
                self.unbridge(*a);
                self.unbridge(*b);
            }
            Command::Report { .. } => {
                let stats = Box::new(Stats::default());
                out.push(Noise::Tell(self.latency(), Event::Stats { stream, stats, last: false }));
            }
            Command::Close { .. } => {
                self.unbridge(stream);
                if let Some(found) = self.streams.remove(&stream) {
                    self.ports.remove(&found.port);
                }
                let late = self.chance.share(self.late_figures);
                let after = if late { Duration::from_secs(3) } else { self.latency() };
                let stats = Box::new(Stats::default());
                out.push(Noise::Tell(after, Event::Stats { stream, stats, last: true }));
            }
            _ => {}
        }
        Ok(())
    }

    fn open(
        &mut self,
        now: Instant,
        worker: usize,
        stream: StreamId,
        port: u16,
        remote: &Remote,
        out: &mut Vec<Noise>,
    ) -> Result<(), String> {
        let failed = self.chance.share(self.failures);
        let new = Stream {
            worker,
            port,
            remote: remote.clone(),
            plays: Plays::Nothing,
            bridged: None,
            echo: false,
            opened: now,
            quiet_since: None,
            told: None,
            failed,
        };
        if self.streams.insert(stream, new).is_some() {
            return Err(format!("stream {stream} was opened twice"));
        }
        if failed {
            let why = Failure::TooManyStreams;
            out.push(Noise::Tell(self.latency(), Event::Failed { stream, why }));
            return Ok(());
        }
        if !self.ports.insert(port) {
            return Err(format!("port {port} has two streams"));
        }
        out.push(Noise::Look(LOOK_EVERY, stream));
        Ok(())
    }

    /// Streams move to another worker, and what is recorded of them.
    fn leave(
        &mut self,
        worker: usize,
        streams: &[(StreamId, u16)],
        to: usize,
        command: &Command,
    ) -> Result<(), String> {
        let goes = |stream| streams.iter().any(|(leaves, _)| *leaves == stream);
        for (stream, _) in streams {
            let found = self.at(worker, *stream, command)?;
            found.worker = to;
            if found.bridged.is_some_and(|other| !goes(other)) {
                self.unbridge(*stream);
            }
        }
        for recording in self.recordings.values_mut().filter(|recording| goes(recording.left)) {
            recording.worker = to;
        }
        Ok(())
    }

    fn at(
        &mut self,
        worker: usize,
        stream: StreamId,
        command: &Command,
    ) -> Result<&mut Stream, String> {
        let found = self.streams.get_mut(&stream);
        let found = found.ok_or_else(|| format!("stream {stream} is not open: {command:?}"))?;
        if found.worker != worker {
            return Err(format!("stream {stream} lives on another worker: {command:?}"));
        }
        Ok(found)
    }

    fn unbridge(&mut self, stream: StreamId) {
        let other = self.streams.get_mut(&stream).and_then(|found| found.bridged.take());
        if let Some(other) = other.and_then(|other| self.streams.get_mut(&other)) {
            other.bridged = None;
        }
    }

    fn latency(&mut self) -> Duration {
        Duration::from_micros(100 + self.chance.below(20_000))
    }

    /// The end of a playing, unless something else plays by now.
    pub(crate) fn ended(&mut self, stream: StreamId, play: PlayId) -> Option<Event> {
        let found = self.streams.get_mut(&stream)?;
        let is_it = matches!(found.plays, Plays::Prompts { play: now, .. } if now == play);
        is_it.then(|| {
            found.plays = Plays::Nothing;
            Event::PlayEnded { stream, play }
        })
    }

    /// A key pressed by the party whose media live at `party`.
    pub(crate) fn press(&mut self, party: SocketAddr, key: Key) -> Option<(Duration, Event)> {
        let latency = self.latency();
        let (id, found) = self.streams.iter_mut().find(|(_, found)| found.remote.rtp == party)?;
        if matches!(found.plays, Plays::Prompts { cut_by_key: true, .. }) {
            found.plays = Plays::Nothing;
        }
        Some((latency, Event::Key { stream: *id, key }))
    }

    /// Who sends to a stream, while it is open and expects to hear somebody.
    pub(crate) fn party(&self, stream: StreamId) -> Option<SocketAddr> {
        self.streams.get(&stream).map(|found| found.remote.rtp)
    }

    /// Whether the stream is open, and what to tell of its silence.
    pub(crate) fn look(
        &mut self,
        now: Instant,
        stream: StreamId,
        speaks: bool,
        out: &mut Vec<Noise>,
    ) {
        let Some(found) = self.streams.get_mut(&stream).filter(|found| !found.failed) else {
            return;
        };
        out.push(Noise::Look(LOOK_EVERY, stream));
        let latency = Duration::from_millis(1);
        if speaks || !found.remote.may_send {
            found.quiet_since = None;
            if found.told.take().is_some() && speaks {
                out.push(Noise::Tell(latency, Event::Heard { stream }));
            }
            return;
        }
        let since = *found.quiet_since.get_or_insert(now.max(found.opened));
        let last = found.told.unwrap_or(since).max(since);
        if now.since(last) >= SILENCE {
            found.told = Some(now);
            out.push(Noise::Tell(latency, Event::Silent { stream, since }));
        }
    }

    /// All streams that are open.
    pub(crate) fn streams(&self) -> impl Iterator<Item = StreamId> {
        self.streams.keys().copied()
    }

    /// What the party of a stream hears.
    pub(crate) fn heard(&self, stream: StreamId) -> Option<Heard> {
        let Stream { plays, bridged, echo, failed, .. } = *self.streams.get(&stream)?;
        Some(Heard { plays, bridged, echo, failed })
    }

    /// Whose voices a recording takes, if it runs.
    pub(crate) fn recorded(&self, recording: RecordingId) -> Option<(StreamId, Option<StreamId>)> {
        self.recordings.get(&recording).map(|found| (found.left, found.right))
    }

    pub(crate) fn recordings(&self) -> usize {
        self.recordings.len()
    }

    /// What is still open; nothing when all calls are over.
    pub(crate) fn leftovers(&self) -> Vec<String> {
        let streams = self.streams.keys().map(|stream| format!("stream {stream} is open"));
        let recordings = self.recordings.keys().map(|id| format!("recording {id} runs"));
        streams.chain(recordings).collect()
    }
}
