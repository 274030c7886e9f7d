use std::net::SocketAddr;
use std::time::Instant;

use rsip::prelude::*;
use rsip::{Header, Method, Request};

use crate::peer::message;
use crate::peer::sdp::{Description, Direction, Session};
use crate::peer::ua::dialog::{Dialog, DialogState};
use crate::peer::ua::refer::Notify;
use crate::peer::ua::server::{self, ServerState};
use crate::peer::ua::{CallKey, Caller, EndedBy, Event, Output, Ua};

impl Ua {
    pub(crate) fn request(
        &mut self,
        now: Instant,
        from: SocketAddr,
        request: Request,
        out: &mut Vec<Output>,
    ) {
        let method = request.method;
        if method == Method::Ack {
            self.ack(now, &request, out);
            return;
        }
        let known = server::key(&request, method).and_then(|key| self.server_keys.get(&key));
        if let Some(id) = known {
            let id = *id;
            self.repeat(id, out);
            return;
        }
        let invite = server::key(&request, Method::Invite)
            .and_then(|key| self.server_keys.get(&key))
            .copied();
        let to_tag =
            message::first(&request.headers, "To").and_then(message::tag).map(str::to_owned);
        let dialog = to_tag.as_deref().map(|tag| self.dialog_of(tag, &request));
        let Some(server) = self.open_server(now, from, request) else { return };
        if method == Method::Cancel {
            self.cancelled(now, server, invite, out);
            return;
        }
        match dialog {
            Some(Ok(call)) => self.inside(now, server, call, out),
            Some(Err(why)) => {
                if let Some(why) = why {
                    self.complain(format!("{method}: {why}"));
                }
                self.plain_reply(now, server, 481, out);
            }
            None => match method {
                Method::Invite => self.incoming(now, server, out),
                Method::Options => self.plain_reply(now, server, 200, out),
                Method::Message => self.texted(now, server, out),
                Method::Bye | Method::Notify | Method::Update | Method::Info => {
                    self.plain_reply(now, server, 481, out);
                }
                _ => self.plain_reply(now, server, 405, out),
            },
        }
    }

    /// Finds the dialog of a request; the error is a complaint, if it is worth one.
    fn dialog_of(&self, tag: &str, request: &Request) -> Result<CallKey, Option<String>> {
        let call = *self.tags.get(tag).ok_or(None)?;
        let dialog = self.dialogs.get(&call).ok_or(None)?;
        if message::first(&request.headers, "Call-ID").map(str::trim) != Some(&*dialog.call_id) {
            return Err(Some("our tag with another Call-ID".to_owned()));
        }
        let theirs = message::first(&request.headers, "From").and_then(message::tag);
        if theirs != dialog.remote_tag.as_deref() {
            return Err(Some(format!("From tag {theirs:?} instead of {:?}", dialog.remote_tag)));
        }
        Ok(call)
    }

    /// A response without Contact, SDP or dialog.
    fn plain_reply(&mut self, now: Instant, server: u64, status: u16, out: &mut Vec<Output>) {
        let tag = self.chance.word();
        let Some(transaction) = self.servers.get(&server) else { return };
        let mut response =
            message::respond(&transaction.request, transaction.source, status, Some(&tag));
        if matches!(status, 200 | 405) {
            response.headers.push(Self::allow());
        }
        if status == 420
            && let Some(extension) = message::first(&transaction.request.headers, "Require")
        {
            response
                .headers
                .push(Header::Unsupported(rsip::headers::Unsupported::new(extension.to_owned())));
        }
        message::finish(&mut response.headers, &mut response.body, None);
        self.reply(now, server, response, out);
    }

    fn incoming(&mut self, now: Instant, server: u64, out: &mut Vec<Output>) {
        let Some(transaction) = self.servers.get(&server) else { return };
        let request = &transaction.request;
        let source = transaction.source;
        let headers = &request.headers;
        if message::first(headers, "Require").is_some_and(|value| !value.trim().is_empty()) {
            return self.plain_reply(now, server, 420, out);
        }
        let called = request.uri.user().unwrap_or_default().to_owned();
        if !self.settings.users.is_empty() && !self.settings.users.contains(&called) {
            return self.plain_reply(now, server, 404, out);
        }
        let from = message::first(headers, "From").unwrap_or_default().to_owned();
        let Some(target) = message::first(headers, "Contact").and_then(message::uri_of) else {
            self.complain("INVITE without Contact".to_owned());
            return self.plain_reply(now, server, 400, out);
        };
        let offer = match request.body.is_empty() {
            true => None,
            false => match Description::read(&request.body) {
                Ok(offer) => Some(offer),
                Err(why) => {
                    self.complain(format!("SDP offer: {why}"));
                    return self.plain_reply(now, server, 488, out);
                }
            },
        };
        let caller = Caller {
            number: message::user_of(&from).unwrap_or_default(),
            display: display_of(&from),
            called: called.clone(),
            headers: message::list(headers),
        };
        let auto_answer = wants_answer(headers);
        let mut routes: Vec<String> = Vec::new();
        for value in message::all(headers, "Record-Route") {
            routes.extend(value.split(',').map(|route| route.trim().to_owned()));
        }
        let to = message::first(headers, "To").unwrap_or_default().to_owned();
        let call_id = message::first(headers, "Call-ID").unwrap_or_default().trim().to_owned();
        let remote_cseq = message::cseq(headers).map_or(0, |(number, _)| number);
        let call = self.number();
        let local_tag = self.chance.word();
        let mut dialog = Dialog {
            call_id,
            account: self.account_of(&called),
            user: called,
            local: to,
            local_tag: local_tag.clone(),
            remote_tag: message::tag(&from).map(str::to_owned),
            remote: from,
            target,
            routes,
            to: source,
            cseq: (self.chance.next() % 10_000) as u32,
            remote_cseq,
            state: DialogState::Ringing { server, offer },
            session: Session::new(self.chance.next()),
            media: None,
            reinvite: None,
            retry: None,
            refers: Vec::new(),
            unacknowledged: None,
            answer_in_ack: false,
            is_caller: false,
        };
        dialog.find_way();
        self.dialogs.insert(call, dialog);
        self.tags.insert(local_tag, call);
        if let Some(transaction) = self.servers.get_mut(&server) {
            transaction.call = Some(call);
        }
        out.push(Output::Event(Event::Incoming { call, caller: Box::new(caller), auto_answer }));
    }

    fn cancelled(&mut self, now: Instant, server: u64, invite: Option<u64>, out: &mut Vec<Output>) {
        let Some(invite) = invite else { return self.plain_reply(now, server, 481, out) };
        self.plain_reply(now, server, 200, out);
        let Some(transaction) = self.servers.get(&invite) else { return };
        let (ServerState::Open, Some(call)) = (&transaction.state, transaction.call) else {
            return;
        };
        self.respond_in(now, invite, call, 487, None, out);
        self.end(now, call, EndedBy::Cancelled, out);
    }

    /// A request inside a dialog.
    fn inside(&mut self, now: Instant, server: u64, call: CallKey, out: &mut Vec<Output>) {
        let (Some(transaction), Some(dialog)) =
            (self.servers.get_mut(&server), self.dialogs.get_mut(&call))
        else {
            return;
        };
        transaction.call = Some(call);
        let method = transaction.request.method;
        let body = transaction.request.body.clone();
        let target = message::address_of(&transaction.request.uri);
        let headers = &transaction.request.headers;
        let number = message::cseq(headers).map_or(0, |(number, _)| number);
        let content_type =
            message::first(headers, "Content-Type").unwrap_or_default().trim().to_owned();
        let event = message::first(headers, "Event").unwrap_or_default().trim().to_owned();
        let state = message::first(headers, "Subscription-State").unwrap_or_default();
        let state = state.trim().to_owned();
        let contact = message::first(headers, "Contact").and_then(message::uri_of);
        let before = dialog.remote_cseq;
        if number <= before {
            self.complain(format!("{method} with CSeq {number} after {before}"));
            return self.plain_reply(now, server, 500, out);
        }
        dialog.remote_cseq = number;
        let local = self.local;
        if target.is_some_and(|target| target != local) {
            self.complain(format!("{method} to {target:?} instead of our Contact {local}"));
        }
        match method {
            Method::Bye => {
                self.plain_reply(now, server, 200, out);
                self.ended_by_them(now, call, out);
            }
            Method::Invite | Method::Update => {
                if let Some(contact) = contact
                    && let Some(dialog) = self.dialogs.get_mut(&call)
                {
                    dialog.target = contact;
                    dialog.find_way();
                }
                self.session_change(now, server, call, method, &body, out);
            }
            Method::Info => {
                self.plain_reply(now, server, 200, out);
                out.push(Output::Event(Event::Info { call, content_type, body }));
            }
            Method::Notify => {
                let package = event.split(';').next().unwrap_or_default().to_owned();
                let notify = Notify { event, state, content_type, body };
                let status = match package.as_str() {
                    "" => 489,
                    "refer" => self.refer_notified(call, &notify, out),
                    _ => 200,
                };
                self.plain_reply(now, server, status, out);
                if package == "talk" {
                    out.push(Output::Event(Event::Talk { call }));
                }
            }
            Method::Message => self.texted(now, server, out),
            Method::Options => self.plain_reply(now, server, 200, out),
            _ => self.plain_reply(now, server, 405, out),
        }
    }

    fn texted(&mut self, now: Instant, server: u64, out: &mut Vec<Output>) {
        let Some(transaction) = self.servers.get(&server) else { return };
        let request = transaction.request.clone();
        let status = self.text(&request, out);
        self.plain_reply(now, server, status, out);
    }

    fn ended_by_them(&mut self, now: Instant, call: CallKey, out: &mut Vec<Output>) {
        let Some(dialog) = self.dialogs.get(&call) else { return };
        match &dialog.state {
            // Both hung up at once: ours is answered too.
            DialogState::Ending { .. } => {}
            DialogState::Ringing { server, .. } => {
                self.respond_in(now, *server, call, 487, None, out);
                self.end(now, call, EndedBy::Cancelled, out);
            }
            _ => self.end(now, call, EndedBy::Them, out),
        }
    }

    /// re-INVITE or UPDATE.
    fn session_change(
        &mut self,
        now: Instant,
        server: u64,
        call: CallKey,
        method: Method,
        body: &[u8],
        out: &mut Vec<Output>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let is_invite = method == Method::Invite;
        if is_invite && !matches!(dialog.state, DialogState::Up)
            || dialog.reinvite.is_some()
            || dialog.unacknowledged.is_some()
        {
            return self.plain_reply(now, server, 491, out);
        }
        if body.is_empty() && !is_invite {
            return self.respond_in(now, server, call, 200, None, out);
        }
        let Some(media) = dialog.media.clone() else {
            return self.plain_reply(now, server, 488, out);
        };
        let sdp = if body.is_empty() {
            dialog.answer_in_ack = true;
            dialog.session.offer(&media)
        } else {
            let answer = Description::read(body).and_then(|offer| {
                let direction = offer.direction;
                dialog.session.answer(&media, &offer).map(|(sdp, aim)| (sdp, aim, direction))
            });
            match answer {
                Ok((sdp, aim, direction)) => {
                    out.push(Output::Event(Event::Aim { call, aim }));
                    out.push(Output::Event(Event::Reinvited { call, direction }));
                    sdp
                }
                Err(why) => {
                    self.complain(format!("offer in {method}: {why}"));
                    return self.plain_reply(now, server, 488, out);
                }
            }
        };
        if is_invite {
            dialog.unacknowledged = Some(server);
        }
        self.respond_in(now, server, call, 200, Some(sdp), out);
    }

    fn ack(&mut self, now: Instant, request: &Request, out: &mut Vec<Output>) {
        let known = server::key(request, Method::Invite)
            .and_then(|key| self.server_keys.get(&key))
            .copied();
        if let Some(id) = known {
            let success = self
                .servers
                .get(&id)
                .is_some_and(|s| matches!(s.state, ServerState::WaitAck { success: true, .. }));
            if success {
                self.complain("ACK of a 200 with the branch of its INVITE".to_owned());
            } else {
                self.close_server(now, id);
                return;
            }
        }
        let tag = message::first(&request.headers, "To").and_then(message::tag);
        let Some(call) = tag.and_then(|tag| self.dialog_of(tag, request).ok()) else { return };
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let Some(server) = dialog.unacknowledged else { return };
        let number = message::cseq(&request.headers).map_or(0, |(number, _)| number);
        let expected = self
            .servers
            .get(&server)
            .and_then(|server| message::cseq(&server.request.headers))
            .map_or(0, |(number, _)| number);
        if number != expected {
            self.complain(format!("ACK with CSeq {number} instead of {expected}"));
            return;
        }
        dialog.unacknowledged = None;
        let wants_answer = std::mem::take(&mut dialog.answer_in_ack);
        let mut hang_up = false;
        if let DialogState::Accepted { ending } = dialog.state {
            hang_up = ending;
            dialog.state = DialogState::Up;
            out.push(Output::Event(Event::Confirmed { call }));
        }
        if wants_answer && let Some(media) = &dialog.media {
            let answer = Description::read(&request.body).and_then(|answer| {
                let direction: Direction = answer.direction;
                dialog.session.agree(media, &answer).map(|aim| (aim, direction))
            });
            match answer {
                Ok((aim, direction)) => {
                    out.push(Output::Event(Event::Aim { call, aim }));
                    out.push(Output::Event(Event::Reinvited { call, direction }));
                }
                Err(why) => {
                    self.complain(format!("answer in ACK: {why}"));
                    hang_up = true;
                }
            }
        }
        self.close_server(now, server);
        if hang_up {
            self.send_bye(now, call, EndedBy::Us, out);
        }
    }
}

fn display_of(value: &str) -> Option<String> {
    let name = value.split_once('<')?.0.trim().trim_matches('"').trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// `Call-Info: …;answer-after=0` or `Alert-Info: …;info=alert-autoanswer`.
fn wants_answer(headers: &rsip::Headers) -> bool {
    message::all(headers, "Call-Info")
        .any(|value| message::parameter(value, "answer-after") == Some("0"))
        || message::all(headers, "Alert-Info")
            .any(|value| message::parameter(value, "info") == Some("alert-autoanswer"))
}
