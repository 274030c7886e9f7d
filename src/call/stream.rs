use std::net::IpAddr;

use crate::base::{Codec, StreamId};
use crate::call::leg::Place;
use crate::call::turn::{HeldStream, Turn};
use crate::media;
use crate::sdp::{Agreed, Direction, Local};

/// The most media commands that wait for the agreement of a leg that has none yet.
const WAITING_MAX: usize = 32;
/// The payload type that we offer for telephone-event.
const TELEPHONE_EVENT: u8 = 101;

/// The media of one leg: a port from the beginning, and what was agreed once it was.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    held: HeldStream,
    pub(crate) local: Local,
    signalling_ip: IpAddr,
    agreed: Option<Agreed>,
    /// Commands for a stream that is not open yet (its answer comes with the ACK).
    waiting: Vec<media::Command>,
}

impl Stream {
    pub(crate) fn take(turn: &mut Turn<'_>, place: Place) -> Option<Self> {
        let held = turn.take_stream(place.worker)?;
        let session = turn.world.random.next_u64() >> 2;
        let local = Local {
            address: place.address,
            port: held.port,
            session,
            version: session,
            codecs: vec![Codec::Pcma, Codec::Pcmu],
            telephone_event: Some(TELEPHONE_EVENT),
            direction: Direction::SendRecv,
            ptime_ms: 20,
        };
        Some(Self {
            held,
            local,
            signalling_ip: place.signalling_ip,
            agreed: None,
            waiting: Vec::new(),
        })
    }

    pub(crate) fn id(&self) -> StreamId {
        self.held.id
    }

    pub(crate) fn worker(&self) -> usize {
        self.held.worker
    }

    /// The stream goes on on another worker.
    pub(crate) fn move_to(&mut self, turn: &mut Turn<'_>, worker: usize) {
        turn.move_stream(&mut self.held, worker);
    }

    pub(crate) fn is_open(&self) -> bool {
        self.agreed.is_some()
    }

    pub(crate) fn codec(&self) -> Option<Codec> {
        self.agreed.as_ref().map(|agreed| agreed.codec)
    }

    pub(crate) fn is_held_by_peer(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| agreed.held_by_peer)
    }

    /// Whether the peer may not send.
    pub(crate) fn is_mute(&self) -> bool {
        self.agreed.as_ref().is_some_and(|agreed| !agreed.direction.receives())
    }

    /// Where the party's SIP comes from now: the next agreement lets its RTP come from there (R6).
    pub(crate) fn signals_from(&mut self, source: IpAddr) {
        self.signalling_ip = source;
    }

    /// Opens the stream, or tells the worker what is agreed now.
    pub(crate) fn agree(&mut self, turn: &mut Turn<'_>, agreed: Agreed) {
        let remote = media::Remote {
            rtp: agreed.remote,
            rtcp: agreed.remote_rtcp,
            signalling_ip: self.signalling_ip,
            codec: agreed.codec,
            send_type: agreed.payload_type,
            receive_type: agreed.receive_type,
            telephone_event: agreed.telephone_event,
            may_send: agreed.direction.receives(),
            may_receive: agreed.direction.sends() && !agreed.held_by_peer,
            ptime_ms: agreed.ptime_ms,
        };
        let stream = self.held.id;
        let command = if self.agreed.replace(agreed).is_none() {
            media::Command::Open { stream, port: self.held.port, remote, expect_keys: false }
        } else {
            media::Command::Agree { stream, remote }
        };
        turn.media(self.held.worker, command);
        for command in std::mem::take(&mut self.waiting) {
            turn.media(self.held.worker, command);
        }
    }

    /// Tells the worker now, or as soon as the stream is open.
    pub(crate) fn command(&mut self, turn: &mut Turn<'_>, command: media::Command) {
        if self.is_open() {
            turn.media(self.held.worker, command);
        } else if self.waiting.len() < WAITING_MAX {
            self.waiting.push(command);
        }
    }

    /// What waits for the agreement and has to do with `other` shall not happen any more.
    pub(crate) fn forget(&mut self, other: StreamId) {
        self.waiting.retain(|command| match command {
            media::Command::Bridge { b, .. } | media::Command::Unbridge { b, .. } => *b != other,
            _ => true,
        });
    }

    /// Closes the stream. Its id when figures are to come, else the port is given back at once.
    pub(crate) fn close(self, turn: &mut Turn<'_>) -> Option<StreamId> {
        let stream = self.held.id;
        if self.is_open() {
            turn.media(self.held.worker, media::Command::Close { stream });
            Some(stream)
        } else {
            turn.drop_stream(stream);
            None
        }
    }
}
