use bytes::Bytes;

use crate::sip::auth::{Algorithm, Answer, ha1};
use crate::sip::stack::Flow;
use crate::sip::stack::tests::bench::udp;
use crate::sip::wire::{Name, Request, Response};

/// The far end, as far as it writes messages.
#[derive(Clone, Debug)]
pub(super) struct Far {
    pub(super) flow: Flow,
    pub(super) user: &'static str,
    pub(super) call_id: String,
    pub(super) tag: String,
    /// Our tag, once known.
    pub(super) to_tag: Option<String>,
    pub(super) cseq: u32,
    pub(super) branch: u32,
    /// What is added to the next requests.
    pub(super) extra: String,
    /// Request-URI.
    pub(super) uri: String,
    pub(super) contact: String,
}

impl Far {
    pub(super) fn new(flow: Flow) -> Self {
        Self {
            flow,
            user: "carrier",
            call_id: "call".into(),
            tag: "far".into(),
            to_tag: None,
            cseq: 1,
            branch: 1,
            extra: String::new(),
            uri: "sip:12345@10.0.0.1".into(),
            contact: format!("<sip:far@{}>", flow.peer),
        }
    }

    pub(super) fn carrier() -> Self {
        Self::new(udp("10.0.0.2:5060"))
    }

    /// A request with the present CSeq and branch.
    pub(super) fn write(&self, method: &str, sdp: Option<&str>) -> Bytes {
        let Self { flow, user, call_id, tag, cseq, branch, extra, uri, contact, .. } = self;
        let (transport, peer) = (flow.transport.name(), flow.peer);
        let to = match &self.to_tag {
            Some(to_tag) => format!("<sip:12345@10.0.0.1>;tag={to_tag}"),
            None => "<sip:12345@10.0.0.1>".into(),
        };
        let sdp_type = sdp.map_or("", |_| "Content-Type: application/sdp\r\n");
        let body = sdp.unwrap_or("");
        let length = body.len();
        Bytes::from(format!(
            "{method} {uri} SIP/2.0\r\n\
             Via: SIP/2.0/{transport} {peer};branch=z9hG4bK{call_id}{branch};rport\r\n\
             Max-Forwards: 70\r\n\
             From: \"Some One\" <sip:{user}@far>;tag={tag}\r\n\
             To: {to}\r\n\
             Call-ID: {call_id}\r\n\
             CSeq: {cseq} {method}\r\n\
             Contact: {contact}\r\n\
             {extra}{sdp_type}Content-Length: {length}\r\n\r\n{body}"
        ))
    }

    /// A new request: next CSeq and branch.
    pub(super) fn next(&mut self, method: &str, sdp: Option<&str>) -> Bytes {
        self.cseq += 1;
        self.branch += 1;
        self.write(method, sdp)
    }

    /// The ACK of a 2xx: same CSeq, new branch.
    pub(super) fn ack(&mut self, sdp: Option<&str>) -> Bytes {
        self.branch += 1;
        self.write("ACK", sdp)
    }

    /// Learns our tag.
    pub(super) fn learn(&mut self, response: &Response) {
        self.to_tag = response.headers.to().unwrap().tag().map(str::to_owned);
    }

    /// A response to a request of the stack.
    pub(super) fn respond(&self, request: &Request, status: u16, sdp: Option<&str>) -> Bytes {
        let mut response = Response::answering(&request.headers, status);
        let to = request.headers.to().unwrap();
        if to.tag().is_none() && status > 100 {
            response.headers.set(Name::To, to.with_tag(&self.tag));
        }
        response.headers.push(Name::Contact, self.contact.as_str());
        for line in self.extra.lines() {
            let (name, value) = line.split_once(": ").unwrap();
            response.headers.push(Name::from(name), value);
        }
        if let Some(sdp) = sdp {
            response.headers.push(Name::ContentType, "application/sdp");
            response.body = Bytes::copy_from_slice(sdp.as_bytes());
        }
        let mut bytes = Vec::new();
        response.write(&mut bytes);
        bytes.into()
    }

    /// Answers the challenge of a 401 for the next request with this method and the present URI.
    pub(super) fn authorize(
        &mut self,
        challenge: &Response,
        method: &str,
        user: &str,
        password: &str,
        nc: u32,
    ) {
        let challenge = challenge.headers.challenges(Name::WwwAuthenticate).next().unwrap();
        let algorithm = Algorithm::parse(challenge.algorithm().unwrap()).unwrap();
        let nonce = challenge.nonce().unwrap();
        let nc = format!("{nc:08x}");
        let answer =
            Answer { nonce, uri: &self.uri, nc: Some(&nc), cnonce: Some("c"), ..Answer::default() };
        let ha1 = ha1(algorithm, user, "hot", password);
        let response = answer.expected(algorithm, &ha1, method);
        let (uri, algorithm) = (&self.uri, algorithm.name());
        self.extra = format!(
            "Authorization: Digest username=\"{user}\", realm=\"hot\", nonce=\"{nonce}\", \
             uri=\"{uri}\", response=\"{response}\", algorithm={algorithm}, qop=auth, nc={nc}, \
             cnonce=\"c\"\r\n"
        );
    }
}
