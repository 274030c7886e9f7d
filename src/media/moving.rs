use std::collections::VecDeque;
use std::time::Duration;

use crate::base::{Instant, StreamId};
use crate::media::recording::Recording;
use crate::media::recordings::Recordings;
use crate::media::stream::Stream;
use crate::media::streams::Streams;
use crate::media::{Command, Event, Failure, Out};

/// How long a stream is awaited.
const PATIENCE: Duration = Duration::from_secs(3);
/// Commands that may wait for streams.
const HELD_MAX: usize = 1_024;

/// Streams on their way to another worker, by value, with the bridges among them and their
/// recordings.
#[derive(Clone, Debug)]
pub struct Company {
    /// All that were asked for; some may be gone.
    asked: Vec<StreamId>,
    /// A partner is named by its place in this list, a recording by its place in the next.
    streams: Vec<Stream>,
    recordings: Vec<Recording>,
}

/// What a worker hands over to another.
#[derive(Clone, Debug)]
pub struct Departure {
    /// The number of the other worker.
    pub to: usize,
    /// The ports whose sockets go along.
    pub ports: Vec<u16>,
    /// The streams.
    pub company: Company,
}

impl Company {
    /// Takes streams out, with all that goes along.
    pub(crate) fn gather(
        asked: Vec<StreamId>,
        streams: &mut Streams,
        recordings: &mut Recordings,
    ) -> Self {
        let places: Vec<usize> = asked.iter().filter_map(|id| streams.find(*id)).collect();
        let (old, recordings): (Vec<usize>, Vec<Recording>) =
            recordings.take_out(&places, streams).into_iter().unzip();
        let mut streams = streams.take_out(&places);
        for stream in &mut streams {
            stream.rename_tracks(|place| old.iter().position(|old| *old == place));
        }
        Self { asked, streams, recordings }
    }

    /// Those that were asked for.
    pub(crate) fn asked(&self) -> &[StreamId] {
        &self.asked
    }

    /// Leaves out the streams for which `wanted` is false; nobody hears them any more.
    pub(crate) fn dismiss(&mut self, wanted: impl Fn(StreamId) -> bool) {
        let mut apart = Streams::new();
        let places = apart.settle(std::mem::take(&mut self.streams));
        let wanted = |place: &usize| apart.at(*place).is_some_and(|stream| wanted(stream.id()));
        let places: Vec<usize> = places.into_iter().filter(wanted).collect();
        self.streams = apart.take_out(&places);
    }

    /// Takes all in; the places of the streams. Recordings without a party end by themselves.
    pub(crate) fn settle(
        self,
        now: Instant,
        streams: &mut Streams,
        recordings: &mut Recordings,
    ) -> Vec<usize> {
        let places = streams.settle(self.streams);
        let new: Vec<usize> =
            self.recordings.into_iter().map(|recording| recordings.insert(recording)).collect();
        for place in &places {
            if let Some(stream) = streams.at_mut(*place) {
                stream.rename_tracks(|recording| new.get(recording).copied());
            }
        }
        for recording in new {
            recordings.orphan(now, recording, streams);
        }
        places
    }
}

/// Streams that come from other workers, and the commands that wait for them.
#[derive(Clone, Default, Debug)]
pub(crate) struct Awaited {
    streams: Vec<(StreamId, Instant)>,
    held: VecDeque<Command>,
}

impl Awaited {
    /// Whether nothing is awaited.
    pub(crate) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether a stream is.
    pub(crate) fn has(&self, stream: StreamId) -> bool {
        self.streams.iter().any(|(awaited, _)| *awaited == stream)
    }

    /// They come.
    pub(crate) fn expect(&mut self, now: Instant, streams: &[StreamId]) {
        self.streams.extend(streams.iter().map(|stream| (*stream, now + PATIENCE)));
    }

    /// Keeps a command that must wait; gives back one that need not.
    pub(crate) fn hold(
        &mut self,
        command: Command,
        recordings: &Recordings,
        out: &mut Out,
    ) -> Option<Command> {
        if self.is_empty() || matches!(command, Command::Await { .. }) {
            return Some(command);
        }
        let elsewhere =
            matches!(command, Command::StopRecord { recording, .. } if !recordings.has(recording));
        let waits = elsewhere
            || self.streams.iter().any(|(stream, _)| command.names(*stream))
            || self.held.iter().any(|held| held.shares(&command));
        if !waits {
            return Some(command);
        }
        if self.held.len() < HELD_MAX {
            self.held.push_back(command);
        } else if let Some(stream) = command.stream() {
            out.events.push(Event::Failed { stream, why: Failure::NotArrived });
        }
        None
    }

    /// They are there, or will never be: what waited is to be tried again.
    pub(crate) fn came(&mut self, streams: &[StreamId]) -> VecDeque<Command> {
        self.streams.retain(|(awaited, _)| !streams.contains(awaited));
        std::mem::take(&mut self.held)
    }

    /// Those that did not come in time.
    pub(crate) fn overdue(&self, now: Instant) -> Vec<StreamId> {
        self.streams.iter().filter(|(_, until)| *until <= now).map(|(stream, _)| *stream).collect()
    }
}
