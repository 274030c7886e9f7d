use std::net::SocketAddr;
use std::time::Instant;

use rsip::prelude::*;
use rsip::{Header, Method, Request, Uri};

use crate::peer::message;
use crate::peer::ua::client::{ClientId, Purpose};
use crate::peer::ua::{Event, Output, Ua};

/// Longest message over UDP (RFC 3428, 8).
const DATAGRAM_MAX: usize = 1_300;

/// A text to be sent.
#[derive(Debug, Clone)]
pub(crate) struct OutText {
    /// User part of From.
    pub(crate) user: String,
    /// Answers challenges with this account's password.
    pub(crate) account: Option<usize>,
    pub(crate) uri: Uri,
    pub(crate) to: SocketAddr,
    pub(crate) content_type: String,
    pub(crate) text: String,
}

impl Ua {
    /// MESSAGE outside of any call (RFC 3428); its fate comes as `TextDone` with this number.
    pub(crate) fn send_text(&mut self, now: Instant, text: OutText, out: &mut Vec<Output>) -> u64 {
        let number = self.number();
        let tag = self.chance.word();
        let from = format!("<sip:{}@{}>;tag={tag}", text.user, self.local.ip());
        let call_id = format!("{}@{}", self.chance.word(), self.local.ip());
        let method = Method::Message;
        let mut headers = rsip::Headers::from(vec![
            Header::MaxForwards(rsip::headers::MaxForwards::from("70")),
            Header::From(rsip::headers::From::from(from)),
            Header::To(rsip::headers::To::from(format!("<{}>", text.uri))),
            Header::CallId(rsip::headers::CallId::from(call_id)),
            rsip::typed::CSeq::from((1, method)).into(),
            Header::UserAgent(rsip::headers::UserAgent::from(self.settings.user_agent.clone())),
            Header::ContentType(rsip::headers::ContentType::new(text.content_type)),
        ]);
        let mut body = text.text.into_bytes();
        message::finish(&mut headers, &mut body, None);
        let request = Request { method, uri: text.uri, version: rsip::Version::V2, headers, body };
        let purpose = Purpose::Text { number, account: text.account };
        self.start_client(now, purpose, request, text.to, out);
        number
    }

    /// The CSeq of a MESSAGE that is sent again with an answer to a challenge.
    pub(crate) fn next_text_cseq(&self, id: ClientId) -> u32 {
        let client = self.clients.get(&id);
        let cseq = client.and_then(|client| message::cseq(&client.request.headers));
        cseq.map_or(1, |(number, _)| number + 1)
    }

    /// A MESSAGE came; returns how it is answered.
    pub(crate) fn text(&mut self, request: &Request, out: &mut Vec<Output>) -> u16 {
        let headers = &request.headers;
        let called = request.uri.user().unwrap_or_default().to_owned();
        if !self.settings.users.is_empty() && !self.settings.users.contains(&called) {
            return 404;
        }
        let kind = message::first(headers, "Content-Type").unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let Ok(text) = String::from_utf8(request.body.clone()) else { return 400 };
        if !kind.eq_ignore_ascii_case("text/plain") {
            return 415;
        }
        let from = message::first(headers, "From").unwrap_or_default();
        let from = message::user_of(from).unwrap_or_default();
        let has_contact = message::first(headers, "Contact").is_some();
        let length = Vec::<u8>::from(request.clone()).len();
        out.push(Output::Event(Event::Text { from, text }));
        if has_contact {
            self.complain("MESSAGE with a Contact".to_owned());
        }
        if length > DATAGRAM_MAX {
            self.complain(format!("MESSAGE of {length} bytes over UDP"));
        }
        200
    }
}
