use crate::base::Instant;
use crate::sip::dialog::{DialogInput, contact, routes};
use crate::sip::stack::drive::{Incoming, written};
use crate::sip::stack::{Gate, Output, Owner, Stack, Start};
use crate::sip::txn::{ClientId, ClientInput};
use crate::sip::wire::{Method, Name, Request, Response, Text};

impl Stack {
    /// A response came. What answers nothing of ours is dropped.
    pub(super) fn response(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        out: &mut Vec<Output>,
    ) {
        let headers = &incoming.response.headers;
        let Some(id) = client_of(incoming.response) else { return };
        let Some(record) = self.clients.get(id) else { return };
        if !headers.cseq().is_ok_and(|cseq| cseq.method == record.method) {
            return;
        }
        let status = incoming.response.status;
        let ack = record
            .invite
            .as_deref()
            .filter(|_| status >= 300)
            .map(|invite| written(&refusal_ack(&invite.request, incoming.response)));
        let to = headers.to().ok();
        let tag = to.as_ref().and_then(|to| to.tag()).unwrap_or("");
        let input = ClientInput::Response { status, tag, ack };
        self.client(now, id, input, Some(incoming), out);
    }

    /// A response that is news.
    pub(super) fn deliver(
        &mut self,
        now: Instant,
        client: ClientId,
        owner: &Owner,
        incoming: &Incoming<'_>,
        out: &mut Vec<Output>,
    ) {
        let response = incoming.response;
        match owner {
            Owner::Dialog(dialog) => {
                // A body that is no SDP is none.
                let sdp = crate::sip::stack::sdp(&response.headers, &response.body).ok().flatten();
                let flow = incoming.flow;
                let input = DialogInput::Response { client, response, sdp, flow };
                self.dialog(now, *dialog, input, out);
            }
            Owner::Trunk(trunk) => self.kept_alive(trunk, client, out),
            Owner::Message(message) => self.message_ended(*message, response.status, out),
            Owner::Nobody => {}
        }
    }

    /// One more phone answered the same INVITE: it is told that it came too late (RFC 3261 §13.2.2.4).
    pub(super) fn end_fork(
        &mut self,
        now: Instant,
        id: ClientId,
        incoming: &Incoming<'_>,
        out: &mut Vec<Output>,
    ) {
        let headers = &incoming.response.headers;
        let Some(record) = self.clients.get(id) else { return };
        let Some(invite) = record.invite.as_deref() else { return };
        let target = contact(headers).unwrap_or_else(|| invite.request.uri.clone());
        let mut route_set = routes(headers);
        route_set.reverse();
        let source = if incoming.flow.connection.is_some() { incoming.flow } else { invite.flow };
        let flow = self.net.flow_to(&invite.peer, &target, route_set.first(), source);
        let (Ok(to), Ok(cseq)) = (headers.to(), invite.request.headers.cseq()) else { return };
        let tag = to.tag().unwrap_or("").to_owned();
        let first = invite.request.headers.clone();
        let mut request = |method: Method, number: u32| {
            let branch = ClientId::new(self.random.next_u64());
            let mut request = Request::new(method, target.clone());
            request.headers.push(Name::Via, self.net.via(&flow, branch));
            for route in &route_set {
                request.headers.push(Name::Route, route.clone());
            }
            request.headers.push(Name::MaxForwards, Text::from_static("70"));
            for (name, from) in [(Name::From, &first), (Name::To, headers), (Name::CallId, &first)]
            {
                let value = from.text(&name).cloned().unwrap_or_default();
                request.headers.push(name, value);
            }
            request.headers.push(Name::CSeq, format!("{number} {}", request.method));
            (branch, request)
        };
        let (_, ack) = request(Method::Ack, cseq.number);
        let (bye_id, bye) = request(Method::Bye, cseq.number.saturating_add(1));
        let bytes = written(&ack);
        out.push(Output::Send { flow, bytes: bytes.clone(), gate: Gate::Open });
        self.client(now, id, ClientInput::Acked { tag: &tag, flow, bytes }, None, out);
        self.send_request(now, bye_id, flow, bye, Owner::Nobody, out);
    }

    /// Sends the CANCEL of an INVITE (§9.1).
    pub(super) fn send_cancel(
        &mut self,
        now: Instant,
        id: ClientId,
        reason: Option<Text>,
        out: &mut Vec<Output>,
    ) {
        let Some(invite) = self.clients.get(id).and_then(|record| record.invite.as_deref()) else {
            return;
        };
        let mut cancel = of_same_branch(&invite.request, Method::Cancel, None);
        if let Some(reason) = reason {
            cancel.headers.push(Name::Reason, reason);
        }
        let flow = invite.flow;
        self.send_request(now, id.cancel(), flow, cancel, Owner::Nobody, out);
    }

    /// Sends a request outside the dialogs' hands.
    pub(super) fn send_request(
        &mut self,
        now: Instant,
        id: ClientId,
        flow: crate::sip::stack::Flow,
        request: Request,
        owner: Owner,
        out: &mut Vec<Output>,
    ) {
        let mut sends = Vec::new();
        let timers = self.net.settings.timers;
        let start = Start { id, flow, request, owner, peer: None };
        self.clients.start(now, &timers, start, &mut sends);
        self.client_told(now, id, None, sends, None, out);
    }
}

/// The transaction that a response belongs to (RFC 3261 §17.1.3).
fn client_of(response: &Response) -> Option<ClientId> {
    let via = response.headers.via().ok()?;
    let digits = via.branch()?.strip_prefix("z9hG4bK")?;
    if digits.len() != 16 {
        return None;
    }
    let id = ClientId::new(u64::from_str_radix(digits, 16).ok()?);
    let is_cancel = response.headers.cseq().ok()?.method == Method::Cancel;
    Some(if is_cancel { id.cancel() } else { id })
}

/// The ACK of a refused INVITE (§17.1.1.3).
fn refusal_ack(invite: &Request, response: &Response) -> Request {
    of_same_branch(invite, Method::Ack, response.headers.text(&Name::To))
}

fn of_same_branch(invite: &Request, method: Method, to: Option<&Text>) -> Request {
    let mut request = Request::new(method, invite.uri.clone());
    for (name, value) in invite.headers.iter() {
        let value = match name {
            Name::Via | Name::Route | Name::From | Name::CallId | Name::MaxForwards => {
                value.clone()
            }
            Name::To => to.unwrap_or(value).clone(),
            Name::CSeq => {
                let number = value.split(' ').next().unwrap_or("1");
                Text::from(format!("{number} {}", request.method))
            }
            _ => continue,
        };
        request.headers.push(name.clone(), value);
    }
    request
}
