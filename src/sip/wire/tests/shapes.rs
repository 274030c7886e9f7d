//! Smuggled headers (R11), and the shapes of published advisories that concern a parser (R1).

use bytes::Bytes;

use crate::sip::wire::{Contacts, Fault, Message, Method, Name, ParseError, Request, fuzz, parse};

const HEAD: &str = "INVITE sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bKa\r\nFrom: <sip:a@h>;tag=1\r\n\
                    To: <sip:b@h>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n";

fn read(text: &str) -> Result<Request, ParseError> {
    fuzz(text.as_bytes());
    match parse(Bytes::copy_from_slice(text.as_bytes()))? {
        Message::Request(request) => Ok(request),
        Message::Response(_) => panic!("{text}"),
    }
}

fn with(line: &str) -> Result<Request, Fault> {
    read(&format!("{HEAD}{line}\r\n\r\n")).map_err(|error| error.what)
}

#[test]
fn smuggled_headers_have_no_effect() {
    // Control characters and strange names: the message is refused.
    for line in [
        "P-Asserted-Identity\u{1}: <sip:evil@h>",
        "P-Asserted-Identity\0: <sip:evil@h>",
        "P-Asserted-Identity\u{b}: <sip:evil@h>",
        "P-Asserted-Identity\u{a0}: <sip:evil@h>",
        "P-Asserted Identity: <sip:evil@h>",
        "X: a\nP-Asserted-Identity: <sip:evil@h>",
        "X: a\rP-Asserted-Identity: <sip:evil@h>",
        "X: a\r\r\nP-Asserted-Identity: <sip:evil@h>",
        "X: a\0\r\nP-Asserted-Identity: <sip:evil@h>",
        "X: \\\u{1}",
        ": <sip:evil@h>",
        "P-Asserted-Identity",
        "\u{7f}X: y",
    ] {
        assert_eq!(with(line), Err(Fault::Line { line: 7 }), "{line:?}");
    }
    // White space before the colon is legal, and no assertion is taken that has it.
    for name in ["P-Asserted-Identity", "p-preferred-identity", "Remote-Party-ID", "Diversion", "y"]
    {
        for space in [" ", "\t", "  \t ", "\r\n "] {
            let it = with(&format!("{name}{space}: <sip:evil@h>")).unwrap();
            assert!(!it.headers.has(Name::from(name)), "{name}{space:?}");
            assert_eq!(it.headers.iter().count(), 5, "not under any other name either");
        }
        assert!(with(&format!("{name}: <sip:good@h>")).unwrap().headers.has(Name::from(name)));
    }
    // Folding continues a value and starts no header.
    let it = with("Subject: a\r\n P-Asserted-Identity: <sip:evil@h>").unwrap();
    assert!(!it.headers.has(Name::PAssertedIdentity));
    assert_eq!(it.headers.get(Name::Subject), Some("a P-Asserted-Identity: <sip:evil@h>"));
    // The body is no header, and a head without an end is none.
    let it = with("Content-Length: 0\r\n\r\nP-Asserted-Identity: <sip:evil@h>").unwrap();
    assert!(!it.headers.has(Name::PAssertedIdentity));
    assert_eq!(read(HEAD).unwrap_err().what, Fault::NoEnd);
}

#[test]
fn lengths_and_methods_do_not_hurt() {
    let long = "M".repeat(60_000);
    let error = read(&HEAD.replace("1 INVITE", &format!("1 {long}"))).unwrap_err();
    assert!(matches!(error.what, Fault::NoEnd));
    let text = format!("{HEAD}\r\n").replace("1 INVITE", &format!("1 {long}"));
    assert_eq!(read(&text).unwrap_err().what, Fault::CSeqMethod);
    let text = format!("{HEAD}\r\n").replace("INVITE", &long[..30_000]);
    assert_eq!(read(&text).unwrap().method, Method::Other(long[..30_000].into()));
    let it =
        with("Content-Type: multipart/mixed;boundary=\"a much longer boundary than the body\"")
            .unwrap();
    assert_eq!(it.body.len(), 0);
    assert!(with(&vec!["Accept: application/sdp"; 150].join("\r\n")).is_ok());
}

#[test]
fn tags_and_branches_are_there_once_or_not_at_all() {
    for (good, bad) in [
        ("<sip:b@h>", "<sip:b@h>;tag="),
        ("<sip:b@h>", "<sip:b@h>;tag"),
        ("<sip:b@h>", "<sip:b@h>;tag=1;tag=2"),
        ("<sip:b@h>", "<sip:b@h>;tag=1;TAG=1"),
        ("<sip:b@h>", "<sip:b@h>, <sip:c@h>"),
        (";tag=1", ";tag=\u{1}"),
        (";tag=1", ";tag=a b"),
        (";tag=1", ";tag=\"1"),
        (";branch=z9hG4bKa", ";branch=a;branch=b"),
        (";branch=z9hG4bKa", ";branch="),
        (";branch=z9hG4bKa", ";branch=\"z9hG4bK"),
        (";branch=z9hG4bKa", ";branch=z9hG4bK\0"),
        ("Call-ID: c", "Call-ID: "),
        ("Call-ID: c", "Call-ID: c d"),
        ("Call-ID: c", "Call-ID: c\r\ni: c"),
    ] {
        let text = format!("{HEAD}\r\n");
        assert!(read(&text).is_ok());
        let error = read(&text.replacen(good, bad, 1)).expect_err(bad);
        assert_eq!(error.status(), 400, "{bad}");
        // A spoilt Via is no Via, and without one nobody can be answered.
        assert_eq!(error.answerable.is_some(), !bad.contains('\0'), "{bad}");
    }
}

#[test]
fn hostile_credentials_and_contacts_are_harmless() {
    for line in [
        "Authorization: Digest username=\"a",
        "Authorization: Digest",
        "Authorization: Digest ,,,",
        "Authorization: Digest =",
        "Authorization:",
        "Authorization: Digest nc=1, nc=1",
        "Authorization: Digest username=\"\\\"",
    ] {
        assert_eq!(with(line).unwrap().headers.authorization().count(), 0, "{line}");
    }
    assert_eq!(with("Contact: *").unwrap().headers.contacts(), Ok(Contacts::All));
    for line in
        ["Contact: *, <sip:h>", "Contact: *\r\nContact: <sip:h>", "Contact: <sip:h>\r\nm: *"]
    {
        assert!(with(line).is_err(), "{line}");
    }
    let it = with("Subject: <script>\"\\'; DROP TABLE calls;--").unwrap();
    assert_eq!(it.headers.get(Name::Subject), Some("<script>\"\\'; DROP TABLE calls;--"));
}

#[test]
fn what_is_no_sip_is_told_nothing() {
    for bytes in [
        &b""[..],
        b"\r\n",
        b"\r\n\r\n",
        b"\0\0\0\0",
        b" ",
        b"jaK",
        b"GET / HTTP/1.1\r\nVia: x\r\n\r\n",
        b"\x00\x01\x00\x00\x21\x12\xa4\x42aaaaaaaaaaaa",
        b"\x16\xfe\xff\x00\x00",
        b"SIP/2.0 200 OK\r\n\r\n",
        b"ACK sip:h SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n\r\n",
        b"INVITE sip:h SIP/2.0\r\n\r\n",
        b"INVITE",
        b"INVITE \r\n\r\n",
        b"SIP/3.0 200 OK\r\n\r\n",
        b"INVITE sip:h SIP/2.0\n\n",
    ] {
        fuzz(bytes);
        let error = parse(Bytes::copy_from_slice(bytes)).unwrap_err();
        assert!(error.answerable.is_none(), "{bytes:?}");
    }
    let what = |bytes: &'static [u8]| parse(Bytes::from_static(bytes)).unwrap_err().what;
    assert_eq!(what(b"\r\n\r\n"), Fault::KeepAlive);
    assert_eq!(what(b"\0\0\0\0"), Fault::KeepAlive);
    assert_eq!(what(b"jaK"), Fault::StartLine);
}
