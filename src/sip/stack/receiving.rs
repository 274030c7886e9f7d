use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{DialogInput, Reply};
use crate::sip::stack::asked::Asked;
use crate::sip::stack::drive::Incoming;
use crate::sip::stack::head::reply_to;
use crate::sip::stack::{Event, Flow, Head, Output, Peer, Stack};
use crate::sip::txn::ServerInput;
use crate::sip::wire::{Fault, Message, Method, Name, ParseError, Response, parse};

impl Stack {
    /// One message came.
    pub(super) fn received(
        &mut self,
        now: Instant,
        flow: Flow,
        bytes: Bytes,
        out: &mut Vec<Output>,
    ) {
        let length = bytes.len();
        #[cfg(test)]
        if bytes.windows(15).any(|part| part == b"X-Break: stack\r") {
            panic!("broken for a test");
        }
        match parse(bytes) {
            Ok(Message::Request(request)) => {
                if let Some(asked) = Asked::new(flow, request, length) {
                    self.request(now, &asked, out);
                }
            }
            Ok(Message::Response(response)) => {
                self.response(now, &Incoming { flow, response: &response }, out);
            }
            Err(error) => self.unreadable(flow, length, &error, out),
        }
    }

    fn request(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        match asked.request.method {
            Method::Ack => return self.ack(now, asked, out),
            Method::Cancel => return self.cancel(now, asked, out),
            _ => {}
        }
        if let Some(id) = self.servers.find(&asked.key(&asked.request.method)) {
            // The same branch from another address is no retransmission, and answering it would tell
            // a third party what this one was told.
            match self.servers.get(id) {
                Some(record) if record.flow.peer.ip() == asked.flow.peer.ip() => {
                    self.server(now, id, ServerInput::Again, out);
                }
                _ => out.push(stranger(&asked.flow)),
            }
            return;
        }
        // Calls that are up go on for longer: what ends them frees tables.
        let is_new = asked.to.tag().is_none();
        let servers_max =
            self.net.settings.limits.servers.saturating_mul(if is_new { 1 } else { 2 });
        if self.servers.len() >= servers_max {
            let seconds = self.net.settings.limits.retry_after.to_string();
            let reply = Reply::new(503).with(Name::RetryAfter, seconds);
            self.reply_stateless(asked, reply, out);
            if asked.request.method == Method::Invite
                && let Some(trunk) = self.net.trunk_at(asked.flow.peer)
            {
                let peer = Peer::Trunk(trunk.clone());
                let info = self.invite_info(asked, &peer);
                out.push(Output::Event(Event::Refused { peer, info, status: 503 }));
            }
            return;
        }
        if !is_new {
            self.in_dialog(now, asked, out);
        } else {
            self.outside_dialog(now, asked, out);
        }
    }

    /// An ACK is never answered, so what does not fit is dropped.
    fn ack(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        if let Some(id) = self.servers.find(&asked.key(&Method::Invite))
            && let Some(record) = self.servers.get(id)
            && record.flow.peer.ip() == asked.flow.peer.ip()
            && record.is_refused_invite()
        {
            return self.server(now, id, ServerInput::Ack, out);
        }
        let Some(id) = self.dialog_of(asked) else { return };
        if !self.is_from_peer(id, &asked.flow) {
            out.push(stranger(&asked.flow));
            return;
        }
        let sdp = crate::sip::stack::sdp(&asked.request.headers, &asked.request.body);
        let sdp = sdp.ok().flatten();
        self.dialog(now, id, DialogInput::Ack { cseq: asked.cseq, sdp }, out);
    }

    /// A CANCEL cannot be challenged: it must come from where its INVITE came from (R12).
    fn cancel(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        let found = self.servers.find(&asked.key(&Method::Invite));
        let Some((id, record)) = found.and_then(|id| Some((id, self.servers.get(id)?))) else {
            if self.is_familiar(asked) {
                self.reply_stateless(asked, Reply::new(481), out);
            } else {
                self.challenge(now, asked, Denied::HOSTILE, out);
            }
            return;
        };
        if record.flow.peer.ip() != asked.flow.peer.ip() {
            out.push(stranger(&asked.flow));
            return;
        }
        let (tag, dialog, is_pending) =
            (record.tag.clone(), record.dialog, record.is_pending_invite());
        // The same answer whenever it comes, so it needs no transaction.
        let head = asked.head();
        let response = head.respond(&self.net, &tag, &asked.flow, Reply::new(200));
        self.send_response(asked, &response, out);
        if is_pending && let Some(dialog) = dialog {
            self.dialog(now, dialog, DialogInput::Cancel { server: id }, out);
        }
    }

    /// A datagram that is no message.
    fn unreadable(&mut self, flow: Flow, length: usize, error: &ParseError, out: &mut Vec<Output>) {
        if matches!(error.what, Fault::KeepAlive) {
            return;
        }
        let trunk = self.net.trunk_at(flow.peer).cloned();
        if trunk.is_none() {
            out.push(stranger(&flow));
        }
        let Some(answerable) = error.answerable.as_deref() else { return };
        if answerable.method == Method::Ack {
            return;
        }
        let status = error.status();
        if answerable.headers.has(Name::Via) {
            // What cannot be read of the Via goes back as it came, to where it came from.
            let (to, response) = match &answerable.via {
                Some(via) => {
                    let head = Head::of(&answerable.headers, via, &flow);
                    let tag = format!("{:016x}", self.random.next_u64());
                    let response = head.respond(&self.net, &tag, &flow, Reply::new(status));
                    (reply_to(flow, via), response)
                }
                None => (flow, Response::answering(&answerable.headers, status)),
            };
            self.send_within(to, length, &response, out);
        }
        if answerable.method == Method::Invite
            && let Some(trunk) = trunk
        {
            let info = crate::sip::stack::info_of_unreadable(answerable);
            out.push(Output::Event(Event::Refused { peer: Peer::Trunk(trunk), info, status }));
        }
    }
}

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Denied {
    /// The nonce was right once.
    pub(super) is_stale: bool,
    /// Not just a phone's first request, which has no credentials yet.
    pub(super) is_hostile: bool,
}

impl Denied {
    pub(super) const HOSTILE: Self = Self { is_stale: false, is_hostile: true };
}

/// One more request of somebody unknown.
pub(super) fn stranger(flow: &Flow) -> Output {
    Output::Event(Event::Stranger { source: flow.peer.ip().to_canonical() })
}
