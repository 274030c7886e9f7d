use std::net::SocketAddr;

use crate::sip::stack::tests::bench::{settings, udp};
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Input, Limits, Settings};
use crate::sip::wire::Name;

#[test]
fn bad_invites_of_a_carrier_are_refused_and_told() {
    type Change = fn(String) -> String;
    let rows: [(&str, u16, Change); 10] = [
        ("scheme", 416, |text| text.replace("sip:12345@10.0.0.1 SIP", "mailto:a@b SIP")),
        ("extension", 420, |text| text.replace("Max-", "Require: 100rel\r\nMax-")),
        ("hops", 483, |text| text.replace("Max-Forwards: 70", "Max-Forwards: 0")),
        ("body", 415, |text| text.replace("application/sdp", "text/plain")),
        ("answer", 406, |text| text.replace("Max-", "Accept: text/plain\r\nMax-")),
        ("contact", 400, |text| text.replace("Contact: ", "X-Contact: ")),
        ("version", 505, |text| text.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia")),
        ("CSeq", 400, |text| text.replace("1 INVITE", "1 OPTIONS")),
        ("no From", 400, |text| text.replace("From: ", "X-From: ")),
        ("two Call-IDs", 400, |text| text.replace("Call-ID: ", "Call-ID: x\r\nCall-ID: ")),
    ];
    for (what, status, change) in rows {
        let mut bench = Bench::new();
        let far = Far::carrier();
        let text = String::from_utf8(far.write("INVITE", Some(SDP)).to_vec()).unwrap();
        bench.stack_only(Input::Received { flow: far.flow, bytes: change(text).into() });
        assert_eq!(bench.events(), [format!("refused {status}")], "{what}");
        // The answers to these have what they have, and are sent all the same.
        if !["no From", "two Call-IDs"].contains(&what) {
            assert_eq!(bench.response().status, status, "{what}");
        }
        bench.check_empty();
    }
}

#[test]
fn a_scheme_that_nobody_knows_is_told_whatever_the_method() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let text = String::from_utf8(far.write("OPTIONS", None).to_vec()).unwrap();
    let text = text.replace("sip:12345@10.0.0.1 SIP", "soap.beep://a/b SIP");
    bench.receive(far.flow, bytes::Bytes::from(text));
    assert_eq!(bench.response().status, 416);
    bench.check_empty();
}

#[test]
fn a_via_that_cannot_be_read_goes_back_as_it_came() {
    for (change, status) in [("SIP/2.0/UDP 192.0.2.15;;,;,,", 400), ("SIP/7.0/UDP 192.0.2.15", 505)]
    {
        let mut bench = Bench::new();
        let far = Far::carrier();
        let text = String::from_utf8(far.write("OPTIONS", None).to_vec()).unwrap();
        let via = text.lines().find_map(|line| line.strip_prefix("Via: ")).unwrap();
        let mut text = text.replace(via, change);
        if status == 505 {
            text = text.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia");
        }
        let mut out = Vec::new();
        let input = Input::Received { flow: far.flow, bytes: text.into() };
        bench.stack.handle(bench.now, input, &mut out);
        let sent = out.iter().find_map(|output| match output {
            crate::sip::stack::Output::Send { flow, bytes, .. } => Some((*flow, bytes.clone())),
            _ => None,
        });
        let (flow, bytes) = sent.expect("an answer");
        let answer = String::from_utf8_lossy(&bytes).into_owned();
        assert!(answer.starts_with(&format!("SIP/2.0 {status} ")), "{answer}");
        assert!(answer.contains(change) && flow == far.flow, "{answer}");
    }
}

#[test]
fn one_invite_over_two_ways_is_merged() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.sent.clear();
    let twin = Far { branch: 50, ..far.clone() };
    bench.receive(twin.flow, twin.write("INVITE", Some(SDP)));
    assert_eq!(bench.sent(), ["482 INVITE"]);
    assert_eq!(bench.events(), ["refused 482"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn full_tables_answer_503() {
    let limits = Limits { dialogs: 2, servers: 10, ..Limits::default() };
    let mut bench = Bench::with(Settings { limits, ..settings() });
    for n in 0..20 {
        let far = Far { call_id: format!("c{n}"), ..Far::carrier() };
        bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    }
    let census = bench.stack.census();
    assert_eq!((census.dialogs, census.servers), (2, 10));
    assert_eq!(bench.response().headers.retry_after(), Some(5));
    let events = bench.events();
    assert_eq!(events.iter().filter(|event| *event == "refused 503").count(), 18);
    bench.pass(700_000);
    bench.check_empty();
}

#[test]
fn a_call_that_is_up_ends_well_while_new_ones_are_refused() {
    let limits = Limits { servers: 4, ..Limits::default() };
    let mut bench = Bench::with(Settings { limits, ..settings() });
    let (_, mut up) = bench.carrier_call();
    for n in 0..20 {
        let far = Far { call_id: format!("c{n}"), ..Far::carrier() };
        bench.receive(far.flow, far.write("OPTIONS", None));
    }
    assert_eq!(bench.response().status, 503);
    let bye = up.next("BYE", None);
    bench.receive(up.flow, bye);
    assert_eq!(bench.response().status, 200);
    assert_eq!(bench.events(), ["ended Bye"]);
    bench.check_empty();
}

#[test]
fn out_of_dialog_requests_of_a_carrier() {
    for (method, status) in [
        ("OPTIONS", 200),
        ("BYE", 481),
        ("INFO", 481),
        ("UPDATE", 481),
        ("MESSAGE", 403),
        ("SUBSCRIBE", 405),
        ("NOTIFY", 405),
        ("REFER", 403),
        ("PUBLISH", 405),
        ("PRACK", 405),
        ("JUGGLE", 501),
        ("REGISTER", 401),
    ] {
        let mut bench = Bench::new();
        let far = Far::carrier();
        bench.receive(far.flow, far.write(method, None));
        assert_eq!(bench.response().status, status, "{method}");
        bench.check_empty();
    }
}

#[test]
fn strangers_always_get_401_and_leave_nothing() {
    let mut bench = Bench::new();
    let methods = [
        "INVITE",
        "OPTIONS",
        "REGISTER",
        "BYE",
        "CANCEL",
        "INFO",
        "UPDATE",
        "MESSAGE",
        "SUBSCRIBE",
        "NOTIFY",
        "REFER",
        "PUBLISH",
        "PRACK",
        "JUGGLE",
    ];
    for (n, method) in methods.into_iter().enumerate() {
        for to_tag in [None, Some("x".to_owned())] {
            let mut far = Far { user: "evil", ..Far::new(udp("10.0.0.66:5060")) };
            far.call_id = format!("s{n}");
            far.to_tag = to_tag;
            far.extra = "User-Agent: friendly-scanner-with-a-long-name\r\n".into();
            bench.receive(far.flow, far.write(method, None));
            assert_eq!(bench.events(), ["stranger 10.0.0.66"], "{method}");
            assert_eq!(bench.response().status, 401, "{method}");
        }
    }
    let far = Far::new(udp("10.0.0.66:5060"));
    bench.receive(far.flow, far.write("ACK", None));
    assert_eq!(bench.sent(), [""; 0]);
    assert_eq!(bench.stack.census(), Default::default());
}

#[test]
fn a_stranger_is_answered_at_its_source_and_never_with_more_than_twice_its_bytes() {
    let mut bench = Bench::new();
    let source: SocketAddr = "10.0.0.66:4444".parse().unwrap();
    let long = "x".repeat(300);
    for (via, to) in [
        ("10.0.0.66:4444;rport", Some(source)),
        ("192.0.2.1:53", Some(source)),
        ("192.0.2.1:53;maddr=192.0.2.2", Some(source)),
        ("victim.example.com", Some(source)),
        ("10.0.0.66:5099", Some("10.0.0.66:5099".parse().unwrap())),
    ] {
        let text = format!(
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK1\r\n\
             From: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\n\
             Subject: {long}\r\n\r\n"
        );
        let length = text.len();
        bench.receive(udp("10.0.0.66:4444"), text);
        assert_eq!(bench.sent.first().map(|sent| sent.flow.peer), to, "{via}");
        assert!(bench.sent[0].length <= 2 * length);
        bench.sent.clear();
    }
    // A short one gets one algorithm, or silence.
    let text = "OPTIONS sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK1\r\nf:<sip:x@y>;tag=1\r\n\
                t:<sip:a>\r\ni:c\r\nCSeq:1 OPTIONS\r\n\r\n";
    bench.receive(udp("10.0.0.66:4444"), text);
    assert!(bench.sent.iter().all(|sent| sent.length <= 2 * text.len()));
    assert_eq!(bench.events().len(), 6);
}

#[test]
fn a_retransmission_from_elsewhere_tells_nobody_anything() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.sent.clear();
    bench.receive(udp("10.0.0.66:5060"), far.write("INVITE", Some(SDP)));
    assert_eq!(bench.events(), ["stranger 10.0.0.66"]);
    assert_eq!(bench.sent(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn replies_say_where_the_request_came_from() {
    let mut bench = Bench::new();
    let text = |via: &str| {
        format!(
            "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP {via};branch=z9hG4bK{}, \
             SIP/2.0/UDP behind;branch=z9hG4bK2\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:a@b>\r\n\
             Call-ID: c\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 0\r\n\r\n",
            via.len()
        )
    };
    for (via, top) in [
        ("10.0.0.2:5060", "SIP/2.0/UDP 10.0.0.2:5060;branch=z9hG4bK13"),
        (
            "10.0.0.9:5060;rport",
            "SIP/2.0/UDP 10.0.0.9:5060;rport=5060;branch=z9hG4bK19;received=10.0.0.2",
        ),
        ("sbc", "SIP/2.0/UDP sbc;branch=z9hG4bK3;received=10.0.0.2"),
    ] {
        bench.receive(udp("10.0.0.2:5060"), text(via));
        let response = bench.response();
        let vias: Vec<_> = response.headers.list(Name::Via).map(|via| via.to_string()).collect();
        assert_eq!(vias, [top, "SIP/2.0/UDP behind;branch=z9hG4bK2"]);
        assert_eq!(response.status, 200);
    }
    bench.check_empty();
}

#[test]
fn what_is_no_sip_is_dropped() {
    let mut bench = Bench::new();
    for text in ["", "\r\n\r\n", "\0", "GET / HTTP/1.1\r\n\r\n", "SIP/2.0 200 OK\r\n\r\n"] {
        bench.receive(udp("10.0.0.2:5060"), text.to_owned());
        bench.receive(udp("10.0.0.66:5060"), text.to_owned());
    }
    assert_eq!(bench.sent(), [""; 0]);
    assert!(bench.events().iter().all(|event| event == "stranger 10.0.0.66"));
    assert_eq!(bench.stack.census(), Default::default());
}
