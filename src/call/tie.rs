use std::net::SocketAddr;

use crate::base::Codec;
use crate::call::turn::{HeldStream, Turn};
use crate::media::{Command, Remote};

/// The payload type of telephone-event between workers.
const TELEPHONE_EVENT: u8 = 101;

/// Two streams that send to each other, one on each of two media workers: what is bridged with one
/// hears what is bridged with the other. A bridge proper needs both parties on one worker, and an
/// open leg was there before its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tie {
    /// On the caller's worker.
    pub(crate) near: HeldStream,
    /// On the leg's worker.
    pub(crate) far: HeldStream,
}

impl Tie {
    /// Lays a tie between two workers; `None` when one has no free port.
    pub(crate) fn lay(turn: &mut Turn<'_>, near: usize, far: usize, codec: Codec) -> Option<Self> {
        let near = turn.take_stream(Some(near))?;
        let Some(far) = turn.take_stream(Some(far)) else {
            turn.drop_stream(near.id);
            return None;
        };
        open(turn, near, far.port, codec);
        open(turn, far, near.port, codec);
        Some(Self { near, far })
    }

    /// Takes the tie up again. Both ports are given back with the last figures.
    pub(crate) fn take_up(self, turn: &mut Turn<'_>) {
        for end in [self.near, self.far] {
            turn.media(end.worker, Command::Close { stream: end.id });
        }
    }
}

fn open(turn: &mut Turn<'_>, end: HeldStream, to: u16, codec: Codec) {
    let address = turn.settings.media_between;
    let payload_type = codec.payload_type();
    let remote = Remote {
        rtp: SocketAddr::new(address, to),
        rtcp: SocketAddr::new(address, to.saturating_add(1)),
        signalling_ip: address,
        codec,
        send_type: payload_type,
        receive_type: payload_type,
        telephone_event: Some((TELEPHONE_EVENT, TELEPHONE_EVENT)),
        may_send: true,
        may_receive: true,
        ptime_ms: 20,
    };
    let (stream, port) = (end.id, end.port);
    turn.media(end.worker, Command::Open { stream, port, remote, expect_keys: false });
}
