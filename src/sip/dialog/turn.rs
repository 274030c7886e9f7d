use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{ANSWER_MAX, Body, DialogOutput, Ground, attach};
use crate::sip::txn::{Backoff, ClientId, ServerId};
use crate::sip::wire::{Request, Response};

/// Whose turn it is in an answered dialog. At most one offer is under way (RFC 3261 §14,
/// RFC 3311 §5).
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// Nobody's: each side may begin.
    Free,
    /// We sent a 2xx to an INVITE and wait for its ACK.
    Unacked(Unacked),
    /// They made an offer (or want one), and the conductor must answer.
    Theirs(Theirs),
    /// Our re-INVITE is under way.
    Ours(Ours),
    /// Our re-INVITE met theirs; it is sent again at `at`.
    Glare { at: Instant, sdp: Option<Bytes>, tries: u8 },
    /// Their 2xx made an offer, and the conductor owes the answer that the ACK carries.
    OweAck(OweAck),
}

/// A 2xx to an INVITE that has no ACK yet.
#[derive(Clone, Debug)]
pub(crate) struct Unacked {
    pub(crate) server: ServerId,
    pub(crate) cseq: u32,
    pub(crate) backoff: Backoff,
    pub(crate) give_up_at: Instant,
    /// Whether the 2xx made the offer.
    pub(crate) is_offer: bool,
    /// Whether it answers the dialog's first INVITE.
    pub(crate) is_first: bool,
}

impl Unacked {
    pub(crate) fn new(
        ground: &Ground<'_>,
        server: ServerId,
        cseq: u32,
        is_offer: bool,
        is_first: bool,
    ) -> Self {
        let backoff = Backoff::doubling(ground.now, ground.timers.t1);
        let give_up_at = ground.now + ground.timers.t1 * 64;
        Self { server, cseq, backoff, give_up_at, is_offer, is_first }
    }

    pub(crate) fn deadline(&self) -> Instant {
        self.backoff.at().min(self.give_up_at)
    }

    /// Sends the 2xx again if it is time.
    pub(crate) fn tick(&mut self, ground: &Ground<'_>, out: &mut Vec<DialogOutput>) {
        if self.backoff.at() <= ground.now {
            self.backoff.double(ground.now, ground.timers.t2);
            out.push(DialogOutput::Resend { server: self.server });
        }
    }
}

/// An offer of the peer, or its wish for one.
#[derive(Clone, Debug)]
pub(crate) struct Theirs {
    pub(crate) server: ServerId,
    /// CSeq of the re-INVITE; `None`: it is an UPDATE, which has no ACK.
    pub(crate) invite: Option<u32>,
    /// Whether the request made the offer.
    pub(crate) is_offered: bool,
    pub(crate) give_up_at: Instant,
}

/// A re-INVITE of ours.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    pub(crate) client: ClientId,
    pub(crate) request: Box<Request>,
    pub(crate) tries: u8,
    pub(crate) challenges: u8,
    pub(crate) give_up_at: Instant,
}

/// The ACK that we owe for a 2xx.
#[derive(Clone, Debug)]
pub(crate) struct OweAck {
    client: ClientId,
    cseq: u32,
    pub(crate) give_up_at: Instant,
}

impl OweAck {
    /// Of the 2xx `response` to the INVITE of `client`. Its CSeq is the INVITE's, which other requests
    /// may have passed meanwhile.
    pub(crate) fn new(ground: &Ground<'_>, client: ClientId, response: &Response) -> Self {
        let cseq = response.headers.cseq().map_or(1, |cseq| cseq.number);
        Self { client, cseq, give_up_at: ground.now + ANSWER_MAX }
    }

    /// Sends the ACK.
    pub(crate) fn pay(
        &self,
        body: &Body,
        ground: &mut Ground<'_>,
        sdp: Option<Bytes>,
        out: &mut Vec<DialogOutput>,
    ) {
        let branch = ground.client();
        let mut ack = body.ends.ack(ground, branch, self.cseq);
        attach(&mut ack, sdp);
        let tag = body.ends.remote_tag.clone().unwrap_or_default();
        let flow = body.ends.flow;
        out.push(DialogOutput::Ack { client: self.client, tag, flow, ack: Box::new(ack) });
    }
}
