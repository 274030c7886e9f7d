//! What another parser (rsip) understands, we understand alike, but for a written list.

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::select;
use rsip::prelude::*;

use crate::sip::wire::{BadHeader, Fault, Message, ParseError, Request, fuzz, parse};

/// What both parsers say of a request.
#[derive(PartialEq, Debug)]
struct Sight {
    method: String,
    uri: String,
    via: (String, String, Option<u16>, Option<String>),
    from: (String, Option<String>),
    to: (String, Option<String>),
    call_id: String,
    cseq: u32,
    body: Vec<u8>,
}

fn ours(request: &Request) -> Sight {
    let headers = &request.headers;
    let via = headers.via().unwrap();
    let address = |address: crate::sip::wire::NameAddr| {
        (address.uri.to_string(), address.tag().map(str::to_owned))
    };
    Sight {
        method: request.method.to_string(),
        uri: request.uri.to_string(),
        via: (
            via.transport.to_string(),
            via.host.to_string(),
            via.port,
            via.branch().map(str::to_owned),
        ),
        from: address(headers.from().unwrap()),
        to: address(headers.to().unwrap()),
        call_id: headers.call_id().unwrap().to_string(),
        cseq: headers.cseq().unwrap().number,
        body: request.body.to_vec(),
    }
}

/// What rsip says; `None` when it says no, or when it has no typed value for something.
fn theirs(bytes: &[u8]) -> Option<Sight> {
    // It writes hosts and schemes anew, so its URIs are compared as it writes them.
    let request = rsip::Request::try_from(bytes).ok()?;
    let via = request.via_header().ok()?.typed().ok()?;
    let from = request.from_header().ok()?.typed().ok()?;
    let to = request.to_header().ok()?.typed().ok()?;
    request.max_forwards_header().ok()?.num().ok()?;
    if let Ok(contact) = request.contact_header() {
        contact.typed().ok()?;
    }
    Some(Sight {
        method: request.method.to_string(),
        uri: request.uri.to_string(),
        via: (
            via.transport.to_string(),
            via.uri.host().to_string(),
            via.uri.port().map(|port| *port.value()),
            via.branch().map(|branch| branch.value().to_owned()),
        ),
        from: (from.uri.to_string(), from.tag().map(|tag| tag.value().to_owned())),
        to: (to.uri.to_string(), to.tag().map(|tag| tag.value().to_owned())),
        call_id: request.call_id_header().ok()?.value().to_owned(),
        cseq: request.cseq_header().ok()?.typed().ok()?.seq,
        body: request.body.clone(),
    })
}

/// The written list: what rsip takes and we refuse, and why.
fn is_refused_with_reason(what: Fault, text: &str) -> bool {
    match what {
        // RFC 3261 §8.1.1.5; rsip does not compare.
        Fault::CSeqMethod => true,
        // §18.3; rsip does not look at Content-Length.
        Fault::Truncated | Fault::Header(BadHeader::Malformed("Content-Length")) => true,
        // R11, §25.1: rsip takes control characters and names that are no tokens.
        Fault::Line { .. } => true,
        // §7.3.1: rsip takes the first of two.
        Fault::Header(BadHeader::Twice(_)) => true,
        // §19.1.1: rsip takes headers in a Request-URI, and any host.
        Fault::RequestUri => {
            text.lines().next().is_some_and(|line| !line.contains("sip:alice@example.com "))
        }
        _ => false,
    }
}

fn pieces(
    good: &'static [&'static str],
    odd: &'static [&'static str],
) -> impl Strategy<Value = String> {
    let noise = "[ -~]{0,12}";
    prop_oneof![
        12 => select(good).prop_map(str::to_owned),
        2 => select(odd).prop_map(str::to_owned),
        1 => noise.prop_map(|noise| noise),
    ]
}

const ADDRESSES: &[&str] = &[
    "<sip:a@h>",
    "sip:a@h",
    "\"A B\" <sip:a@h:5070;transport=tcp>",
    "A <sips:a@10.0.0.1>",
    "<sip:+861012345@10.0.0.1;user=phone>",
    "\"\" <sip:h>",
    "<sip:a@[2001:db8::1]>",
    "A<sip:a@h>",
];
const ODD_ADDRESSES: &[&str] = &[
    "\"A <sip:a@h>",
    "<sip:a@h",
    "< sip:a@h >",
    "A, B <sip:a@h>",
    "<tel:+861012345>",
    "<sip:@h>",
    "sip:a@h?x=y",
    "<>",
    "*",
    "<sip:a%@h>",
    "<sip:a@h;;lr>",
    "<sip:a@b@c>",
    "<mailto:a@h>",
];

fn message() -> impl Strategy<Value = String> {
    let method = pieces(&["INVITE", "BYE", "REGISTER", "OPTIONS"], &["invite", "FOO", "IN VITE"]);
    let uri = pieces(
        &["sip:alice@example.com", "sip:h", "sips:a@h:5061", "sip:a@10.0.0.1;transport=tcp"],
        &["sip:a@h?x=y", "<sip:h>", "tel:12345", "sip:h;", "sip: h", "http://h"],
    );
    let via = pieces(
        &[
            "SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKx",
            "SIP/2.0/TCP h;branch=z9hG4bKx;rport",
            "SIP/2.0/UDP h:5070;rport=1;received=10.0.0.1;branch=z9hG4bKx",
            "SIP/2.0/UDP h",
        ],
        &[
            "SIP / 2.0 / UDP h",
            "SIP/2.0/UDP h;;",
            "SIP/2.0/UDP",
            "SIP/2.0/UDP h;branch=",
            "SIP/2.0/UDP [::1];branch=z9hG4bKx",
            "SIP/2.0/FOO h",
            "SIP/3.0/UDP h",
        ],
    );
    let params = || {
        pieces(
            &["", ";tag=abc", ";tag=1;x=y"],
            &[";tag=", ";;", ";tag=a;tag=b", ";tag", "; tag = a"],
        )
    };
    let cseq = pieces(&["1", "7", "4294967295"], &["0001", "-1", "4294967296", ""]);
    let call_id = pieces(&["a", "b@h", "c-1@10.0.0.1"], &["", "a b", "\"a\""]);
    let name = |names: &'static [&'static str]| select(names);
    let line_end = prop_oneof![20 => Just("\r\n"), 1 => Just("\n")];
    let more = pieces(
        &[
            "",
            "Content-Length: 2\r\n",
            "X: y\r\n",
            "l: 0\r\n",
            "Contact: <sip:a@h>\r\n",
            "Subject: a\r\n b\r\n",
        ],
        &[
            "Content-Length: 9\r\n",
            "X\r\n",
            ": y\r\n",
            "X Y: z\r\n",
            "Contact: sip:a@h?b=c\r\n",
            "Call-ID: z\r\n",
        ],
    );
    (
        (method, uri, via, cseq, call_id, more, line_end),
        (pieces(ADDRESSES, ODD_ADDRESSES), params(), pieces(ADDRESSES, ODD_ADDRESSES), params()),
        (name(&["Via", "v", "VIA"]), name(&["From", "f"]), name(&["To", "t", "TO"]), name(&["Call-ID", "i"])),
    )
        .prop_map(|((method, uri, via, cseq, call_id, more, end), (from, from_more, to, to_more), names)| {
            let (v, f, t, i) = names;
            format!(
                "{method} {uri} SIP/2.0\r\n{v}: {via}{end}Max-Forwards: 70\r\n{f}: {from}{from_more}\r\n\
                 {t}: {to}{to_more}\r\n{i}: {call_id}\r\nCSeq: {cseq} {method}\r\n{more}\r\nab"
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn what_rsip_understands_is_understood_alike(text in message()) {
        fuzz(text.as_bytes());
        let Some(theirs) = theirs(text.as_bytes()) else { return Ok(()) };
        match parse(Bytes::from(text.clone())) {
            Ok(Message::Request(request)) => {
                let ours = ours(&request);
                prop_assert_eq!(ours, theirs, "{}", text);
            }
            Ok(Message::Response(_)) => prop_assert!(false, "{}", text),
            Err(ParseError { what, .. }) => {
                prop_assert!(is_refused_with_reason(what, &text), "{:?}: {}", what, text);
            }
        }
    }
}

/// A differential test that agrees on nothing would be worth nothing.
#[test]
fn rsip_understands_the_usual() {
    let text = "INVITE sip:alice@example.com SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKx\r\n\
                Max-Forwards: 70\r\nFrom: <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\nCall-ID: c\r\n\
                CSeq: 1 INVITE\r\n\r\n";
    let Ok(Message::Request(request)) = parse(Bytes::from(text)) else { panic!() };
    assert_eq!(theirs(text.as_bytes()), Some(ours(&request)));
}
