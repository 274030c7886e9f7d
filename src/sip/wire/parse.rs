use bytes::Bytes;

use crate::sip::wire::scan::{Line, Scanner};
use crate::sip::wire::{
    Answerable, BadHeader, Fault, Headers, MAX_HEADERS, MAX_MESSAGE, Message, Method, Name,
    ParseError, Request, Response, Text, Uri, lex,
};

/// Reads one datagram, or one message that the `Framer` cut out.
///
/// Line ends before the message and bytes behind its body are ignored (RFC 3261 §7.5, §18.3). Without
/// Content-Length the body is all the rest. What a request needs to be handled (Via, From, To,
/// Call-ID, CSeq, and Max-Forwards, Contact, Route and Record-Route where they are there) is well-formed
/// afterwards; of a response Via, From, To, Call-ID and CSeq are.
pub fn parse(datagram: Bytes) -> Result<Message, ParseError> {
    if datagram.len() > MAX_MESSAGE {
        return Err(silent(Fault::TooLong));
    }
    let Some(start) = datagram.iter().position(|b| !matches!(b, b'\r' | b'\n')) else {
        return Err(silent(Fault::KeepAlive));
    };
    if datagram.len() <= 4 && datagram.iter().all(|b| matches!(b, 0 | b' ' | b'\r' | b'\n')) {
        return Err(silent(Fault::KeepAlive));
    }
    let mut scanner = Scanner::new(&datagram, start);
    let Line::Text(first) = scanner.next() else {
        return Err(silent(Fault::StartLine));
    };
    let first = first.text(&datagram);
    match StartLine::parse(&first).map_err(silent)? {
        StartLine::Request { method, uri } => request(&datagram, scanner, method, uri),
        StartLine::Response { status, reason } => response(&datagram, scanner, status, reason),
    }
}

const fn silent(what: Fault) -> ParseError {
    ParseError { what, answerable: None }
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart in the line that makes it")]
enum StartLine {
    /// A request, even if its URI or its version cannot be used.
    Request {
        method: Method,
        uri: Result<Uri, Fault>,
    },
    Response {
        status: u16,
        reason: Text,
    },
}

impl StartLine {
    fn parse(line: &Text) -> Result<Self, Fault> {
        let (first, rest) = line.split_once(' ').ok_or(Fault::StartLine)?;
        if is_version_like(first) {
            if !first.eq_ignore_ascii_case("SIP/2.0") {
                return Err(Fault::Version);
            }
            let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            let status = lex::number(status).filter(|status| (100..700).contains(status));
            let status = status.ok_or(Fault::Status)?;
            return Ok(Self::Response { status, reason: line.part(reason) });
        }
        let method = Method::parse(line, first).ok_or(Fault::StartLine)?;
        let (target, version) = lex::trim(rest).rsplit_once(' ').ok_or(Fault::StartLine)?;
        if !is_version_like(version) {
            return Err(Fault::StartLine);
        }
        let uri = if !version.eq_ignore_ascii_case("SIP/2.0") {
            Err(Fault::Version)
        } else if target.len() + 1 + version.len() != rest.len() || target.contains(lex::is_lws) {
            Err(Fault::StartLine)
        } else {
            Uri::parse_part(line, target)
                .filter(|uri| uri.headers.is_none())
                .ok_or(Fault::RequestUri)
        };
        Ok(Self::Request { method, uri })
    }
}

fn is_version_like(word: &str) -> bool {
    word.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"))
}

fn request(
    datagram: &Bytes,
    scanner: Scanner<'_>,
    method: Method,
    uri: Result<Uri, Fault>,
) -> Result<Message, ParseError> {
    let mut head = Head::read(datagram, scanner);
    let headers = &head.headers;
    let check = || -> Result<Bytes, Fault> {
        if let Err(fault) = &uri {
            return Err(*fault);
        }
        let body = head.body.clone()?;
        check_common(headers, Some(&method))?;
        headers.max_forwards()?;
        headers.check_lists()?;
        cut_body(headers, body)
    };
    match (check(), uri) {
        (Ok(body), Ok(uri)) => {
            Ok(Message::Request(Request { method, uri, headers: head.headers, body }))
        }
        (Err(what), uri) | (Ok(_), uri @ Err(what)) => {
            let can_answer = method != Method::Ack && head.headers.has(Name::Via);
            let answerable = can_answer.then(|| {
                let headers = std::mem::take(&mut head.headers);
                let via = headers.via().ok();
                Box::new(Answerable { method, uri: uri.ok(), via, headers })
            });
            Err(ParseError { what, answerable })
        }
    }
}

fn response(
    datagram: &Bytes,
    scanner: Scanner<'_>,
    status: u16,
    reason: Text,
) -> Result<Message, ParseError> {
    let Head { headers, body } = Head::read(datagram, scanner);
    let check = || -> Result<Bytes, Fault> {
        let body = body?;
        check_common(&headers, None)?;
        cut_body(&headers, body)
    };
    let body = check().map_err(silent)?;
    Ok(Message::Response(Response { status, reason, headers, body }))
}

/// The headers, as far as they could be read, and all that follows them.
struct Head {
    headers: Headers,
    /// Or the first thing that is wrong.
    body: Result<Bytes, Fault>,
}

impl Head {
    fn read(datagram: &Bytes, mut scanner: Scanner<'_>) -> Self {
        let mut headers = Headers::with_capacity(20);
        let mut first_fault = None;
        loop {
            let fault = match scanner.next() {
                Line::Text(_) if headers.len() == MAX_HEADERS => {
                    first_fault.get_or_insert(Fault::TooManyHeaders);
                    break;
                }
                Line::Text(line) => {
                    let number = scanner.number();
                    match line.header(datagram) {
                        Ok(Some((name, value))) => {
                            headers.push(name, value);
                            continue;
                        }
                        Ok(None) => continue,
                        Err(()) => Fault::Line { line: number },
                    }
                }
                Line::Spoilt(line) => Fault::Line { line },
                Line::Empty(at) => {
                    let body = first_fault.map_or_else(|| Ok(datagram.slice(at..)), Err);
                    return Self { headers, body };
                }
                Line::End => Fault::NoEnd,
            };
            first_fault.get_or_insert(fault);
            if fault == Fault::NoEnd {
                break;
            }
        }
        Self { headers, body: Err(first_fault.unwrap_or(Fault::NoEnd)) }
    }
}

/// What every message needs.
fn check_common(headers: &Headers, method: Option<&Method>) -> Result<(), Fault> {
    headers.check_vias()?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    let cseq = headers.cseq()?;
    match method {
        Some(method) if cseq.method != *method => Err(Fault::CSeqMethod),
        _ => Ok(()),
    }
}

fn cut_body(headers: &Headers, rest: Bytes) -> Result<Bytes, Fault> {
    match headers.content_length()? {
        Some(length) if length > rest.len() => Err(Fault::Truncated),
        Some(length) => Ok(rest.slice(..length)),
        None => Ok(rest),
    }
}

/// The Content-Length of a head, read exactly as `parse` reads it.
pub(crate) fn content_length(head: &Bytes) -> Result<Option<usize>, BadHeader> {
    let mut scanner = Scanner::new(head, 0);
    let mut headers = Headers::default();
    loop {
        match scanner.next() {
            Line::Text(line) => {
                if let Ok(Some((name @ Name::ContentLength, value))) = line.header(head)
                    && headers.len() < 2
                {
                    headers.push(name, value);
                }
            }
            Line::Spoilt(_) => {}
            Line::Empty(_) | Line::End => return headers.content_length(),
        }
    }
}
