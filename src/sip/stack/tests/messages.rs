use bytes::Bytes;

use crate::sip::stack::tests::bench::{settings, tcp, udp};
use crate::sip::stack::tests::{Bench, Far};
use crate::sip::stack::{Caller, Command, Input, Settings};
use crate::sip::wire::{Name, Text};

const PHONE: &str = "10.0.1.1:5060";

/// A MESSAGE of this far end with this body.
fn message(far: &Far, kind: &str, body: &[u8]) -> Bytes {
    let text = String::from_utf8(far.write("MESSAGE", None).to_vec()).unwrap();
    let length = body.len();
    let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
    let head = text.replace("Content-Length: 0", &format!("{kind}Content-Length: {length}"));
    [head.as_bytes(), body].concat().into()
}

fn alice(n: u32) -> Far {
    Far { user: "alice", call_id: format!("m{n}"), ..Far::new(udp(PHONE)) }
}

fn send(bench: &mut Bench, id: u64, text: &str) {
    bench.command(Command::Message {
        id,
        to: "a".into(),
        from: Caller { display: Some("Desk".into()), user: Some("12345".into()) },
        text: Text::from(text),
    });
}

#[test]
fn a_text_of_an_account_is_told_once() {
    let mut bench = Bench::new();
    let mut far = alice(0);
    let request = bench.proven(&mut far, "MESSAGE", |far, _| message(far, "text/plain", b"hi"));
    bench.receive(far.flow, request.clone());
    bench.receive(far.flow, request);
    assert_eq!(bench.sent(), ["200 MESSAGE", "200 MESSAGE"]);
    assert_eq!(bench.events(), ["message a to 12345: hi"]);
    // A replay in a new transaction does not get in.
    far.branch += 1;
    bench.receive(far.flow, message(&far, "text/plain", b"hi"));
    assert_eq!(bench.response().status, 401);
    assert_eq!(bench.events(), [""; 0]);
    bench.check_empty();
}

#[test]
fn only_short_plain_texts_are_taken() {
    let long = [b'x'; 1_301];
    let rows: [(&str, &[u8], u16); 11] = [
        ("text/plain", "您好".as_bytes(), 200),
        ("Text/Plain;charset=\"utf-8\"", b"x\r\ny", 200),
        ("text/plain", &long[..1_300], 200),
        ("text/plain", &long, 413),
        ("text/html", b"<b>x</b>", 415),
        ("application/im-iscomposing+xml", b"<a/>", 415),
        ("text/plain;charset=gb2312", b"x", 415),
        ("", b"x", 415),
        ("text/plain\r\nContent-Encoding: gzip", b"x", 415),
        ("text/plain", b"\xff", 400),
        ("text/plain", b"", 400),
    ];
    let mut bench = Bench::new();
    for (n, (kind, body, status)) in (0..).zip(rows) {
        let mut far = alice(n);
        let request = bench.proven(&mut far, "MESSAGE", |far, _| message(far, kind, body));
        bench.receive(far.flow, request);
        let answer = bench.response();
        assert_eq!(answer.status, status, "{kind}");
        assert_eq!(bench.events().len(), usize::from(status == 200), "{kind}");
        assert_eq!(answer.headers.get(Name::Accept).is_some(), status == 415, "{kind}");
    }
    bench.check_empty();
}

#[test]
fn an_account_that_floods_is_slowed() {
    let mut bench = Bench::new();
    let mut taken = 0;
    for n in 0..30 {
        let mut far = alice(n);
        let request = bench.proven(&mut far, "MESSAGE", |far, _| message(far, "text/plain", b"x"));
        bench.receive(far.flow, request);
        let answer = bench.response();
        taken += usize::from(answer.status == 200);
        if answer.status != 200 {
            assert_eq!((answer.status, answer.headers.retry_after()), (480, Some(1)));
        }
    }
    assert_eq!(taken, 20);
    bench.check_empty();
}

#[test]
fn strangers_and_trunks_send_no_texts() {
    let mut bench = Bench::new();
    let stranger = Far { user: "evil", ..Far::new(udp("10.0.0.66:5060")) };
    bench.receive(stranger.flow, message(&stranger, "text/plain", b"x"));
    assert_eq!(bench.response().status, 401);
    assert_eq!(bench.events(), ["stranger 10.0.0.66"]);
    let carrier = Far::carrier();
    bench.receive(carrier.flow, message(&carrier, "text/plain", b"x"));
    assert_eq!(bench.response().status, 403);
    let (dialog, mut carrier) = bench.carrier_call();
    carrier.cseq += 1;
    carrier.branch += 1;
    bench.receive(carrier.flow, message(&carrier, "text/plain", b"x"));
    assert_eq!(bench.response().status, 403);
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_text_inside_a_call_names_the_call() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.phone_call("a", "alice", udp(PHONE));
    far.cseq += 1;
    far.branch += 1;
    bench.receive(far.flow, message(&far, "text/plain", b"x"));
    assert_eq!(bench.sent(), ["200 MESSAGE"]);
    assert_eq!(bench.events(), ["message a to 12345: x inside"]);
    // With wrong tags, or from a third address, it has no effect.
    for (wrong, status) in [
        (Far { tag: "wrong".into(), ..far.clone() }, 481),
        (Far { flow: udp("10.0.0.66:5060"), user: "evil", ..far.clone() }, 401),
    ] {
        let wrong = Far { branch: 90, ..wrong };
        bench.receive(wrong.flow, message(&wrong, "text/plain", b"x"));
        assert_eq!(bench.response().status, status);
        assert!(bench.events().iter().all(|event| event.starts_with("stranger")));
    }
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn our_text_goes_to_the_newest_contact_and_its_fate_is_told() {
    let mut bench = Bench::new();
    send(&mut bench, 1, "hello");
    assert_eq!(bench.events(), ["message 1 480"], "not registered");
    bench.register(udp(PHONE), "alice", "secret");
    let far = alice(0);
    for status in [200, 202, 404, 486] {
        bench.events.clear();
        bench.sent.clear();
        send(&mut bench, u64::from(status), "您好");
        assert_eq!(bench.sent[0].flow, udp(PHONE));
        let request = bench.request();
        assert_eq!(request.method.as_str(), "MESSAGE");
        assert_eq!(request.headers.get(Name::ContentType), Some("text/plain;charset=UTF-8"));
        assert!(!request.headers.has(Name::Contact));
        assert_eq!(request.headers.to().unwrap().uri.to_string(), "sip:alice@hot");
        assert_eq!(request.headers.from().unwrap().display, Some("Desk".into()));
        assert_eq!(&request.body[..], "您好".as_bytes());
        bench.receive(far.flow, far.respond(&request, 100, None));
        assert_eq!(bench.events(), [""; 0]);
        bench.receive(far.flow, far.respond(&request, status, None));
        bench.receive(far.flow, far.respond(&request, status, None));
        assert_eq!(bench.events(), [format!("message {status} {status}")]);
    }
    send(&mut bench, 9, "hello");
    bench.pass(31_999);
    assert_eq!(bench.events(), [""; 0]);
    assert!(bench.sent().len() > 5, "it is sent again");
    bench.pass(1);
    assert_eq!(bench.events(), ["message 9 408"]);
    bench.check_empty();
}

#[test]
fn a_long_text_needs_tcp() {
    let mut bench = Bench::new();
    bench.register(udp(PHONE), "alice", "secret");
    bench.sent.clear();
    bench.events.clear();
    send(&mut bench, 1, &"x".repeat(1_300));
    assert_eq!(bench.events(), ["message 1 513"]);
    send(&mut bench, 2, &"x".repeat(700));
    assert!(bench.sent[0].length <= 1_300);
    assert_eq!(bench.events(), [""; 0]);
    bench.pass(40_000);

    let mut bench = Bench::new();
    let flow = tcp("10.0.1.1:40000", 7);
    let far = bench.register(flow, "alice", "secret");
    bench.sent.clear();
    bench.events.clear();
    send(&mut bench, 3, &"x".repeat(16_385));
    assert_eq!(bench.events(), ["message 3 513"]);
    send(&mut bench, 4, &"x".repeat(3_000));
    assert_eq!(bench.sent[0].flow, flow);
    let request = bench.request();
    bench.receive(flow, far.respond(&request, 200, None));
    assert_eq!(bench.events(), ["message 4 200"]);
    send(&mut bench, 5, "x");
    bench.input(Input::Closed { connection: 7 });
    assert!(bench.events().contains(&"message 5 503".to_owned()));
    bench.check_empty();
}

#[test]
fn where_nobody_takes_texts_a_message_is_no_method_of_ours() {
    let mut bench = Bench::with(Settings { messages: false, ..settings() });
    let mut far = alice(0);
    let request = bench.proven(&mut far, "MESSAGE", |far, _| message(far, "text/plain", b"hi"));
    bench.receive(far.flow, request);
    let answer = bench.response();
    assert_eq!(answer.status, 405);
    assert!(!answer.headers.get(Name::Allow).unwrap().contains("MESSAGE"));
    assert_eq!(bench.events(), [""; 0]);
    bench.check_empty();
}
