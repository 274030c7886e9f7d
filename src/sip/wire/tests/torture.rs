use std::path::Path;

use bytes::Bytes;

use crate::sip::wire::{Fault, Message, Method, Name, ParseError, Request, Scheme, fuzz, parse};

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/torture"))
}

fn bytes(message: &str) -> Bytes {
    std::fs::read(folder().join(message).with_extension("sip")).expect(message).into()
}

fn read(message: &str) -> Result<Message, ParseError> {
    parse(bytes(message))
}

fn request(message: &str) -> Request {
    match read(message) {
        Ok(Message::Request(request)) => request,
        other => panic!("{message}: {other:?}"),
    }
}

/// All messages of the table: name, what the parser must say, what a server may answer.
pub(super) fn table() -> Vec<(String, String, String)> {
    let table = std::fs::read_to_string(folder().join("verdicts.tsv")).unwrap();
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [name, _section, parser, answer] = cells[..] else { panic!("{line}") };
            (name.to_owned(), parser.to_owned(), answer.to_owned())
        })
        .collect()
}

/// The bytes of all messages of the table.
pub(super) fn corpus() -> Vec<Bytes> {
    table().iter().map(|(name, ..)| bytes(name)).collect()
}

#[test]
fn every_message_has_its_verdict() {
    let table = table();
    assert_eq!(table.iter().filter(|(name, ..)| name.starts_with("rfc4475/")).count(), 49);
    assert_eq!(table.iter().filter(|(name, ..)| name.starts_with("rfc5118/")).count(), 11);
    for (name, expected, answer) in table {
        let verdict = match read(&name) {
            Ok(_) => "ok".to_owned(),
            Err(ParseError { answerable: None, .. }) => "drop".to_owned(),
            Err(error) => error.status().to_string(),
        };
        assert_eq!(verdict, expected, "{name}: {:?}", read(&name).map_err(|error| error.what));
        let is_refused = verdict != "ok" && verdict != "drop";
        assert!(!is_refused || answer == verdict, "{name}: {answer}");
        fuzz(&bytes(&name));
    }
}

#[test]
fn a_short_tortuous_invite_is_understood() {
    let it = request("rfc4475/wsinv");
    assert_eq!(it.method, Method::Invite);
    assert_eq!(it.uri.to_string(), "sip:vivekg@chair-dnrc.example.com;unknownparam");
    assert_eq!(it.headers.to().unwrap().tag(), Some("1918181833n"));
    let from = it.headers.from().unwrap();
    assert_eq!((from.display.as_deref(), from.tag()), (Some("J Rosenberg \\\""), Some("98asjd8")));
    assert_eq!(it.headers.max_forwards(), Ok(Some(68)));
    assert_eq!(it.headers.cseq().unwrap().number, 9);
    let vias = it.headers.vias().unwrap();
    let branches: Vec<_> = vias.iter().map(|via| via.branch().unwrap()).collect();
    assert_eq!(branches, ["390skdjuw", "z9hG4bK9ikj8", "z9hG4bK30239"]);
    let hosts: Vec<_> = vias.iter().map(|via| via.host.as_str()).collect();
    assert_eq!(hosts, ["192.0.2.2", "spindle.example.com", "192.168.255.111"]);
    assert_eq!(it.headers.get(Name::Subject), Some(""));
    assert_eq!(
        it.headers.other("newfangledheader").unwrap().as_str(),
        "newfangled value continued newfangled value"
    );
    let contacts = it.headers.contacts().unwrap();
    let contact = contacts.first().unwrap();
    assert_eq!(contact.display.as_deref(), Some("Quoted string \"\""));
    assert_eq!(contact.params.get("q"), Some("0.33"));
    assert_eq!(contact.params.get("newparam"), Some("newvalue"));
    let route = it.headers.route().unwrap();
    assert!(route[0].uri.is_loose());
    assert!(it.headers.content_type().unwrap().unwrap().is("application", "sdp"));
    assert!(it.body.starts_with(b"v=0\r\n"));
}

#[test]
fn a_wide_range_of_characters_is_kept() {
    let it = request("rfc4475/intmeth");
    let method = "!interesting-Method0123456789_*+`.%indeed'~";
    assert_eq!(it.method, Method::Other(method.into()));
    assert_eq!(it.headers.cseq().unwrap().method.as_str(), method);
    assert_eq!(it.uri.host, "example.com");
    assert_eq!(it.uri.password.as_deref().unwrap(), "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
    let to = it.headers.to().unwrap();
    assert_eq!(to.display.unwrap(), "BEL:\u{7} NUL:\0 DEL:\u{7f}");
    let from = it.headers.from().unwrap();
    assert_eq!(from.tag(), Some("_token~1'+`*%!-."));
    assert_eq!(from.params.unquoted("fromParam''~+*_!.-%").unwrap(), "работающий");
    assert_eq!(it.headers.call_id().unwrap(), "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
}

#[test]
fn escapes_mean_something_in_uris_only() {
    let it = request("rfc4475/esc01");
    assert_eq!(it.uri.user_unescaped().unwrap(), "sips:user@example.com");
    assert_eq!(it.headers.to().unwrap().uri.user_unescaped().unwrap(), "user");
    let contacts = it.headers.contacts().unwrap();
    assert!(!contacts.first().unwrap().uri.is_loose(), "%6C%72 is lr only by equivalence");
    let it = request("rfc4475/escnull");
    assert_eq!(it.headers.to().unwrap().uri.user_unescaped().unwrap(), "null-\0-null");
    let it = request("rfc4475/esc02");
    assert_ne!(it.method, Method::Register);
    assert_eq!(it.headers.all(Name::Contact).count(), 2);
    assert_eq!(it.headers.to().unwrap().display.unwrap(), "%Z%45");
}

#[test]
fn long_and_trailing_things_are_bounded() {
    let it = request("rfc4475/longreq");
    assert_eq!(it.headers.vias().unwrap().len(), 34);
    assert_eq!(it.headers.to().unwrap().uri.port, Some(6000));
    let it = request("rfc4475/dblreq");
    assert_eq!((it.method, it.body.len()), (Method::Register, 0));
    let it = request("rfc4475/semiuri");
    assert_eq!(it.uri.user_unescaped().unwrap(), "user;par=u@example.net");
    assert_eq!(it.headers.list(Name::Accept).count(), 6);
    let it = request("rfc4475/mpart01");
    assert_eq!(it.body.len(), it.headers.content_length().unwrap().unwrap());
    let kind = it.headers.content_type().unwrap().unwrap();
    assert_eq!(kind.params.get("boundary"), Some("7a9cbec02ceef655"));
}

#[test]
fn responses_have_any_reason() {
    let Ok(Message::Response(it)) = read("rfc4475/unreason") else { panic!() };
    assert_eq!(it.status, 200);
    assert!(it.reason.starts_with("= 2**3 * 5**2 но сто"));
    let Ok(Message::Response(it)) = read("rfc4475/noreason") else { panic!() };
    assert_eq!((it.status, it.reason.as_str()), (100, ""));
}

#[test]
fn what_the_application_must_refuse_is_told() {
    let it = request("rfc4475/unkscm");
    assert_eq!(it.uri.scheme, Scheme::Other("nobodyKnowsThisScheme".into()));
    let it = request("rfc4475/bext01");
    let options: Vec<_> = it.headers.require().map(|option| option.to_string()).collect();
    assert_eq!(options, ["nothingSupportsThis", "nothingSupportsThisEither"]);
    assert_eq!(it.headers.proxy_require().count(), 2);
    let it = request("rfc4475/regaut01");
    assert_eq!(it.headers.authorization().count(), 0);
    let it = request("rfc4475/zeromf");
    assert_eq!(it.headers.max_forwards(), Ok(Some(0)));
    let it = request("rfc4475/inv2543");
    assert_eq!(
        (it.headers.from().unwrap().tag(), it.headers.via().unwrap().branch()),
        (None, None)
    );
    assert!(!request("rfc4475/badbranch").headers.via().unwrap().has_magic_branch());
    // What follows a bare URI belongs to the header, what stands in brackets to the URI.
    for (name, is_uris) in [("rfc4475/cparam01", false), ("rfc4475/cparam02", true)] {
        let contacts = request(name).headers.contacts().unwrap();
        let contact = contacts.first().unwrap();
        assert_eq!(contact.uri.params.has("unknownparam"), is_uris, "{name}");
        assert_eq!(contact.params.has("unknownparam"), !is_uris, "{name}");
    }
}

#[test]
fn a_bad_request_can_be_answered_with_what_was_understood() {
    let answerable = |name: &str| read(name).unwrap_err().answerable.unwrap();
    let it = answerable("rfc4475/badinv01");
    assert!(it.via.is_none() && it.headers.has(Name::Via));
    assert_eq!(it.method, Method::Invite);
    let it = answerable("rfc4475/insuf");
    assert!(it.via.is_some() && it.cseq().is_some());
    assert!(it.from().is_none() && it.to().is_none() && it.call_id().is_none());
    let it = answerable("rfc4475/quotbal");
    assert_eq!(it.to().unwrap().as_str(), "\"Mr. J. User <sip:j.user@example.com>");
    assert!(answerable("rfc4475/ltgtruri").uri.is_none());
    assert_eq!(read("rfc4475/clerr").unwrap_err().what, Fault::Truncated);
    assert_eq!(read("rfc4475/mismatch01").unwrap_err().what, Fault::CSeqMethod);
    assert_eq!(read("rfc4475/bigcode").unwrap_err().what, Fault::Status);
}

#[test]
fn addresses_of_ipv6_are_told_from_their_ports() {
    let uri = request("rfc5118/port-ambiguous").uri;
    assert_eq!((uri.host.as_str(), uri.port), ("[2001:db8::10:5070]", None));
    let uri = request("rfc5118/port-unambiguous").uri;
    assert_eq!((uri.host.as_str(), uri.port), ("[2001:db8::10]", Some(5070)));
    for name in ["rfc5118/via-received-param-with-delim", "rfc5118/via-received-param-no-delim"] {
        let received = request(name).headers.via().unwrap().received();
        assert_eq!(received, Some("2001:db8::9:255".parse().unwrap()), "{name}");
    }
    let vias = request("rfc5118/mult-ip-in-header").headers.vias().unwrap();
    assert_eq!(vias[0].port, Some(6050));
    assert_eq!(vias[2].received(), Some("192.0.2.200".parse().unwrap()));
    let via = request("rfc5118/ipv4-mapped-ipv6").headers.via().unwrap();
    assert_eq!(via.address().unwrap().to_canonical().to_string(), "192.0.2.10");
    let uri = request("rfc5118/ipv6-bug-abnf-3-colons").uri;
    assert_eq!(uri.address(), Some("2001:db8::192.0.2.1".parse().unwrap()));
}
