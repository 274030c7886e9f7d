use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{
    Body, Closing, DialogInput, DialogOutput, Ground, OweAck, Reply, State, Turn, Up, Wish,
};
use crate::sip::stack::Event;
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Request, Response, Text};

/// Challenges that one INVITE answers.
pub(crate) const CHALLENGES_MAX: u8 = 2;

/// Our INVITE, which is not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Calling {
    client: ClientId,
    /// What was sent, for the answer to a challenge.
    invite: Box<Request>,
    is_offered: bool,
    /// Whether a provisional came, so that a CANCEL may be sent.
    is_proceeding: bool,
    challenges: u8,
    give_up_at: Instant,
}

impl Calling {
    /// Sends the INVITE.
    pub(crate) fn new(
        body: &Body,
        ground: &Ground<'_>,
        client: ClientId,
        invite: Request,
        out: &mut Vec<DialogOutput>,
    ) -> Self {
        let invite = Box::new(invite);
        let is_offered = !invite.body.is_empty();
        let flow = body.ends.flow;
        out.push(DialogOutput::Request { client, flow, request: invite.clone() });
        let give_up_at = ground.now + ground.timers.ring_max;
        Self { client, invite, is_offered, is_proceeding: false, challenges: 0, give_up_at }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.give_up_at
    }

    pub(crate) fn handle(
        self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        input: DialogInput<'_>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        match input {
            DialogInput::Response { client, response, sdp, .. } if client == self.client => {
                return self.response(body, ground, response, sdp, out);
            }
            DialogInput::Response { client, response, .. } => {
                body.aside_answered(client, response.status, out);
            }
            DialogInput::Failed { client, transport } if client == self.client => {
                body.failed(if transport { 503 } else { 408 }, None, out);
                return None;
            }
            DialogInput::Failed { client, .. } => body.aside_answered(client, 408, out),
            DialogInput::Wish(Wish::End { reason, .. }) => {
                body.failed(487, None, out);
                return Some(self.cancel(ground, reason, out));
            }
            DialogInput::Deadline => {
                body.failed(408, None, out);
                return Some(self.cancel(ground, None, out));
            }
            DialogInput::Wish(wish) if body.ends.remote_tag.is_some() => {
                body.aside_wish(ground, wish, out);
            }
            DialogInput::Wish(wish) => body.unfit(&wish, out),
            DialogInput::Request { server, request, sdp, flow, .. } => match request.method {
                // Our offer is not answered yet (RFC 3311 §5.2).
                Method::Invite => body.respond(server, Reply::new(491), out),
                Method::Update if sdp.is_some() => body.respond(server, Reply::new(491), out),
                Method::Bye => body.respond(server, Reply::new(481), out),
                _ => body.other_request(ground, server, request, flow, out),
            },
            DialogInput::Ack { .. } | DialogInput::Cancel { .. } | DialogInput::Closed { .. } => {}
        }
        Some(State::Calling(self))
    }

    fn response(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        response: &Response,
        sdp: Option<Bytes>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        let dialog = body.id;
        match response.status {
            ..200 => {
                self.is_proceeding = true;
                if response.status > 100 && response.headers.to().is_ok_and(|t| t.tag().is_some()) {
                    body.ends.learn(ground, &body.peer, response, true);
                }
                if response.status >= 180 {
                    let status = response.status;
                    out.push(DialogOutput::Event(Event::Progress { dialog, status, sdp }));
                }
                Some(State::Calling(self))
            }
            200..=299 => {
                body.ends.learn(ground, &body.peer, response, true);
                let owed = OweAck::new(ground, self.client, response);
                out.push(DialogOutput::Event(Event::Answered { dialog, sdp }));
                let turn = if self.is_offered {
                    owed.pay(body, ground, None, out);
                    Turn::Free
                } else {
                    Turn::OweAck(owed)
                };
                Some(State::Up(Up::new(turn)))
            }
            401 | 407 if self.challenges < CHALLENGES_MAX => {
                let client = ground.client();
                match body.answer_challenge(ground, client, &self.invite, response) {
                    Some(invite) => {
                        self.challenges += 1;
                        self.client = client;
                        self.invite = Box::new(invite);
                        self.is_proceeding = false;
                        let request = self.invite.clone();
                        let flow = body.ends.flow;
                        out.push(DialogOutput::Request { client, flow, request });
                        Some(State::Calling(self))
                    }
                    None => {
                        body.failed(response.status, Some(response), out);
                        None
                    }
                }
            }
            status => {
                body.failed(status, Some(response), out);
                None
            }
        }
    }

    fn cancel(
        self,
        ground: &Ground<'_>,
        reason: Option<Text>,
        out: &mut Vec<DialogOutput>,
    ) -> State {
        let client = self.client;
        if self.is_proceeding {
            out.push(DialogOutput::Cancel { client, reason });
            let give_up_at = Some(ground.now + ground.timers.t1 * 64);
            State::Closing(Closing::Cancelling { client, reason: None, give_up_at })
        } else {
            State::Closing(Closing::Cancelling { client, reason, give_up_at: None })
        }
    }
}
