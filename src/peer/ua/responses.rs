use std::time::{Duration, Instant};

use rsip::prelude::*;
use rsip::{Header, Method, Response};

use crate::peer::message;
use crate::peer::sdp::Description;
use crate::peer::ua::client::{ClientId, ClientState, Purpose};
use crate::peer::ua::dialog::DialogState;
use crate::peer::ua::timers::Timer;
use crate::peer::ua::{CallKey, EndedBy, Event, Output, Ua};

impl Ua {
    pub(crate) fn response(&mut self, now: Instant, response: Response, out: &mut Vec<Output>) {
        let status = response.status_code.code();
        let Some((id, method)) = self.client_of(&response) else {
            self.complain(format!("{status} that answers nothing of ours"));
            return;
        };
        let Some(client) = self.clients.get(&id) else {
            // Its transaction is over for longer than we remember.
            return;
        };
        if let ClientState::Done { ack } = &client.state {
            if status >= 200
                && let Some((to, bytes)) = ack
            {
                out.push(Output::Send { to: *to, bytes: bytes.clone() });
                self.retransmitted += 1;
            }
            return;
        }
        if let Some(what) = mismatch(&client.request, &response, method) {
            self.complain(format!("{status} to our {method}: {what}"));
            return;
        }
        let purpose = client.purpose;
        if status < 200 {
            self.proceed_client(now, id);
            if let Purpose::Invite(call) = purpose {
                self.provisional(now, call, status, &response, out);
            }
            return;
        }
        if matches!(status, 401 | 407) && self.answer_challenge(now, id, &response, out) {
            return;
        }
        match purpose {
            Purpose::Invite(call) => self.invite_final(now, id, call, status, &response, out),
            Purpose::Reinvite(call) => self.reinvite_final(now, id, call, status, &response, out),
            Purpose::Bye(call) => {
                self.finish_client(now, id, None);
                if status >= 300 {
                    self.complain(format!("{status} to our BYE"));
                }
                let by = self.ending_by(call);
                self.end(now, call, by, out);
            }
            Purpose::Register(account) => {
                self.finish_client(now, id, None);
                self.register_final(now, account, status, &response, out);
            }
            Purpose::Refer(call) => {
                let cseq = message::cseq(&response.headers).map_or(0, |(number, _)| number);
                self.finish_client(now, id, None);
                self.refer_final(call, cseq, status, out);
            }
            Purpose::Text { number, .. } => {
                self.finish_client(now, id, None);
                out.push(Output::Event(Event::TextDone { number, status }));
            }
            Purpose::Other => self.finish_client(now, id, None),
        }
    }

    /// The transaction that a response belongs to, by the branch that we made.
    fn client_of(&self, response: &Response) -> Option<(ClientId, Method)> {
        let branch = message::branch(&response.headers)?;
        let number = branch.strip_prefix(&self.branch_prefix)?;
        let number = u64::from_str_radix(number, 16).ok()?;
        let (_, method) = message::cseq(&response.headers)?;
        Some((ClientId { number, cancel: method == Method::Cancel }, method))
    }

    fn ending_by(&self, call: CallKey) -> EndedBy {
        match self.dialogs.get(&call).map(|dialog| &dialog.state) {
            Some(DialogState::Ending { by }) => *by,
            _ => EndedBy::Us,
        }
    }

    fn provisional(
        &mut self,
        now: Instant,
        call: CallKey,
        status: u16,
        response: &Response,
        out: &mut Vec<Output>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let mut fault = None;
        if status > 100 {
            fault = dialog.learn(response, false).err();
        }
        let DialogState::Calling { client, cancelling, provisional } = &mut dialog.state else {
            return;
        };
        let (client, first) = (*client, !*provisional);
        *provisional = true;
        if first && *cancelling {
            self.cancel(now, client, out);
        }
        if status == 100 {
            out.push(Output::Event(Event::Trying { call }));
        } else {
            out.push(Output::Event(Event::Progress { call, status }));
            if !response.body.is_empty() {
                self.take_answer(call, &response.body, out);
            }
        }
        if let Some(fault) = fault {
            self.complain(format!("{status}: {fault}"));
        }
    }

    /// Reads the answer to our offer; `false` when there is no agreement.
    fn take_answer(&mut self, call: CallKey, body: &[u8], out: &mut Vec<Output>) -> bool {
        let Some(dialog) = self.dialogs.get(&call) else { return false };
        let Some(media) = &dialog.media else { return false };
        let aim = Description::read(body).and_then(|answer| dialog.session.agree(media, &answer));
        match aim {
            Ok(aim) => {
                out.push(Output::Event(Event::Aim { call, aim }));
                true
            }
            Err(why) => {
                self.complain(format!("SDP answer: {why}"));
                false
            }
        }
    }

    fn invite_final(
        &mut self,
        now: Instant,
        id: ClientId,
        call: CallKey,
        status: u16,
        response: &Response,
        out: &mut Vec<Output>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let cancelling = matches!(dialog.state, DialogState::Calling { cancelling: true, .. });
        if status >= 300 {
            self.ack_refusal(now, id, response, out);
            let by = if cancelling && status == 487 {
                EndedBy::GaveUp
            } else {
                EndedBy::Refused(status)
            };
            self.end(now, call, by, out);
            return;
        }
        let fault = dialog.learn(response, true).err();
        dialog.state = DialogState::Up;
        // Not the dialog's counter: a request in the early dialog may have raised it.
        let cseq = message::cseq(&response.headers).map_or(dialog.cseq, |(number, _)| number);
        self.acknowledge(now, call, cseq, id, out);
        if let Some(fault) = fault {
            self.complain(format!("{status} to INVITE: {fault}"));
        }
        if cancelling {
            // The 200 crossed our CANCEL.
            self.send_bye(now, call, EndedBy::GaveUp, out);
            return;
        }
        out.push(Output::Event(Event::Answered { call }));
        if !self.take_answer(call, &response.body, out) {
            self.send_bye(now, call, EndedBy::Broken, out);
        }
    }

    fn reinvite_final(
        &mut self,
        now: Instant,
        id: ClientId,
        call: CallKey,
        status: u16,
        response: &Response,
        out: &mut Vec<Output>,
    ) {
        if status >= 300 {
            self.ack_refusal(now, id, response, out);
        }
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let wished = dialog.session.wish;
        let before = dialog.reinvite.take().map_or(wished, |(_, before)| before);
        if status < 300 {
            if let Some(uri) =
                message::first(&response.headers, "Contact").and_then(message::uri_of)
            {
                dialog.target = uri;
                dialog.find_way();
            }
            let cseq = message::cseq(&response.headers).map_or(dialog.cseq, |(number, _)| number);
            self.acknowledge(now, call, cseq, id, out);
            self.take_answer(call, &response.body, out);
            out.push(Output::Event(Event::Changed { call, status }));
            return;
        }
        dialog.session.wish = before;
        if status == 491 {
            // RFC 3261, 14.1: who made the Call-ID waits longer.
            let units = self.chance.next() % 190;
            let wait = if dialog.is_caller { 2_100 + units * 10 } else { units * 10 };
            dialog.retry = Some(wished);
            self.timers.set(now + Duration::from_millis(wait), Timer::Reinvite(call));
            return;
        }
        out.push(Output::Event(Event::Changed { call, status }));
        if matches!(status, 408 | 481) {
            self.send_bye(now, call, EndedBy::Broken, out);
        }
    }

    /// Answers a challenge if there are credentials; `false` when the refusal stands.
    fn answer_challenge(
        &mut self,
        now: Instant,
        id: ClientId,
        response: &Response,
        out: &mut Vec<Output>,
    ) -> bool {
        let Some(client) = self.clients.get(&id) else { return false };
        let (purpose, challenged) = (client.purpose, client.challenged);
        let (method, uri) = (client.request.method, client.request.uri.to_string());
        let account = match purpose {
            Purpose::Register(account) => Some(account),
            Purpose::Invite(call)
            | Purpose::Reinvite(call)
            | Purpose::Bye(call)
            | Purpose::Refer(call) => self.dialogs.get(&call).and_then(|dialog| dialog.account),
            Purpose::Text { account, .. } => account,
            Purpose::Other => None,
        };
        let Some(account) = account else { return false };
        let is_proxy = response.status_code.code() == 407;
        let name = if is_proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        let offers: Vec<String> =
            message::all(&response.headers, name).map(str::to_owned).collect();
        let Some(value) = self.credentials(account, &offers, challenged, &method.to_string(), &uri)
        else {
            return false;
        };
        let credentials = if is_proxy {
            Header::ProxyAuthorization(rsip::headers::ProxyAuthorization::new(value))
        } else {
            Header::Authorization(rsip::headers::Authorization::new(value))
        };
        let cseq = match purpose {
            Purpose::Register(account) => self.next_register_cseq(account),
            Purpose::Invite(call) | Purpose::Reinvite(call) | Purpose::Bye(call) => {
                let Some(dialog) = self.dialogs.get_mut(&call) else { return false };
                dialog.cseq += 1;
                dialog.cseq
            }
            Purpose::Refer(call) => {
                let Some(dialog) = self.dialogs.get_mut(&call) else { return false };
                dialog.cseq += 1;
                // The subscription is named after the REFER that is accepted.
                let old = message::cseq(&response.headers).map_or(0, |(number, _)| number);
                for id in dialog.refers.iter_mut().filter(|id| **id == old) {
                    *id = dialog.cseq;
                }
                dialog.cseq
            }
            Purpose::Text { .. } => self.next_text_cseq(id),
            Purpose::Other => return false,
        };
        let new = self.relaunch(now, id, cseq, credentials, out);
        if method == Method::Invite {
            self.ack_refusal(now, id, response, out);
        } else {
            self.finish_client(now, id, None);
        }
        if let (Some(new), Purpose::Invite(call) | Purpose::Reinvite(call)) = (new, purpose)
            && let Some(dialog) = self.dialogs.get_mut(&call)
        {
            match (&mut dialog.state, &mut dialog.reinvite) {
                (DialogState::Calling { client, provisional, .. }, _) => {
                    *client = new;
                    *provisional = false;
                    dialog.remote_tag = None;
                    dialog.remote = format!("<{}>", dialog.target);
                }
                (_, Some((client, _))) => *client = new,
                _ => {}
            }
        }
        true
    }

    /// A transaction timed out.
    pub(crate) fn no_response(&mut self, now: Instant, purpose: Purpose, out: &mut Vec<Output>) {
        match purpose {
            Purpose::Invite(call) => self.end(now, call, EndedBy::Timeout, out),
            Purpose::Reinvite(call) => {
                out.push(Output::Event(Event::Changed { call, status: 408 }));
                self.send_bye(now, call, EndedBy::Broken, out);
            }
            Purpose::Bye(call) => {
                let by = self.ending_by(call);
                self.end(now, call, by, out);
            }
            Purpose::Register(account) => self.register_timeout(now, account, out),
            Purpose::Refer(call) => {
                out.push(Output::Event(Event::Referred { call, status: 408 }));
            }
            Purpose::Text { number, .. } => {
                out.push(Output::Event(Event::TextDone { number, status: 408 }));
            }
            Purpose::Other => {}
        }
    }
}

/// What of the request a response fails to repeat (RFC 3261, 8.2.6.2).
fn mismatch(request: &rsip::Request, response: &Response, method: Method) -> Option<String> {
    if request.method != method {
        return Some(format!("CSeq names {method} instead of {}", request.method));
    }
    for name in ["Call-ID", "CSeq"] {
        let (ours, theirs) =
            (message::first(&request.headers, name), message::first(&response.headers, name));
        if ours.map(str::trim) != theirs.map(str::trim) {
            return Some(format!("{name} is {theirs:?} instead of {ours:?}"));
        }
    }
    let tag = |headers| message::first(headers, "From").and_then(message::tag);
    if tag(&request.headers) != tag(&response.headers) {
        return Some("another From tag".to_owned());
    }
    if message::all(&response.headers, "Via").count() != 1 {
        return Some("more than our own Via".to_owned());
    }
    None
}
