use std::collections::HashMap;

use crate::base::StreamId;
use crate::node::media::pairs::Pair;

/// The pairs of sockets that a thread has now, each at a place that its token in the epoll names.
#[derive(Debug)]
pub(crate) struct Holders {
    places: Vec<Option<Pair>>,
    by_port: HashMap<u16, usize, ahash::RandomState>,
    by_stream: HashMap<StreamId, usize, ahash::RandomState>,
}

impl Holders {
    /// These pairs, none of them in use.
    pub(crate) fn new(pairs: Vec<Pair>) -> Self {
        let by_port = pairs.iter().enumerate().map(|(at, pair)| (pair.port, at)).collect();
        let places = pairs.into_iter().map(Some).collect();
        Self { places, by_port, by_stream: HashMap::default() }
    }

    /// The pair at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Pair> {
        self.places.get(place)?.as_ref()
    }

    /// The pair of a port, and its place.
    pub(crate) fn of_port(&self, port: u16) -> Option<(usize, &Pair)> {
        let place = *self.by_port.get(&port)?;
        Some((place, self.at(place)?))
    }

    /// The pair that a stream has.
    pub(crate) fn of_stream(&self, stream: StreamId) -> Option<&Pair> {
        self.at(*self.by_stream.get(&stream)?)
    }

    /// Lets a stream have the pair at a place.
    pub(crate) fn lend(&mut self, place: usize, stream: StreamId) {
        if let Some(pair) = self.places.get_mut(place).and_then(Option::as_mut) {
            pair.stream = Some(stream);
            self.by_stream.insert(stream, place);
        }
    }

    /// Takes a stream's pair back; it stays here.
    pub(crate) fn free(&mut self, stream: StreamId) -> Option<&Pair> {
        let place = self.by_stream.remove(&stream)?;
        let pair = self.places.get_mut(place)?.as_mut()?;
        pair.stream = None;
        Some(pair)
    }

    /// Takes out the pair of a port, with the stream that has it.
    pub(crate) fn take_out(&mut self, port: u16) -> Option<Pair> {
        let place = self.by_port.remove(&port)?;
        let pair = self.places.get_mut(place)?.take()?;
        if let Some(stream) = pair.stream {
            self.by_stream.remove(&stream);
        }
        Some(pair)
    }

    /// Takes in a pair, with the stream that has it; its place.
    pub(crate) fn take_in(&mut self, pair: Pair) -> usize {
        let free = self.places.iter().position(Option::is_none);
        let place = free.unwrap_or_else(|| {
            self.places.push(None);
            self.places.len() - 1
        });
        self.by_port.insert(pair.port, place);
        if let Some(stream) = pair.stream {
            self.by_stream.insert(stream, place);
        }
        self.places[place] = Some(pair);
        place
    }
}
