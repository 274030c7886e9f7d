use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use rsip::prelude::*;
use rsip::{Header, Headers, Method, Request, Response, SipMessage, StatusCode, Uri};

/// Reads a datagram with rsip, after taking its known traps out of the way: folded lines,
/// compact names and whatever follows the announced body. The error says what is wrong with it.
pub(crate) fn read(bytes: &[u8]) -> Result<SipMessage, String> {
    let end = find(bytes, b"\r\n\r\n").ok_or("no empty line after the headers")?;
    let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "headers are not UTF-8")?;
    let body = &bytes[end + 4..];
    let head = plain(head)?;
    let length = content_length(&head)?;
    let body = match length {
        Some(length) if length > body.len() => {
            return Err(format!("Content-Length {length}, but {} bytes came", body.len()));
        }
        Some(length) => &body[..length],
        None if body.is_empty() => body,
        None => return Err("a body without Content-Length".to_owned()),
    };
    let mut whole = Vec::with_capacity(head.len() + 4 + body.len());
    whole.extend_from_slice(head.as_bytes());
    whole.extend_from_slice(b"\r\n\r\n");
    let mut message =
        SipMessage::try_from(whole).map_err(|error| format!("rsip refuses it: {error}"))?;
    match &mut message {
        SipMessage::Request(request) => request.body = body.to_vec(),
        SipMessage::Response(response) => response.body = body.to_vec(),
    }
    check(&message)?;
    Ok(message)
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

/// Unfolds lines and spells compact names out.
fn plain(head: &str) -> Result<Cow<'_, str>, String> {
    let is_plain = head
        .split("\r\n")
        .skip(1)
        .all(|line| !line.starts_with([' ', '\t']) && line.as_bytes().get(1) != Some(&b':'));
    if is_plain {
        return Ok(Cow::Borrowed(head));
    }
    let mut out = String::with_capacity(head.len() + 64);
    for (number, line) in head.split("\r\n").enumerate() {
        if number == 0 {
            out.push_str(line);
            continue;
        }
        if line.starts_with([' ', '\t']) {
            out.push(' ');
            out.push_str(line.trim_start());
            continue;
        }
        out.push_str("\r\n");
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        out.push_str(long_name(name.trim_end()));
        out.push(':');
        out.push_str(value);
    }
    Ok(Cow::Owned(out))
}

fn long_name(name: &str) -> &str {
    match name.to_ascii_lowercase().as_str() {
        "v" => "Via",
        "f" => "From",
        "t" => "To",
        "i" => "Call-ID",
        "m" => "Contact",
        "l" => "Content-Length",
        "c" => "Content-Type",
        "e" => "Content-Encoding",
        "s" => "Subject",
        "k" => "Supported",
        "o" => "Event",
        "u" => "Allow-Events",
        "r" => "Refer-To",
        "b" => "Referred-By",
        "x" => "Session-Expires",
        _ => name,
    }
}

fn content_length(head: &str) -> Result<Option<usize>, String> {
    for line in head.split("\r\n").skip(1) {
        if let Some((name, value)) = line.split_once(':')
            && name.trim_end().eq_ignore_ascii_case("Content-Length")
        {
            let value = value.trim();
            return match value.parse() {
                Ok(length) => Ok(Some(length)),
                Err(_) => Err(format!("Content-Length is no number: {value:?}")),
            };
        }
    }
    Ok(None)
}

/// What RFC 3261, 8.1.1 and 8.2.6 ask of every message.
fn check(message: &SipMessage) -> Result<(), String> {
    let headers = message.headers();
    for name in ["Via", "From", "To", "Call-ID", "CSeq"] {
        match all(headers, name).count() {
            0 => return Err(format!("no {name}")),
            1 => {}
            _ if name == "Via" => {}
            _ => return Err(format!("more than one {name}")),
        }
    }
    let cseq = cseq(headers).ok_or("CSeq cannot be read")?;
    if tag(first(headers, "From").unwrap_or_default()).is_none() {
        return Err("From has no tag".to_owned());
    }
    if branch(headers).is_none_or(|branch| !branch.starts_with("z9hG4bK")) {
        return Err("the top Via has no branch of RFC 3261".to_owned());
    }
    if let SipMessage::Request(request) = message {
        if request.method != cseq.1 {
            return Err(format!("{} with CSeq of {}", request.method, cseq.1));
        }
        if first(headers, "Max-Forwards").is_none() {
            return Err("no Max-Forwards".to_owned());
        }
    }
    Ok(())
}

/// All values of a header, by its full name.
pub(crate) fn all<'a>(headers: &'a Headers, name: &'a str) -> impl Iterator<Item = &'a str> {
    headers.iter().filter_map(move |header| {
        let (of, value) = pair(header)?;
        of.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// The first value of a header.
pub(crate) fn first<'a>(headers: &'a Headers, name: &'a str) -> Option<&'a str> {
    all(headers, name).next()
}

/// Name and value of the headers that a user agent reads.
fn pair(header: &Header) -> Option<(&str, &str)> {
    Some(match header {
        Header::Via(value) => ("Via", value.value()),
        Header::From(value) => ("From", value.value()),
        Header::To(value) => ("To", value.value()),
        Header::CallId(value) => ("Call-ID", value.value()),
        Header::CSeq(value) => ("CSeq", value.value()),
        Header::Contact(value) => ("Contact", value.value()),
        Header::RecordRoute(value) => ("Record-Route", value.value()),
        Header::Route(value) => ("Route", value.value()),
        Header::MaxForwards(value) => ("Max-Forwards", value.value()),
        Header::ContentLength(value) => ("Content-Length", value.value()),
        Header::ContentType(value) => ("Content-Type", value.value()),
        Header::Event(value) => ("Event", value.value()),
        Header::SubscriptionState(value) => ("Subscription-State", value.value()),
        Header::CallInfo(value) => ("Call-Info", value.value()),
        Header::AlertInfo(value) => ("Alert-Info", value.value()),
        Header::Require(value) => ("Require", value.value()),
        Header::Expires(value) => ("Expires", value.value()),
        Header::MinExpires(value) => ("Min-Expires", value.value()),
        Header::RetryAfter(value) => ("Retry-After", value.value()),
        Header::WwwAuthenticate(value) => ("WWW-Authenticate", value.value()),
        Header::ProxyAuthenticate(value) => ("Proxy-Authenticate", value.value()),
        Header::Authorization(value) => ("Authorization", value.value()),
        Header::Other(name, value) => (name, value),
        _ => return None,
    })
}

/// Every header as name and value.
pub(crate) fn list(headers: &Headers) -> Vec<(String, String)> {
    headers
        .iter()
        .map(|header| {
            let line = header.to_string();
            match line.split_once(": ") {
                Some((name, value)) => (name.to_owned(), value.to_owned()),
                None => (line, String::new()),
            }
        })
        .collect()
}

/// The `tag` of a From or To value.
pub(crate) fn tag(value: &str) -> Option<&str> {
    parameter(value.rsplit_once('>').map_or(value, |(_, parameters)| parameters), "tag")
}

/// A parameter after the first `;`.
pub(crate) fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (of, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        of.trim().eq_ignore_ascii_case(name).then_some(value.trim())
    })
}

/// The URI of a From, To, Contact or route value.
pub(crate) fn uri_of(value: &str) -> Option<Uri> {
    let text = match value.split_once('<') {
        Some((_, rest)) => rest.split_once('>')?.0,
        None => value.split(';').next()?,
    };
    Uri::try_from(text.trim()).ok()
}

/// The user part of a From, To or Contact value.
pub(crate) fn user_of(value: &str) -> Option<String> {
    uri_of(value)?.user().map(str::to_owned)
}

/// Number and method of a message's CSeq.
pub(crate) fn cseq(headers: &Headers) -> Option<(u32, Method)> {
    let (number, method) = first(headers, "CSeq")?.trim().split_once(' ')?;
    Some((number.parse().ok()?, method.trim().parse().ok()?))
}

/// The branch of the top Via.
pub(crate) fn branch(headers: &Headers) -> Option<&str> {
    let via = first(headers, "Via")?;
    parameter(via.split(',').next().unwrap_or(via), "branch")
}

/// The numeric address of a SIP URI, port 5060 when it has none.
pub(crate) fn address_of(uri: &Uri) -> Option<SocketAddr> {
    let port = uri.host_with_port.port.map_or(5060, |port| *port.value());
    match &uri.host_with_port.host {
        rsip::Host::IpAddr(ip) => Some(SocketAddr::new(*ip, port)),
        rsip::Host::Domain(name) => {
            Some(SocketAddr::new(name.value().parse::<IpAddr>().ok()?, port))
        }
    }
}

/// The response to `request`, without Contact or body. `to_tag` goes into To when it has none.
pub(crate) fn respond(
    request: &Request,
    from: SocketAddr,
    status: u16,
    to_tag: Option<&str>,
) -> Response {
    let mut headers = Vec::with_capacity(12);
    let mut top = true;
    for header in request.headers.iter() {
        match header {
            Header::Via(via) if top => {
                top = false;
                headers.push(Header::Via(rsip::headers::Via::new(stamped(via.value(), from))));
            }
            Header::To(to) => match to_tag {
                Some(new) if status > 100 && tag(to.value()).is_none() => {
                    headers.push(Header::To(rsip::headers::To::new(format!(
                        "{};tag={new}",
                        to.value()
                    ))));
                }
                _ => headers.push(header.clone()),
            },
            Header::Via(_) | Header::From(_) | Header::CallId(_) | Header::CSeq(_) => {
                headers.push(header.clone());
            }
            Header::RecordRoute(_) if status > 100 && status < 300 => headers.push(header.clone()),
            _ => {}
        }
    }
    Response {
        status_code: StatusCode::from(status),
        version: rsip::Version::V2,
        headers: headers.into(),
        body: Vec::new(),
    }
}

/// RFC 3261, 18.2.1 and RFC 3581: where the request really came from.
fn stamped(via: &str, from: SocketAddr) -> String {
    let (top, rest) = match via.split_once(',') {
        Some((top, rest)) => (top, Some(rest)),
        None => (via, None),
    };
    let mut parts = top.split(';');
    let mut out = parts.next().unwrap_or_default().trim_end().to_owned();
    for part in parts {
        out.push(';');
        if part.trim().eq_ignore_ascii_case("rport") {
            out.push_str(&format!("rport={};received={}", from.port(), from.ip()));
        } else {
            out.push_str(part);
        }
    }
    if let Some(rest) = rest {
        out.push(',');
        out.push_str(rest);
    }
    out
}

/// Where the response to `request` goes.
pub(crate) fn response_target(request: &Request, from: SocketAddr) -> SocketAddr {
    let via = first(&request.headers, "Via").unwrap_or_default();
    let top = via.split(',').next().unwrap_or_default();
    if parameter(top, "rport").is_some() {
        return from;
    }
    let sent_by = top.split(';').next().unwrap_or_default().rsplit(' ').next().unwrap_or_default();
    let port = sent_by.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).unwrap_or(5060);
    SocketAddr::new(from.ip(), port)
}

/// Adds a body and its two headers; every message ends with this.
pub(crate) fn finish(headers: &mut Headers, body: &mut Vec<u8>, sdp: Option<String>) {
    if let Some(sdp) = sdp {
        headers.push(Header::ContentType(rsip::headers::ContentType::new("application/sdp")));
        *body = sdp.into_bytes();
    }
    headers.push(Header::ContentLength(rsip::headers::ContentLength::new(body.len().to_string())));
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: &str = "OPTIONS sip:1@127.0.0.1 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1;rport\r\n\
        From: <sip:2@127.0.0.1>;tag=a\r\nTo: <sip:1@127.0.0.1>\r\nCall-ID: x\r\n\
        CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n";

    #[test]
    fn messages_are_read_strictly() {
        let check = |what: &str, text: String, good: bool| {
            assert_eq!(read(text.as_bytes()).is_ok(), good, "{what}: {:?}", read(text.as_bytes()));
        };
        check("plain", OPTIONS.to_owned(), true);
        check("compact", OPTIONS.replace("Via:", "v:").replace("From:", "f:"), true);
        check("folded", OPTIONS.replace(";tag=a", "\r\n ;tag=a"), true);
        check("empty value", OPTIONS.replace("Content", "Supported: \r\nContent"), true);
        check("no tag", OPTIONS.replace(";tag=a", ""), false);
        check("no Call-ID", OPTIONS.replace("Call-ID: x\r\n", ""), false);
        check("other CSeq", OPTIONS.replace("1 OPTIONS", "1 INVITE"), false);
        check("short", OPTIONS.replace("Length: 0", "Length: 4"), false);
        check("old branch", OPTIONS.replace("z9hG4bK1", "1"), false);
    }

    #[test]
    fn a_response_goes_back_to_where_the_request_came_from() {
        let SipMessage::Request(request) = read(OPTIONS.as_bytes()).unwrap() else { panic!() };
        let from: SocketAddr = "127.0.0.7:9999".parse().unwrap();
        let text = respond(&request, from, 200, Some("b")).to_string();
        assert!(text.starts_with("SIP/2.0 200 OK\r\n"), "{text}");
        assert!(text.contains(";rport=9999;received=127.0.0.7"), "{text}");
        assert!(text.contains("To: <sip:1@127.0.0.1>;tag=b"), "{text}");
        assert_eq!(response_target(&request, from), from);
    }
}
