use bytes::Bytes;

use crate::sip::wire::{Headers, MediaType, Method, Name, Request, Text};

/// Parts of a multipart body that are looked at.
const PARTS_MAX: usize = 8;

/// A body of another type than SDP, in a request that needs it to be SDP: 415.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NotSdp;

/// The SDP in a message: its body, or the first such part of a multipart one (as from networks that
/// carry ISUP beside it).
pub(crate) fn sdp(headers: &Headers, body: &Bytes) -> Result<Option<Bytes>, NotSdp> {
    if body.is_empty() {
        return Ok(None);
    }
    let is_plain = headers
        .get(Name::ContentEncoding)
        .is_none_or(|encoding| encoding.trim().eq_ignore_ascii_case("identity"));
    let kind = headers.content_type().map_err(|_| NotSdp)?;
    let found = match kind {
        Some(kind) if is_plain && kind.is("application", "sdp") => Some(body.clone()),
        Some(kind) if is_plain && kind.main.eq_ignore_ascii_case("multipart") => {
            let boundary = kind.params.unquoted("boundary").ok_or(NotSdp)?;
            part(body, &boundary)
        }
        _ => None,
    };
    let is_optional = || {
        headers
            .get(Name::ContentDisposition)
            .is_some_and(|value| value.to_ascii_lowercase().contains("handling=optional"))
    };
    match found {
        Some(sdp) => Ok(Some(sdp)),
        None if is_optional() => Ok(None),
        None => Err(NotSdp),
    }
}

/// The SDP in an INVITE or UPDATE; no other request has any.
pub(crate) fn sdp_of(request: &Request) -> Result<Option<Bytes>, NotSdp> {
    match request.method {
        Method::Invite | Method::Update => sdp(&request.headers, &request.body),
        _ => Ok(None),
    }
}

/// Whether the sender takes SDP in what it is answered (RFC 3261 §20.1: without an Accept it does). A
/// range that cannot be read is taken for one that allows it.
pub(crate) fn takes_sdp(headers: &Headers) -> bool {
    let allows = |range: Text| {
        MediaType::parse(&range).is_none_or(|range| {
            let is_it = range.is("application", "sdp")
                || range.is("application", "*")
                || range.is("*", "*");
            let weight = range.params.get("q").and_then(|q| q.trim().parse::<f32>().ok());
            is_it && weight != Some(0.0)
        })
    };
    !headers.has(Name::Accept) || headers.list(Name::Accept).any(allows)
}

/// The first part whose type is `application/sdp` (RFC 2046 §5.1).
fn part(body: &Bytes, boundary: &str) -> Option<Bytes> {
    if boundary.is_empty() || boundary.len() > 70 {
        return None;
    }
    let delimiter = format!("--{boundary}");
    let mut at = find(body, delimiter.as_bytes())? + delimiter.len();
    for _ in 0..PARTS_MAX {
        let rest = body.get(at..)?;
        if rest.starts_with(b"--") {
            return None;
        }
        let end = find(rest, delimiter.as_bytes())?;
        let whole = rest.get(..end)?;
        let (head, from) = match find(whole, b"\r\n\r\n") {
            Some(blank) => (whole.get(..blank)?, blank + 4),
            None => return None,
        };
        if is_sdp(head) {
            let content = whole.get(from..)?;
            let content = content.strip_suffix(b"\r\n").unwrap_or(content);
            return (!content.is_empty()).then(|| body.slice_ref(content));
        }
        at += end + delimiter.len();
    }
    None
}

fn is_sdp(head: &[u8]) -> bool {
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    head.lines().any(|line| {
        line.strip_prefix("content-type:")
            .is_some_and(|kind| kind.trim_start().starts_with("application/sdp"))
    })
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(headers: &[(&str, &str)], body: &str) -> Result<Option<String>, NotSdp> {
        let mut all = Headers::default();
        for (name, value) in headers {
            all.push(Name::from(*name), *value);
        }
        let found = sdp(&all, &Bytes::copy_from_slice(body.as_bytes()))?;
        Ok(found.map(|sdp| String::from_utf8(sdp.to_vec()).unwrap()))
    }

    #[test]
    fn who_takes_no_sdp_says_so() {
        let takes = |lines: &[&str]| {
            let mut headers = Headers::default();
            lines.iter().for_each(|line| headers.push(Name::Accept, *line));
            takes_sdp(&headers)
        };
        assert!(takes(&[]));
        assert!(takes(&["application/isup, Application/SDP;level=1"]));
        assert!(takes(&["text/plain", "application/sdp"]));
        assert!(takes(&["application/*"]) && takes(&["*/*;q=0.1"]) && takes(&["?"]));
        assert!(!takes(&["text/nobodyKnowsThis"]) && !takes(&[""]));
        assert!(!takes(&["application/sdp;q=0, text/*"]));
    }

    #[test]
    fn sdp_is_found_alone_and_among_parts() {
        let found = Ok(Some("v=0\r\n".to_owned()));
        assert_eq!(check(&[("Content-Type", "Application/SDP")], "v=0\r\n"), found);
        let mixed = ("Content-Type", "multipart/mixed;boundary=\"b\"");
        let isup = "--b\r\nContent-Type: application/ISUP\r\n\r\n\u{1}\u{2}\r\n";
        let body =
            format!("{isup}--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n\r\n--b--\r\n");
        assert_eq!(check(&[mixed], &body), found);
        assert_eq!(check(&[mixed], isup), Err(NotSdp));
        assert_eq!(check(&[mixed], "--b"), Err(NotSdp), "shorter than its boundary");
        assert_eq!(check(&[mixed], "--"), Err(NotSdp));
        assert_eq!(check(&[("Content-Type", "multipart/mixed")], &body), Err(NotSdp));
        assert_eq!(check(&[("Content-Type", "text/plain")], "x"), Err(NotSdp));
        assert_eq!(check(&[], "v=0"), Err(NotSdp));
        assert_eq!(check(&[], ""), Ok(None));
        let gzip = [("Content-Type", "application/sdp"), ("Content-Encoding", "gzip")];
        assert_eq!(check(&gzip, "v=0"), Err(NotSdp));
        let optional =
            [("Content-Type", "text/plain"), ("Content-Disposition", "x;handling=optional")];
        assert_eq!(check(&optional, "x"), Ok(None));
    }
}
