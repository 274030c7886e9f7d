use bytes::{Buf as _, Bytes, BytesMut};

use crate::sip::wire::{MAX_MESSAGE, parse};

/// Cuts a TCP stream into messages (RFC 3261 §18.3).
#[derive(Clone, Default, Debug)]
pub struct Framer {
    buffer: BytesMut,
    state: State,
}

#[derive(Clone, Default, Debug)]
enum State {
    /// Between messages, or within a head whose first bytes hold no end.
    #[default]
    Start,
    /// Within a head; so many bytes hold no end of it.
    Head { searched: usize },
    /// The head is whole, and the message is as long as this.
    Body { length: usize },
    /// More came than may wait.
    Flooded,
    /// After an error.
    Dead,
}

/// What a stream consists of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Framed {
    /// One message, for `parse`.
    Message(Bytes),
    /// CRLF CRLF between messages (RFC 5626 §3.5.1): to be answered with one CRLF.
    Ping,
    /// One CRLF between messages: the answer to our ping. It is told apart from half a ping when the
    /// next byte comes.
    Pong,
}

/// Why a stream cannot be cut any further: it must be closed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct FrameError {
    /// What is wrong.
    pub what: FrameFault,
    /// The head of the message, if it is whole. Handed to the stack like a message it is refused with
    /// 400 (or, without Content-Length, handled without its body) before the connection is closed.
    pub head: Option<Bytes>,
}

/// What is wrong with a stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FrameFault {
    /// A message of more than `MAX_MESSAGE` bytes, or more than twice that at once.
    #[error("message too long")]
    TooLong,
    /// No Content-Length, which a stream needs.
    #[error("no Content-Length")]
    NoLength,
    /// Content-Length is malformed, or there are two.
    #[error("malformed Content-Length")]
    BadLength,
}

const HEAD_END: &[u8] = b"\r\n\r\n";

impl Framer {
    /// Takes bytes that were received. Call `next` until it has no more before the next `push`.
    pub fn push(&mut self, bytes: &[u8]) {
        match self.state {
            State::Dead | State::Flooded => {}
            _ if self.buffer.len() + bytes.len() > 2 * MAX_MESSAGE => {
                self.buffer = BytesMut::new();
                self.state = State::Flooded;
            }
            _ => self.buffer.extend_from_slice(bytes),
        }
    }

    /// The next message or keep-alive; `None` until more bytes come, and for ever after an error.
    #[expect(clippy::should_implement_trait, reason = "its end is not an end: more bytes may come")]
    pub fn next(&mut self) -> Option<Result<Framed, FrameError>> {
        loop {
            match self.state {
                State::Dead => return None,
                State::Flooded => return Some(self.fail(FrameFault::TooLong, None)),
                State::Start => {
                    if let Some(keep_alive) = self.keep_alive()? {
                        return Some(Ok(keep_alive));
                    }
                    self.state = State::Head { searched: 0 };
                }
                State::Head { searched } => {
                    let from = searched.saturating_sub(HEAD_END.len() - 1);
                    let unsearched = self.buffer.get(from..).unwrap_or_default();
                    let Some(at) = unsearched.windows(4).position(|four| four == HEAD_END) else {
                        if self.buffer.len() > MAX_MESSAGE {
                            return Some(self.fail(FrameFault::TooLong, None));
                        }
                        self.state = State::Head { searched: self.buffer.len() };
                        return None;
                    };
                    if let Err(what) = self.measure(from + at + HEAD_END.len()) {
                        let head = self.buffer.split_to(from + at + HEAD_END.len()).freeze();
                        return Some(self.fail(what, Some(head)));
                    }
                }
                State::Body { length } if self.buffer.len() < length => return None,
                State::Body { length } => {
                    let message = self.buffer.split_to(length).freeze();
                    self.state = State::Start;
                    if self.buffer.is_empty() {
                        // An idle connection holds no memory.
                        self.buffer = BytesMut::new();
                    }
                    return Some(Ok(Framed::Message(message)));
                }
            }
        }
    }

    /// Bytes that wait for more.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.buffer.len()
    }

    /// A keep-alive at the start of the buffer, `Some(None)` when a message starts there, `None`
    /// when that cannot be told yet.
    fn keep_alive(&mut self) -> Option<Option<Framed>> {
        let found = match self.buffer.as_ref() {
            [b'\r', b'\n', b'\r', b'\n', ..] => Framed::Ping,
            [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return None,
            [b'\r', b'\n', ..] => Framed::Pong,
            _ => return Some(None),
        };
        self.buffer.advance(if found == Framed::Ping { 4 } else { 2 });
        Some(Some(found))
    }

    fn measure(&mut self, head: usize) -> Result<(), FrameFault> {
        let bytes = Bytes::copy_from_slice(self.buffer.get(..head).unwrap_or_default());
        let body = match parse::content_length(&bytes) {
            Ok(Some(length)) => length,
            Ok(None) => return Err(FrameFault::NoLength),
            Err(_) => return Err(FrameFault::BadLength),
        };
        match head.checked_add(body) {
            Some(length) if length <= MAX_MESSAGE => {
                self.state = State::Body { length };
                Ok(())
            }
            _ => Err(FrameFault::TooLong),
        }
    }

    fn fail(&mut self, what: FrameFault, head: Option<Bytes>) -> Result<Framed, FrameError> {
        self.state = State::Dead;
        self.buffer = BytesMut::new();
        Err(FrameError { what, head })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &[u8] = b"OPTIONS sip:h SIP/2.0\r\nContent-Length : 3\r\n\r\nabc";
    const TWO: &[u8] = b"SIP/2.0 200 OK\r\nX: y\r\nl:\r\n 0\r\n\r\n";

    fn all(framer: &mut Framer) -> Vec<Result<Framed, FrameFault>> {
        std::iter::from_fn(|| framer.next()).map(|framed| framed.map_err(|e| e.what)).collect()
    }

    fn message(bytes: &[u8]) -> Result<Framed, FrameFault> {
        Ok(Framed::Message(Bytes::copy_from_slice(bytes)))
    }

    #[test]
    fn a_stream_is_cut_alike_however_it_comes() {
        let stream = [ONE, TWO, b"\r\n\r\n", ONE, b"\r\n", TWO].concat();
        let expected = [
            message(ONE),
            message(TWO),
            Ok(Framed::Ping),
            message(ONE),
            Ok(Framed::Pong),
            message(TWO),
        ];
        for size in [1, 2, 3, 7, 50, 1_000] {
            let mut framer = Framer::default();
            let mut got = Vec::new();
            for chunk in stream.chunks(size) {
                framer.push(chunk);
                got.extend(all(&mut framer));
            }
            assert_eq!(got, expected, "in pieces of {size}");
            assert_eq!(framer.waiting(), 0);
        }
    }

    #[test]
    fn streams_that_cannot_be_cut_end() {
        for (bytes, what) in [
            (&b"OPTIONS sip:h SIP/2.0\r\nX: y\r\n\r\n"[..], FrameFault::NoLength),
            (b"A\r\nContent-Length: -1\r\n\r\n", FrameFault::BadLength),
            (b"A\r\nContent-Length: 1\r\nl: 1\r\n\r\n", FrameFault::BadLength),
            (b"A\r\nl: 65536\r\n\r\n", FrameFault::TooLong),
            (b"A\r\nl: 99999999999999999999999\r\n\r\n", FrameFault::BadLength),
            (b"A\r\nl: 18446744073709551615\r\n\r\n", FrameFault::TooLong),
        ] {
            let mut framer = Framer::default();
            framer.push(bytes);
            assert_eq!(
                framer.next().unwrap().unwrap_err(),
                FrameError { what, head: Some(Bytes::from_static(bytes)) }
            );
            framer.push(ONE);
            assert_eq!((framer.next(), framer.waiting()), (None, 0));
        }
    }

    #[test]
    fn what_does_not_end_is_not_kept() {
        let mut framer = Framer::default();
        let mut got = Vec::new();
        for _ in 0..70 {
            framer.push(&[b'a'; 1_000]);
            got.extend(all(&mut framer));
            assert!(framer.waiting() <= MAX_MESSAGE);
        }
        assert_eq!(got, [Err(FrameFault::TooLong)]);
        let mut framer = Framer::default();
        framer.push(&vec![b'\n'; 3 * MAX_MESSAGE]);
        assert_eq!(all(&mut framer), [Err(FrameFault::TooLong)]);
    }
}
