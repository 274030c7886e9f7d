use std::net::SocketAddr;
use std::ops::Range;

use crate::base::StreamId;
use crate::media::{Block, Departure, Event};

/// One of the two sockets of a stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Socket {
    /// The stream.
    pub stream: StreamId,
    /// RTCP (the odd port) rather than RTP.
    pub rtcp: bool,
}

/// Where the bytes of a datagram to be sent lie.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the buffer that the worker was handed a packet in, rewritten in place.
    Received {
        /// `Out::slot` of that time.
        slot: u32,
        /// Which bytes of it.
        range: Range<usize>,
    },
    /// In `Out::arena`.
    Made(Range<usize>),
}

/// One datagram to be sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Send {
    /// From which socket.
    pub from: Socket,
    /// To whom.
    pub to: SocketAddr,
    /// The bytes.
    pub place: Place,
}

/// What a worker wants done, collected over many steps. Its buffers are kept, so that nothing is
/// allocated for a packet once they have grown.
#[derive(Clone, Default, Debug)]
pub struct Out {
    /// The name of the buffer that the next packet lies in, set by whoever hands packets in.
    pub slot: u32,
    /// Datagrams, in order.
    pub sends: Vec<Send>,
    /// The bytes of datagrams that were made here.
    pub arena: Vec<u8>,
    /// For the core.
    pub events: Vec<Event>,
    /// For the disk.
    pub blocks: Vec<Block>,
    /// For other workers.
    pub departures: Vec<Departure>,
}

impl Out {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Forgets the datagrams, which have been sent. The rest is drained by its readers.
    pub fn clear_sends(&mut self) {
        self.sends.clear();
        self.arena.clear();
    }
}
