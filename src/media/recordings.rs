use crate::base::{Codec, Instant, RecordingId, StreamId};
use crate::media::recording::{Recording, Track};
use crate::media::stream::Stream;
use crate::media::streams::Streams;
use crate::media::timeline::Placed;
use crate::media::{Failure, Out};

/// The running recordings of a worker. A recording keeps its place until it is complete.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recordings {
    places: Vec<Option<Recording>>,
}

impl Recordings {
    /// How many run.
    pub(crate) fn len(&self) -> usize {
        self.places.iter().flatten().count()
    }

    fn find(&self, id: RecordingId) -> Option<usize> {
        self.places.iter().position(|place| place.as_ref().is_some_and(|it| it.id() == id))
    }

    /// Begins a recording of these parties, or goes on with these parties.
    pub(crate) fn record(
        &mut self,
        id: RecordingId,
        at: Instant,
        parties: [(Track, Option<StreamId>); 2],
        streams: &mut Streams,
        limit: usize,
    ) -> Result<(), (StreamId, Failure)> {
        for (_, stream) in parties {
            if let Some(stream) = stream.filter(|stream| streams.find(*stream).is_none()) {
                return Err((stream, Failure::NotOpen));
            }
        }
        let place = match self.find(id) {
            Some(place) => place,
            None => {
                let first = parties.iter().find_map(|(_, stream)| *stream);
                if self.len() >= limit {
                    return first
                        .map_or(Ok(()), |stream| Err((stream, Failure::TooManyRecordings)));
                }
                self.insert(Recording::new(id, at))
            }
        };
        leave(place, streams);
        if let Some(recording) = self.places[place].as_mut() {
            recording.adopt();
        }
        for (track, stream) in parties {
            if let Some((id, stream)) = stream.and_then(|id| Some((id, streams.get_mut(id)?)))
                && !stream.join(place, track)
            {
                return Err((id, Failure::TooManyRecordings));
            }
        }
        Ok(())
    }

    /// Takes out the recordings that go along with the streams at `places`: those of a caller among
    /// them, and those that only they are in. Who stays is then in them no more. Their places so far.
    pub(crate) fn take_out(
        &mut self,
        places: &[usize],
        streams: &mut Streams,
    ) -> Vec<(usize, Recording)> {
        let mut taken = Vec::new();
        for at in 0..self.places.len() {
            let parties: Vec<(usize, Track)> = (0..streams.places())
                .filter_map(|place| {
                    let tracks = streams.at(place)?.tracks();
                    let (_, track) = tracks.iter().find(|(recording, _)| *recording == at)?;
                    Some((place, *track))
                })
                .collect();
            let caller = parties.iter().find(|(_, track)| *track == Track::Left);
            let goes = caller.or(parties.first()).is_some_and(|(place, _)| places.contains(place));
            for (place, _) in parties {
                if let Some(stream) = streams.at_mut(place)
                    && places.contains(&place) != goes
                {
                    stream.part(at);
                }
            }
            if goes && let Some(recording) = self.places[at].take() {
                taken.push((at, recording));
            }
        }
        taken
    }

    /// Whether it runs here.
    pub(crate) fn has(&self, id: RecordingId) -> bool {
        self.find(id).is_some()
    }

    /// Takes in a recording; its place.
    pub(crate) fn insert(&mut self, recording: Recording) -> usize {
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[place] = Some(recording);
        place
    }

    /// A recording ends at `at`.
    pub(crate) fn stop(
        &mut self,
        now: Instant,
        id: RecordingId,
        at: Instant,
        streams: &mut Streams,
        out: &mut Out,
    ) {
        let Some(place) = self.find(id) else { return };
        let Some(recording) = self.places[place].as_mut() else { return };
        recording.stop(now, at);
        if recording.flush(now, out) {
            self.forget(place, streams);
        }
    }

    /// Writes speech to one track; false when some of it came too late.
    pub(crate) fn write(
        &mut self,
        place: usize,
        track: Track,
        placed: Placed,
        codec: Codec,
        bytes: &[u8],
    ) -> bool {
        match self.places.get_mut(place) {
            Some(Some(recording)) => recording.write(track, placed, codec, bytes),
            _ => true,
        }
    }

    /// Writes what is played to the caller of a recording.
    pub(crate) fn write_played(&mut self, place: usize, at: i64, codec: Codec, bytes: &[u8]) {
        if let Some(Some(recording)) = self.places.get_mut(place) {
            recording.write_played(at, codec, bytes);
        }
    }

    /// Hands over what is old enough and forgets what is complete.
    pub(crate) fn flush(&mut self, now: Instant, streams: &mut Streams, out: &mut Out) {
        for place in 0..self.places.len() {
            if let Some(recording) = self.places[place].as_mut()
                && recording.flush(now, out)
            {
                self.forget(place, streams);
            }
        }
    }

    /// A stream was closed: what of its recordings nobody is left in.
    pub(crate) fn closed(&mut self, now: Instant, stream: &Stream, streams: &Streams) {
        for (place, _) in stream.tracks() {
            self.orphan(now, *place, streams);
        }
    }

    /// A recording in which nobody is left is an orphan.
    pub(crate) fn orphan(&mut self, now: Instant, place: usize, streams: &Streams) {
        let left = streams.iter().any(|stream| stream.tracks().iter().any(|(of, _)| *of == place));
        if let Some(Some(recording)) = self.places.get_mut(place)
            && !left
        {
            recording.orphan(now);
        }
    }

    fn forget(&mut self, place: usize, streams: &mut Streams) {
        self.places[place] = None;
        leave(place, streams);
        while self.places.last().is_some_and(Option::is_none) {
            self.places.pop();
        }
    }
}

/// Takes all parties out of a recording.
fn leave(recording: usize, streams: &mut Streams) {
    for place in 0..streams.places() {
        if let Some(stream) = streams.at_mut(place) {
            stream.part(recording);
        }
    }
}
