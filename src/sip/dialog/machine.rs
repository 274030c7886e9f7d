use crate::base::{DialogId, Instant};
use crate::sip::dialog::{
    Arriving, Body, Calling, Closing, DialogInput, DialogOutput, Ends, Ground, Reply, Up, Wish,
};
use crate::sip::stack::Peer;
use crate::sip::txn::{ClientId, ServerId};
use crate::sip::wire::Request;

/// A dialog made by INVITE, from the INVITE on (RFC 3261 §12–§15).
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    body: Body,
    state: State,
}

/// Where a dialog stands.
#[derive(Clone, Debug)]
pub(crate) enum State {
    /// Their INVITE waits for our answer.
    Arriving(Arriving),
    /// Our INVITE waits for theirs.
    Calling(Calling),
    /// Answered.
    Up(Up),
    /// Over for the conductor.
    Closing(Closing),
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Arriving(arriving) => Some(arriving.deadline()),
            Self::Calling(calling) => Some(calling.deadline()),
            Self::Up(up) => up.deadline(),
            Self::Closing(closing) => closing.deadline(),
        }
    }
}

impl Dialog {
    /// The dialog of an INVITE that came.
    pub(crate) fn arriving(
        ground: &Ground<'_>,
        id: DialogId,
        peer: Peer,
        ends: Ends,
        server: ServerId,
        is_offered: bool,
    ) -> Self {
        let state = State::Arriving(Arriving::new(ground, &ends, server, is_offered));
        Self { body: Body::new(id, peer, ends), state }
    }

    /// The dialog of an INVITE that goes out here.
    pub(crate) fn calling(
        ground: &Ground<'_>,
        id: DialogId,
        peer: Peer,
        ends: Ends,
        (client, invite): (ClientId, Request),
        out: &mut Vec<DialogOutput>,
    ) -> Self {
        let body = Body::new(id, peer, ends);
        let state = State::Calling(Calling::new(&body, ground, client, invite, out));
        Self { body, state }
    }

    /// Who the peer is.
    pub(crate) fn peer(&self) -> &Peer {
        &self.body.peer
    }

    /// Its two ends.
    pub(crate) fn ends(&self) -> &Ends {
        &self.body.ends
    }

    /// Whether it is answered, and not over.
    pub(crate) fn is_up(&self) -> bool {
        matches!(self.state, State::Up(_))
    }

    /// Whether our INVITE waits for its answer.
    pub(crate) fn is_calling(&self) -> bool {
        matches!(self.state, State::Calling(_))
    }

    /// Whether the conductor has been told its end.
    pub(crate) fn is_closing(&self) -> bool {
        matches!(self.state, State::Closing(_))
    }

    /// When `handle` wants `Deadline`.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let asides = if self.is_closing() { None } else { self.body.deadline() };
        self.state.deadline().into_iter().chain(asides).min()
    }

    /// Takes one input; `None` when the dialog has ended.
    pub(crate) fn handle(
        self,
        ground: &mut Ground<'_>,
        input: DialogInput<'_>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<Self> {
        let Self { mut body, state } = self;
        match &input {
            DialogInput::Request { server, request, flow, .. } => {
                let cseq = request.headers.cseq().map_or(0, |cseq| cseq.number);
                if body.ends.remote_cseq.is_some_and(|last| cseq < last) {
                    // Out of order (§12.2.2).
                    body.respond(*server, Reply::new(500), out);
                    return Some(Self { body, state });
                }
                body.ends.remote_cseq = Some(cseq);
                if body.ends.source != *flow {
                    body.ends.source = *flow;
                    body.ends.aim(ground, &body.peer, None);
                }
            }
            DialogInput::Response { flow, .. } if flow.connection.is_some() => {
                body.ends.source = *flow;
            }
            DialogInput::Closed { connection } => body.ends.lost(ground, &body.peer, *connection),
            DialogInput::Deadline => {
                // The conductor has been told the end of what is closing: no event comes after it.
                if !matches!(state, State::Closing(_)) {
                    body.overdue(ground, out);
                }
                if state.deadline().is_none_or(|at| at > ground.now) {
                    return Some(Self { body, state });
                }
            }
            _ => {}
        }
        match &input {
            DialogInput::Wish(Wish::ReferProgress { status, last }) => {
                body.refer_progress(ground, *status, *last, out);
                return Some(Self { body, state });
            }
            DialogInput::Response { client, response, .. } if body.is_telling(*client) => {
                body.told(ground, response.status, out);
                return Some(Self { body, state });
            }
            DialogInput::Failed { client, .. } if body.is_telling(*client) => {
                body.told(ground, 408, out);
                return Some(Self { body, state });
            }
            _ => {}
        }
        let body_mut = &mut body;
        let state = match state {
            State::Arriving(arriving) => arriving.handle(body_mut, ground, input, out),
            State::Calling(calling) => calling.handle(body_mut, ground, input, out),
            State::Up(up) => up.handle(body_mut, ground, input, out),
            State::Closing(closing) => closing.handle(body_mut, ground, input, out),
        }?;
        Some(Self { body, state })
    }
}
