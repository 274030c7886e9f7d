use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{
    Body, CHALLENGES_MAX, Closing, DialogInput, DialogOutput, Ground, Ours, OweAck, Reply, State,
    Theirs, Turn, Unacked, Wish, attach,
};
use crate::sip::stack::{DialogEnd, Event, Flow};
use crate::sip::txn::ServerId;
use crate::sip::wire::{Method, Name, Request, Response, Text};

/// How long the conductor has to answer an offer.
pub(crate) const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Longest life of a re-INVITE of ours.
const OURS_MAX: Duration = Duration::from_secs(60);
/// How often a re-INVITE that meets the peer's is tried.
const GLARES_MAX: u8 = 5;

/// An answered dialog.
#[derive(Clone, Debug)]
pub(crate) struct Up {
    turn: Turn,
    /// A re-INVITE that waits for its turn.
    waiting: Option<Waiting>,
}

#[derive(Clone, Debug)]
struct Waiting {
    sdp: Option<Bytes>,
}

impl Up {
    pub(crate) fn new(turn: Turn) -> Self {
        Self { turn, waiting: None }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match &self.turn {
            Turn::Free => None,
            Turn::Unacked(unacked) => Some(unacked.deadline()),
            Turn::Theirs(theirs) => Some(theirs.give_up_at),
            Turn::Ours(ours) => Some(ours.give_up_at),
            Turn::Glare { at, .. } => Some(*at),
            Turn::OweAck(owed) => Some(owed.give_up_at),
        }
    }

    pub(crate) fn handle(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        input: DialogInput<'_>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        let dialog = body.id;
        match (&mut self.turn, input) {
            (_, DialogInput::Wish(Wish::End { reason, .. })) => {
                body.ended(DialogEnd::Us, None, out);
                return Some(State::Closing(self.end(body, ground, reason, out)));
            }
            (_, DialogInput::Request { server, request, refer: Some(refer), flow, .. }) => {
                body.refer(ground, (server, request, flow), *refer, out);
            }
            (_, DialogInput::Request { server, request, sdp, flow, .. }) => {
                return self.request(body, ground, (server, request, sdp, flow), out);
            }
            (Turn::Unacked(unacked), DialogInput::Ack { cseq, sdp }) if unacked.cseq == cseq => {
                let answer = sdp.filter(|_| unacked.is_offer);
                out.push(DialogOutput::Release { server: unacked.server });
                out.push(DialogOutput::Event(Event::Acked { dialog, answer }));
                self.free(body, ground, out);
            }
            (Turn::Unacked(unacked), DialogInput::Deadline) => {
                if unacked.give_up_at <= ground.now {
                    body.ended(DialogEnd::NoAck, None, out);
                    return Some(State::Closing(Closing::bye(body, ground, None, out)));
                }
                unacked.tick(ground, out);
            }
            (Turn::Theirs(theirs), DialogInput::Wish(Wish::Accept { sdp })) => {
                let reply = Reply::new(200).with_sdp(Some(sdp));
                out.push(DialogOutput::Respond { server: theirs.server, reply });
                match theirs.invite {
                    Some(cseq) => {
                        let is_offer = !theirs.is_offered;
                        let server = theirs.server;
                        let unacked = Unacked::new(ground, server, cseq, is_offer, false);
                        self.turn = Turn::Unacked(unacked);
                    }
                    None => self.free(body, ground, out),
                }
            }
            (Turn::Theirs(theirs), DialogInput::Wish(Wish::Reject { status })) => {
                let status = if (300..=699).contains(&status) { status } else { 488 };
                body.respond(theirs.server, Reply::new(status), out);
                self.free(body, ground, out);
            }
            (Turn::Theirs(theirs), DialogInput::Deadline) => {
                body.respond(theirs.server, Reply::new(500), out);
                self.free(body, ground, out);
            }
            (Turn::Theirs(theirs), DialogInput::Cancel { server }) if theirs.server == server => {
                body.respond(server, Reply::new(487), out);
                self.free(body, ground, out);
            }
            (Turn::OweAck(owed), DialogInput::Wish(Wish::Accept { sdp })) => {
                owed.pay(body, ground, Some(sdp), out);
                self.free(body, ground, out);
            }
            (Turn::OweAck(owed), DialogInput::Wish(Wish::Reject { .. })) => {
                owed.pay(body, ground, None, out);
                self.free(body, ground, out);
            }
            (Turn::OweAck(_), DialogInput::Deadline) => {
                body.ended(DialogEnd::Timeout, None, out);
                return Some(State::Closing(self.end(body, ground, None, out)));
            }
            (Turn::Free, DialogInput::Wish(Wish::Reinvite { sdp })) => {
                self.turn = Turn::Ours(offer(body, ground, sdp, 0, out));
            }
            (Turn::Glare { sdp: old, .. }, DialogInput::Wish(Wish::Reinvite { sdp })) => *old = sdp,
            (_, DialogInput::Wish(Wish::Reinvite { sdp })) => {
                self.waiting = Some(Waiting { sdp });
            }
            (Turn::Glare { sdp, tries, .. }, DialogInput::Deadline) => {
                let (sdp, tries) = (sdp.take(), *tries);
                self.turn = Turn::Ours(offer(body, ground, sdp, tries, out));
            }
            (Turn::Ours(ours), DialogInput::Response { client, response, sdp, .. })
                if client == ours.client =>
            {
                return self.answered(body, ground, response, sdp, out);
            }
            (Turn::Ours(ours), DialogInput::Failed { client, transport })
                if client == ours.client =>
            {
                let by = if transport { DialogEnd::Transport } else { DialogEnd::Timeout };
                body.ended(by, None, out);
                return Some(State::Closing(Closing::bye(body, ground, None, out)));
            }
            (Turn::Ours(ours), DialogInput::Deadline) => {
                out.push(DialogOutput::Forget { client: ours.client });
                out.push(DialogOutput::Event(Event::Rejected { dialog, status: 408 }));
                self.free(body, ground, out);
            }
            (
                _,
                DialogInput::Wish(wish @ (Wish::Notify { .. } | Wish::Info { .. } | Wish::Probe)),
            ) => {
                body.aside_wish(ground, wish, out);
            }
            (_, input) => body.ignore(input, out),
        }
        Some(State::Up(self))
    }

    fn request(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        (server, request, sdp, flow): (ServerId, &Request, Option<Bytes>, Flow),
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        let dialog = body.id;
        let invite = match request.method {
            Method::Bye => {
                body.respond(server, Reply::new(200), out);
                let reason = request.headers.text(&Name::Reason).cloned();
                body.ended(DialogEnd::Bye, reason, out);
                body.end_referral(ground, out);
                self.drop_pending(body, ground, out);
                return None;
            }
            Method::Invite => body.ends.remote_cseq,
            Method::Update if sdp.is_some() => None,
            _ => {
                body.other_request(ground, server, request, flow, out);
                return Some(State::Up(self));
            }
        };
        match &self.turn {
            // Whoever sends the next INVITE got the last 2xx: its ACK is lost.
            Turn::Unacked(unacked) if invite.is_some() && !unacked.is_offer => {
                out.push(DialogOutput::Release { server: unacked.server });
                out.push(DialogOutput::Event(Event::Acked { dialog, answer: None }));
            }
            Turn::Free => {}
            Turn::Glare { sdp, .. } => {
                self.waiting.get_or_insert(Waiting { sdp: sdp.clone() });
            }
            Turn::Unacked(_) | Turn::Ours(_) | Turn::OweAck(_) => {
                body.respond(server, Reply::new(491), out);
                return Some(State::Up(self));
            }
            Turn::Theirs(_) => {
                body.later(ground, server, out);
                return Some(State::Up(self));
            }
        }
        body.ends.refresh(ground, &body.peer, request, flow);
        let give_up_at = ground.now + ANSWER_MAX;
        let is_offered = sdp.is_some();
        self.turn = Turn::Theirs(Theirs { server, invite, is_offered, give_up_at });
        out.push(DialogOutput::Event(Event::Offered { dialog, sdp, source: flow.peer.ip() }));
        Some(State::Up(self))
    }

    /// A response to our re-INVITE.
    fn answered(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        response: &Response,
        sdp: Option<Bytes>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        let dialog = body.id;
        let Turn::Ours(mut ours) = std::mem::replace(&mut self.turn, Turn::Free) else {
            return Some(State::Up(self));
        };
        match response.status {
            ..200 => self.turn = Turn::Ours(ours),
            200..=299 => {
                body.ends.learn(ground, &body.peer, response, false);
                let owed = OweAck::new(ground, ours.client, response);
                out.push(DialogOutput::Event(Event::Accepted { dialog, sdp }));
                if ours.request.body.is_empty() {
                    self.turn = Turn::OweAck(owed);
                } else {
                    owed.pay(body, ground, None, out);
                    self.free(body, ground, out);
                }
            }
            401 | 407 if ours.challenges < CHALLENGES_MAX => {
                let client = ground.client();
                match body.answer_challenge(ground, client, &ours.request, response) {
                    Some(request) => {
                        ours.client = client;
                        ours.challenges += 1;
                        ours.request = Box::new(request);
                        let request = ours.request.clone();
                        let flow = body.ends.flow;
                        out.push(DialogOutput::Request { client, flow, request });
                        self.turn = Turn::Ours(ours);
                    }
                    None => self.rejected(body, ground, response.status, out),
                }
            }
            491 if ours.tries < GLARES_MAX => {
                let sdp = Some(ours.request.body.clone()).filter(|body| !body.is_empty());
                let at = ground.now + glare_wait(body.ends.is_ours, ground);
                match self.waiting.take() {
                    Some(Waiting { sdp }) => self.turn = Turn::Glare { at, sdp, tries: 1 },
                    None => self.turn = Turn::Glare { at, sdp, tries: ours.tries + 1 },
                }
            }
            481 => {
                body.ended(DialogEnd::Rejected481, None, out);
                return None;
            }
            408 => {
                body.ended(DialogEnd::Timeout, None, out);
                return Some(State::Closing(Closing::bye(body, ground, None, out)));
            }
            status => self.rejected(body, ground, status, out),
        }
        Some(State::Up(self))
    }

    fn rejected(
        &mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        status: u16,
        out: &mut Vec<DialogOutput>,
    ) {
        out.push(DialogOutput::Event(Event::Rejected { dialog: body.id, status }));
        self.free(body, ground, out);
    }

    /// The turn is over; what waits begins.
    fn free(&mut self, body: &mut Body, ground: &mut Ground<'_>, out: &mut Vec<DialogOutput>) {
        self.turn = match self.waiting.take() {
            Some(Waiting { sdp }) => Turn::Ours(offer(body, ground, sdp, 0, out)),
            None => Turn::Free,
        };
    }

    /// Ends the dialog from our side.
    fn end(
        self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        reason: Option<Text>,
        out: &mut Vec<DialogOutput>,
    ) -> Closing {
        match self.turn {
            // A callee's BYE waits for the ACK (§15).
            Turn::Unacked(unacked) if unacked.is_first => Closing::Unacked { unacked, reason },
            _ => {
                self.drop_pending(body, ground, out);
                Closing::bye(body, ground, reason, out)
            }
        }
    }

    fn drop_pending(&self, body: &Body, ground: &mut Ground<'_>, out: &mut Vec<DialogOutput>) {
        match &self.turn {
            Turn::Theirs(theirs) => body.respond(theirs.server, Reply::new(487), out),
            Turn::Ours(ours) => out.push(DialogOutput::Forget { client: ours.client }),
            Turn::OweAck(owed) => owed.pay(body, ground, None, out),
            Turn::Unacked(unacked) => {
                out.push(DialogOutput::Release { server: unacked.server });
            }
            Turn::Free | Turn::Glare { .. } => {}
        }
    }
}

/// Sends a re-INVITE.
fn offer(
    body: &mut Body,
    ground: &mut Ground<'_>,
    sdp: Option<Bytes>,
    tries: u8,
    out: &mut Vec<DialogOutput>,
) -> Ours {
    let client = ground.client();
    let mut request = body.ends.request(ground, Method::Invite, client);
    attach(&mut request, sdp);
    let request = Box::new(request);
    let flow = body.ends.flow;
    out.push(DialogOutput::Request { client, flow, request: request.clone() });
    Ours { client, request, tries, challenges: 0, give_up_at: ground.now + OURS_MAX }
}

/// How long to wait after a glare, in units of 10 ms: 2.1–4 s for who made the Call-ID, 0–2 s for
/// the other (§14.1).
fn glare_wait(is_ours: bool, ground: &mut Ground<'_>) -> Duration {
    let units = if is_ours { 210 + ground.random.below(191) } else { ground.random.below(201) };
    Duration::from_millis(units * 10)
}
