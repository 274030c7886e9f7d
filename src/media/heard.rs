use std::ops::Range;

use crate::base::{Codec, Key};
use crate::media::sender::Foreign;
use crate::media::timeline::Placed;

/// What was heard from a party with one packet.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    /// The packet's own numbers.
    pub(crate) numbers: Foreign,
    /// What it holds.
    pub(crate) sound: Sound,
    /// Where in the datagram; never before byte 12.
    pub(crate) payload: Range<usize>,
}

/// What a packet holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sound {
    /// Speech, and where it lies on our clock (unless too late for that).
    Speech {
        /// In what it is coded.
        codec: Codec,
        /// Its place.
        placed: Option<Placed>,
    },
    /// A telephone event.
    Event {
        /// The key, with the first packet of a press.
        press: Option<Key>,
    },
    /// Comfort noise or another type that is not passed on.
    Other,
}

impl Heard {
    /// The speech, its codec and its place on our clock (none: too late), for recordings.
    pub(crate) fn speech<'a>(&self, bytes: &'a [u8]) -> Option<(Option<Placed>, Codec, &'a [u8])> {
        let Sound::Speech { codec, placed } = self.sound else { return None };
        Some((placed, codec, bytes.get(self.payload.clone())?))
    }
}
