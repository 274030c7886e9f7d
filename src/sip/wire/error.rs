use crate::sip::wire::{Headers, Method, Name, Text, Uri, Via};

/// Why a datagram is no message, and whether somebody can be told.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct ParseError {
    /// What is wrong.
    pub what: Fault,
    /// What is needed to answer, when it was a request (other than ACK) with at least a Via.
    pub answerable: Option<Box<Answerable>>,
}

impl ParseError {
    /// The status that an answer should have: 400, 413 or 505.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.what.status()
    }
}

/// What is wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Fault {
    /// Only line ends: a keep-alive (RFC 5626 §3.5.1, and what many phones send). Nobody is at fault.
    #[error("keep-alive")]
    KeepAlive,
    /// More than `MAX_MESSAGE` bytes.
    #[error("message too long")]
    TooLong,
    /// No start line of SIP: another protocol, or a malformed one.
    #[error("malformed start line")]
    StartLine,
    /// The Request-URI is malformed, or has headers.
    #[error("malformed Request-URI")]
    RequestUri,
    /// A version other than SIP/2.0.
    #[error("unknown version")]
    Version,
    /// The status code is not within 100–699.
    #[error("status code out of range")]
    Status,
    /// The empty line after the headers is missing.
    #[error("headers do not end")]
    NoEnd,
    /// A header line without a colon, with a name that is no token, or with a control character.
    #[error("malformed header in line {line}")]
    Line {
        /// From 1, the start line.
        line: u16,
    },
    /// More than `MAX_HEADERS` header lines.
    #[error("too many headers")]
    TooManyHeaders,
    /// A header that every message needs is missing, malformed or doubled.
    #[error(transparent)]
    Header(#[from] BadHeader),
    /// The CSeq names another method than the start line.
    #[error("CSeq with another method")]
    CSeqMethod,
    /// Content-Length is more than there is.
    #[error("body shorter than Content-Length")]
    Truncated,
}

impl Fault {
    /// The status that an answer should have: 400, 413 or 505.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Version => 505,
            Self::TooLong => 413,
            _ => 400,
        }
    }
}

/// A header that cannot be used. The name is that of a known header.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BadHeader {
    /// It is not there.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// It is not as RFC 3261 writes it, or a number is out of range.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// It is there more than once.
    #[error("more than one {0}")]
    Twice(&'static str),
    /// More elements than `MAX_LIST`.
    #[error("too many elements in {0}")]
    TooMany(&'static str),
}

/// What was understood of a bad request: enough for `Response::answering(&answerable.headers, …)`.
#[derive(Clone, Debug)]
pub struct Answerable {
    /// The method.
    pub method: Method,
    /// The Request-URI, if it could be read.
    pub uri: Option<Uri>,
    /// The top Via, if it could be read; the answer goes to the source in any case.
    pub via: Option<Via>,
    /// The headers that could be read: maybe not all that an answer repeats.
    pub headers: Headers,
}

impl Answerable {
    /// The From header as it came.
    #[must_use]
    pub fn from(&self) -> Option<&Text> {
        self.headers.text(&Name::From)
    }

    /// The To header as it came.
    #[must_use]
    pub fn to(&self) -> Option<&Text> {
        self.headers.text(&Name::To)
    }

    /// The Call-ID as it came.
    #[must_use]
    pub fn call_id(&self) -> Option<&Text> {
        self.headers.text(&Name::CallId)
    }

    /// The CSeq as it came.
    #[must_use]
    pub fn cseq(&self) -> Option<&Text> {
        self.headers.text(&Name::CSeq)
    }
}
