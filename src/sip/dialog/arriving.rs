use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{
    Body, DialogInput, DialogOutput, Ends, Ground, Reply, State, Turn, Unacked, Up, Wish,
};
use crate::sip::stack::{DialogEnd, Event};
use crate::sip::txn::ServerId;
use crate::sip::wire::{Method, Name};

/// How often a provisional response is sent again, lest a proxy gives up (RFC 3261 §13.3.1.1).
const REMIND: Duration = Duration::from_secs(60);

/// Their INVITE, which is not answered yet.
#[derive(Clone, Debug)]
pub(crate) struct Arriving {
    server: ServerId,
    /// CSeq of the INVITE, which its ACK will carry; other requests may pass it meanwhile.
    cseq: u32,
    /// Whether the INVITE made an offer.
    is_offered: bool,
    last: Option<Provisional>,
    give_up_at: Instant,
}

#[derive(Clone, Debug)]
struct Provisional {
    status: u16,
    sdp: Option<Bytes>,
    remind_at: Instant,
}

impl Arriving {
    /// Of the INVITE whose ends these are.
    pub(crate) fn new(
        ground: &Ground<'_>,
        ends: &Ends,
        server: ServerId,
        is_offered: bool,
    ) -> Self {
        let give_up_at = ground.now + ground.timers.ring_max;
        let cseq = ends.remote_cseq.unwrap_or(0);
        Self { server, cseq, is_offered, last: None, give_up_at }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.last.as_ref().map_or(self.give_up_at, |last| last.remind_at.min(self.give_up_at))
    }

    pub(crate) fn handle(
        mut self,
        body: &mut Body,
        ground: &mut Ground<'_>,
        input: DialogInput<'_>,
        out: &mut Vec<DialogOutput>,
    ) -> Option<State> {
        match input {
            DialogInput::Wish(Wish::Ring { status, sdp }) => {
                let status = if (101..=199).contains(&status) { status } else { 180 };
                self.ring(ground, Provisional { status, sdp, remind_at: ground.now }, out);
            }
            DialogInput::Wish(Wish::Answer { sdp }) => {
                let reply = Reply {
                    gate: crate::sip::stack::Gate::Records,
                    ..Reply::new(200).with_sdp(Some(sdp))
                };
                out.push(DialogOutput::Respond { server: self.server, reply });
                let unacked = Unacked::new(ground, self.server, self.cseq, !self.is_offered, true);
                return Some(State::Up(Up::new(Turn::Unacked(unacked))));
            }
            DialogInput::Wish(Wish::End { status, reason, retry_after }) => {
                let status = if (300..=699).contains(&status) { status } else { 500 };
                let mut reply = Reply::new(status);
                if let Some(reason) = reason {
                    reply = reply.with(Name::Reason, reason);
                }
                if let Some(seconds) = retry_after {
                    reply = reply.with(Name::RetryAfter, seconds.to_string());
                }
                out.push(DialogOutput::Respond { server: self.server, reply });
                body.ended(DialogEnd::Us, None, out);
                return None;
            }
            DialogInput::Wish(wish) => body.unfit(&wish, out),
            DialogInput::Cancel { server } if server == self.server => {
                self.cancelled(body, out);
                return None;
            }
            DialogInput::Request { server, request, sdp, flow, .. } => match request.method {
                Method::Bye => {
                    out.push(DialogOutput::Respond { server, reply: Reply::new(200) });
                    self.cancelled(body, out);
                    return None;
                }
                Method::Invite => body.later(ground, server, out),
                Method::Update if sdp.is_some() => body.later(ground, server, out),
                _ => body.other_request(ground, server, request, flow, out),
            },
            DialogInput::Closed { .. } => {
                out.push(DialogOutput::Abandon { server: self.server });
                out.push(DialogOutput::Event(Event::Cancelled { dialog: body.id }));
                return None;
            }
            DialogInput::Deadline if self.give_up_at <= ground.now => {
                out.push(DialogOutput::Respond { server: self.server, reply: Reply::new(480) });
                body.ended(DialogEnd::Timeout, None, out);
                return None;
            }
            DialogInput::Deadline => {
                if let Some(last) = self.last.take() {
                    self.ring(ground, last, out);
                }
            }
            DialogInput::Response { client, response, .. } => {
                body.aside_answered(client, response.status, out);
            }
            DialogInput::Failed { client, .. } => body.aside_answered(client, 408, out),
            DialogInput::Ack { .. } | DialogInput::Cancel { .. } => {}
        }
        Some(State::Arriving(self))
    }

    fn ring(&mut self, ground: &Ground<'_>, last: Provisional, out: &mut Vec<DialogOutput>) {
        if last.remind_at <= ground.now {
            let reply = Reply::new(last.status).with_sdp(last.sdp.clone());
            out.push(DialogOutput::Respond { server: self.server, reply });
            self.last = Some(Provisional { remind_at: ground.now + REMIND, ..last });
        } else {
            self.last = Some(last);
        }
    }

    fn cancelled(&self, body: &Body, out: &mut Vec<DialogOutput>) {
        out.push(DialogOutput::Respond { server: self.server, reply: Reply::new(487) });
        out.push(DialogOutput::Event(Event::Cancelled { dialog: body.id }));
    }
}
