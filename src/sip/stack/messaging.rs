use bytes::Bytes;

use crate::base::{AccountId, Instant};
use crate::sip::stack::drive::written;
use crate::sip::stack::inviting::Target;
use crate::sip::stack::{Caller, Destination, Event, Output, Owner, Stack};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Name, NameAddr, Params, Request, Text, Uri};

/// Longest message that may go over UDP, head and body together (RFC 3428 §8, RFC 3261 §18.1.1).
const DATAGRAM_MAX: usize = 1_300;
/// Longest text over TCP.
const TEXT_MAX: usize = 16_384;

impl Stack {
    /// `Command::Message`.
    pub(super) fn send_message(
        &mut self,
        now: Instant,
        id: u64,
        to: AccountId,
        from: &Caller,
        text: &Text,
        out: &mut Vec<Output>,
    ) {
        let target = match self.target(&Destination::Account(to)) {
            Ok(target) => target,
            Err(nowhere) => return message_done(id, nowhere.status, out),
        };
        let client = ClientId::new(self.random.next_u64());
        let flow = target.flow;
        let request = self.message(client, target, from, text);
        let length = written(&request).len();
        if text.len() > TEXT_MAX || (!flow.transport.is_reliable() && length > DATAGRAM_MAX) {
            return message_done(id, 513, out);
        }
        if !self.messages.begin() {
            return message_done(id, 503, out);
        }
        self.send_request(now, client, flow, request, Owner::Message(id), out);
    }

    /// A message of ours has come to its end.
    pub(super) fn message_ended(&mut self, id: u64, status: u16, out: &mut Vec<Output>) {
        self.messages.end();
        message_done(id, status, out);
    }

    /// A MESSAGE has no Contact (RFC 3428 §4).
    fn message(&mut self, client: ClientId, target: Target, from: &Caller, text: &Text) -> Request {
        let Target { uri, to, flow, host, .. } = target;
        let user = from.user.as_deref().unwrap_or("anonymous");
        let tag = self.new_tag();
        let from = NameAddr::new(Uri::sip(Some(user), &host, None), Params::default())
            .with_display(from.display.clone())
            .with_tag(&tag);
        let mut request = Request::new(Method::Message, uri);
        let headers = &mut request.headers;
        headers.push(Name::Via, self.net.via(&flow, client));
        headers.push(Name::MaxForwards, Text::from_static("70"));
        headers.push(Name::From, from);
        headers.push(Name::To, NameAddr::new(to, Params::default()));
        headers.push(Name::CallId, format!("{:032x}", self.random.next_u128()));
        headers.push(Name::CSeq, Text::from_static("1 MESSAGE"));
        self.net.sign(headers, &Method::Message);
        headers.push(Name::ContentType, Text::from_static("text/plain;charset=UTF-8"));
        request.body = Bytes::copy_from_slice(text.as_bytes());
        request
    }
}

fn message_done(id: u64, status: u16, out: &mut Vec<Output>) {
    out.push(Output::Event(Event::MessageDone { id, status }));
}
