use bytes::{Bytes, BytesMut};

/// Cuts a TCP stream into messages (RFC 3261 §18.3).
#[derive(Clone, Default, Debug)]
pub struct Framer {
    buffer: BytesMut,
}

/// What a stream consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Framed {
    /// One message, for `parse`.
    Message(Bytes),
    /// CRLF CRLF between messages (RFC 5626 §3.5.1): to be answered with one CRLF.
    Ping,
    /// One CRLF between messages: the answer to our ping.
    Pong,
}

/// Why a stream cannot be cut any further: it must be closed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct FrameError {
    /// What is wrong.
    pub what: FrameFault,
    /// The head of the message, if it is whole: `parse` makes an error of it that may be answered.
    pub head: Option<Bytes>,
}

/// What is wrong with a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameFault {
    /// A message of more than `MAX_MESSAGE` bytes, or more unread bytes than that at once.
    #[error("message too long")]
    TooLong,
    /// No Content-Length, which a stream needs.
    #[error("no Content-Length")]
    NoLength,
    /// Content-Length is malformed, or there are two.
    #[error("malformed Content-Length")]
    BadLength,
}

impl Framer {
    /// Takes bytes that were received. Call `next` until it has no more before the next `push`.
    pub fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next message or keep-alive; `None` until more bytes come, and for ever after an error.
    #[expect(clippy::should_implement_trait, reason = "its end is not an end: more bytes may come")]
    pub fn next(&mut self) -> Option<Result<Framed, FrameError>> {
        None
    }
}
