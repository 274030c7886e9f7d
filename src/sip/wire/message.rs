use bytes::Bytes;

use crate::sip::wire::{Headers, Method, Name, Text, Uri, reason_phrase};

/// A SIP message.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(clippy::large_enum_variant, reason = "a message is taken apart at once and never kept")]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request (RFC 3261 §7.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// The headers.
    pub headers: Headers,
    /// The body, opaque.
    pub body: Bytes,
}

/// A response (RFC 3261 §7.2).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// 100–699.
    pub status: u16,
    /// The reason phrase; may be empty.
    pub reason: Text,
    /// The headers.
    pub headers: Headers,
    /// The body, opaque.
    pub body: Bytes,
}

impl Message {
    /// The headers of either.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }
}

impl Request {
    /// A request without headers and body.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::with_capacity(16), body: Bytes::new() }
    }
}

impl Response {
    /// A response without headers and body, with the usual reason phrase.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let reason = Text::from_static(reason_phrase(status));
        Self { status, reason, headers: Headers::with_capacity(16), body: Bytes::new() }
    }

    /// A response to the request with these headers: all Vias, From, To, Call-ID and CSeq as they came
    /// (RFC 3261 §8.2.6.2), and Timestamp with 100. The To gets no tag here.
    #[must_use]
    pub fn answering(request: &Headers, status: u16) -> Self {
        let mut response = Self::new(status);
        for (name, value) in request.iter() {
            let is_repeated = match name {
                Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq => true,
                Name::Timestamp => status == 100,
                _ => false,
            };
            if is_repeated {
                response.headers.push(name.clone(), value.clone());
            }
        }
        response
    }
}
