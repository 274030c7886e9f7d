use std::collections::HashMap;

use crate::base::StreamId;
use crate::media::stream::Stream;

/// The open streams of a worker. A stream keeps its place until it is closed.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    places: Vec<Option<Stream>>,
    free: Vec<usize>,
    by_id: HashMap<StreamId, usize, ahash::RandomState>,
}

impl Streams {
    /// None.
    pub(crate) fn new() -> Self {
        let state = ahash::RandomState::with_seeds(1, 2, 3, 4);
        Self { places: Vec::new(), free: Vec::new(), by_id: HashMap::with_hasher(state) }
    }

    /// How many are open.
    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    /// How many places there are, open or free.
    pub(crate) fn places(&self) -> usize {
        self.places.len()
    }

    /// The place of a stream.
    pub(crate) fn find(&self, id: StreamId) -> Option<usize> {
        self.by_id.get(&id).copied()
    }

    /// The stream at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Stream> {
        self.places.get(place)?.as_ref()
    }

    /// The stream at a place.
    pub(crate) fn at_mut(&mut self, place: usize) -> Option<&mut Stream> {
        self.places.get_mut(place)?.as_mut()
    }

    /// The stream with this id.
    pub(crate) fn get_mut(&mut self, id: StreamId) -> Option<&mut Stream> {
        self.find(id).and_then(|place| self.at_mut(place))
    }

    /// All open streams.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.places.iter().flatten()
    }

    /// Takes in a new stream; its place.
    pub(crate) fn insert(&mut self, stream: Stream) -> usize {
        let id = stream.id();
        let place = self.free.pop().unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.places[place] = Some(stream);
        self.by_id.insert(id, place);
        place
    }

    /// Takes streams out together. Those who hear each other still do: each then names its partner
    /// by its place in the list.
    pub(crate) fn take_out(&mut self, places: &[usize]) -> Vec<Stream> {
        for place in places {
            let to = self.at(*place).and_then(Stream::to);
            if to.is_some_and(|to| !places.contains(&to)) {
                self.part(*place);
            }
        }
        let mut taken = Vec::with_capacity(places.len());
        for place in places {
            let Some(mut stream) = self.places.get_mut(*place).and_then(Option::take) else {
                continue;
            };
            self.by_id.remove(&stream.id());
            self.free.push(*place);
            stream.rename(|to| places.iter().position(|place| *place == to));
            taken.push(stream);
        }
        taken
    }

    /// Takes in streams that were taken out together; their places.
    pub(crate) fn settle(&mut self, streams: Vec<Stream>) -> Vec<usize> {
        let places: Vec<usize> = streams.into_iter().map(|stream| self.insert(stream)).collect();
        for place in &places {
            if let Some(stream) = self.at_mut(*place) {
                stream.rename(|to| places.get(to).copied());
            }
        }
        places
    }

    /// Takes a stream out; whoever was forwarded to it is forwarded to nobody.
    pub(crate) fn remove(&mut self, id: StreamId) -> Option<(usize, Stream)> {
        let place = self.find(id)?;
        self.part(place);
        self.by_id.remove(&id);
        self.free.push(place);
        self.places[place].take().map(|stream| (place, stream))
    }

    /// Each of two hears the other; nobody else hears them.
    pub(crate) fn bridge(&mut self, a: usize, b: usize) {
        self.part(a);
        self.part(b);
        self.lead(a, Some(b));
        self.lead(b, Some(a));
    }

    /// Two that hear each other hear each other no more.
    pub(crate) fn unbridge(&mut self, a: usize, b: usize) {
        if self.at(a).and_then(Stream::to) == Some(b) {
            self.part(a);
        }
    }

    /// A party hears itself, or nothing.
    pub(crate) fn echo(&mut self, place: usize, on: bool) {
        let echoes = self.at(place).and_then(Stream::to) == Some(place);
        if on != echoes {
            self.part(place);
            self.lead(place, on.then_some(place));
        }
    }

    /// Ends the bridge or echo of a stream. Bridges are mutual, so its partner is all there is.
    fn part(&mut self, place: usize) {
        if let Some(partner) = self.at(place).and_then(Stream::to) {
            self.lead(partner, None);
        }
        self.lead(place, None);
    }

    fn lead(&mut self, place: usize, to: Option<usize>) {
        if let Some(stream) = self.at_mut(place) {
            stream.lead(to);
        }
    }
}
