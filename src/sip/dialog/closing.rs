use crate::base::Instant;
use crate::sip::dialog::{
    Body, CHALLENGES_MAX, DialogInput, DialogOutput, Ground, OweAck, Reply, State, Unacked,
};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Name, Request, Text};

/// A dialog that the conductor has forgotten and that still has something to say.
#[derive(Clone, Debug)]
pub(crate) enum Closing {
    /// The BYE waits for the ACK of our 2xx.
    Unacked { unacked: Unacked, reason: Option<Text> },
    /// Our INVITE is given up. Without `give_up_at` the CANCEL waits for a provisional (§9.1).
    Cancelling { client: ClientId, reason: Option<Text>, give_up_at: Option<Instant> },
    /// BYE is sent.
    Bye { client: ClientId, request: Box<Request>, challenges: u8 },
}

impl Closing {
    /// Sends BYE, after the end of what a REFER began.
    pub(crate) fn bye(
        body: &mut Body,
        ground: &mut Ground<'_>,
        reason: Option<Text>,
        out: &mut Vec<DialogOutput>,
    ) -> Self {
        body.end_referral(ground, out);
        let client = ground.client();
        let mut request = body.ends.request(ground, Method::Bye, client);
        if let Some(reason) = reason {
            request.headers.push(Name::Reason, reason);
        }
        let request = Box::new(request);
        let flow = body.ends.flow;
        out.push(DialogOutput::Request { client, flow, request: request.clone() });
        Self::Bye { client, request, challenges: 0 }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Unacked { unacked, .. } => Some(unacked.deadline()),
            Self::Cancelling { give_up_at, .. } => *give_up_at,
            // Its transaction has one.
            Self::Bye { .. } => None,
        }
    }

    pub(crate) fn handle(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        input: DialogInput<'_>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        match (&mut self, input) {
            (_, DialogInput::Request { server, request, .. }) => {
                let is_bye = request.method == Method::Bye;
                body.respond(server, Reply::new(if is_bye { 200 } else { 481 }), out);
                if is_bye && matches!(self, Self::Unacked { .. }) {
                    return None;
                }
            }
            (Self::Unacked { unacked, reason }, DialogInput::Ack { cseq, .. })
                if unacked.cseq == cseq =>
            {
                out.push(DialogOutput::Release { server: unacked.server });
                let reason = reason.take();
                return Some(State::Closing(Self::bye(body, ground, reason, out)));
            }
            (Self::Unacked { unacked, reason }, DialogInput::Deadline) => {
                if unacked.give_up_at <= ground.now {
                    let reason = reason.take();
                    return Some(State::Closing(Self::bye(body, ground, reason, out)));
                }
                unacked.tick(ground, out);
            }
            (
                Self::Cancelling { client, reason, give_up_at },
                DialogInput::Response { client: of, response, .. },
            ) if *client == of => match response.status {
                ..200 => {
                    if give_up_at.is_none() {
                        *give_up_at = Some(ground.now + ground.timers.t1 * 64);
                        out.push(DialogOutput::Cancel { client: of, reason: reason.clone() });
                    }
                }
                // It crossed with the CANCEL.
                200..=299 => {
                    body.ends.learn(ground, &body.peer, response, true);
                    OweAck::new(ground, of, response).pay(body, ground, None, out);
                    let reason = reason.take();
                    return Some(State::Closing(Self::bye(body, ground, reason, out)));
                }
                _ => return None,
            },
            (Self::Cancelling { client, .. }, DialogInput::Failed { client: of, .. })
                if *client == of =>
            {
                return None;
            }
            (Self::Cancelling { client, .. }, DialogInput::Deadline) => {
                out.push(DialogOutput::Forget { client: *client });
                return None;
            }
            (
                Self::Bye { client, request, challenges },
                DialogInput::Response { client: of, response, .. },
            ) if *client == of => match response.status {
                ..200 => {}
                401 | 407 if *challenges < CHALLENGES_MAX => {
                    let client = ground.client();
                    let request = body.answer_challenge(ground, client, request, response)?;
                    let request = Box::new(request);
                    let challenges = *challenges + 1;
                    let flow = body.ends.flow;
                    out.push(DialogOutput::Request { client, flow, request: request.clone() });
                    return Some(State::Closing(Self::Bye { client, request, challenges }));
                }
                _ => return None,
            },
            (Self::Bye { client, .. }, DialogInput::Failed { client: of, .. }) if *client == of => {
                return None;
            }
            // The conductor has been told the end: no event comes after it.
            _ => {}
        }
        Some(State::Closing(self))
    }
}
