use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Caller, Command, Destination, Event};
use crate::sip::wire::{Name, Request};

#[test]
fn a_call_to_the_carrier_is_answered() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let (dialog, invite) = bench.call_carrier();
    assert_eq!(invite.uri.to_string(), "sip:13800000000@10.0.0.2:5060");
    assert_eq!(invite.headers.from().unwrap().uri.to_string(), "sip:12345@10.0.0.1");
    assert_eq!(invite.headers.other("X-Case").map(|v| v.as_str()), Some("7"));
    bench.receive(far.flow, far.respond(&invite, 100, None));
    bench.receive(far.flow, far.respond(&invite, 180, None));
    bench.receive(far.flow, far.respond(&invite, 183, Some(SDP)));
    assert_eq!(bench.events(), ["progress 180", "progress 183 sdp"]);
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.events(), ["answered sdp"]);
    let ack = bench.request();
    assert_eq!(ack.headers.cseq().unwrap().to_string(), "1 ACK");
    assert_eq!(ack.uri.to_string(), "sip:far@10.0.0.2:5060");
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent(), ["ACK"], "again, though the dialog is told nothing");
    assert_eq!(bench.events(), [""; 0]);
    bench.command(Command::Bye { dialog, reason: None });
    let bye = bench.request();
    assert_eq!(bye.headers.cseq().unwrap().number, 2);
    bench.receive(far.flow, far.respond(&bye, 200, None));
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent(), ["ACK"], "even after the end");
    bench.check_empty();
}

#[test]
fn a_call_that_is_refused_or_not_answered_fails() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    far.extra = "Retry-After: 18000 (soon);duration=9\r\nWarning: 399 x \"full\"\r\n".into();
    let (_, invite) = bench.call_carrier();
    bench.receive(far.flow, far.respond(&invite, 503, None));
    assert_eq!(bench.sent(), ["ACK"]);
    let Some(Event::Failed { status: 503, retry_after, warning, .. }) = bench.events.pop() else {
        panic!("{:?}", bench.events)
    };
    assert_eq!(retry_after.map(|time| time.as_secs()), Some(18_000));
    assert_eq!(warning.as_deref(), Some("399 x \"full\""));
    bench.receive(far.flow, far.respond(&invite, 503, None));
    assert_eq!(bench.sent(), ["ACK"]);

    bench.call_carrier();
    bench.pass(32_000);
    assert_eq!(bench.sent(), ["INVITE"; 6]);
    assert_eq!(bench.events(), ["failed 408"]);
    bench.check_empty();
}

#[test]
fn what_rings_for_ever_is_given_up() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let (_, invite) = bench.call_carrier();
    bench.receive(far.flow, far.respond(&invite, 180, None));
    bench.pass(600_000);
    assert_eq!(bench.events(), ["progress 180", "failed 408"]);
    assert!(bench.sent().contains(&"CANCEL".to_owned()));
    bench.check_empty();
}

#[test]
fn a_cancel_waits_for_a_provisional_and_tells_why() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let (dialog, invite) = bench.call_carrier();
    let reason = "SIP;cause=200;text=\"Call completed elsewhere\"";
    bench.command(Command::Cancel { dialog, reason: Some(reason.into()) });
    assert_eq!(bench.events(), ["failed 487"]);
    assert_eq!(bench.sent(), [""; 0]);
    bench.receive(far.flow, far.respond(&invite, 180, None));
    let cancel = bench.request();
    assert_eq!(cancel.method.as_str(), "CANCEL");
    assert_eq!(cancel.headers.get(Name::Reason), Some(reason));
    assert_eq!(cancel.headers.via().unwrap(), invite.headers.via().unwrap());
    bench.receive(far.flow, far.respond(&cancel, 200, None));
    bench.receive(far.flow, far.respond(&invite, 487, None));
    assert_eq!(bench.sent(), ["ACK"]);
    assert_eq!(bench.events(), [""; 0], "an end is told once");
    assert_eq!(bench.stack.census().closing, 0);
    bench.check_empty();
}

#[test]
fn an_answer_that_crosses_the_cancel_is_hung_up() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let (dialog, invite) = bench.call_carrier();
    bench.receive(far.flow, far.respond(&invite, 180, None));
    bench.command(Command::Cancel { dialog, reason: Some("SIP;cause=200".into()) });
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent(), ["CANCEL", "ACK", "BYE"]);
    assert_eq!(bench.events(), ["progress 180", "failed 487"]);
    bench.check_empty();

    // No answer to anything: the whole is forgotten.
    let (dialog, invite) = bench.call_carrier();
    bench.receive(far.flow, far.respond(&invite, 100, None));
    bench.command(Command::Cancel { dialog, reason: None });
    bench.pass(32_000);
    assert_eq!(bench.stack.census().closing, 0);
    bench.check_empty();
}

#[test]
fn forks_beyond_the_first_are_hung_up() {
    let mut bench = Bench::new();
    let (first, second) = (Far::carrier(), Far { tag: "late".into(), ..Far::carrier() });
    let (dialog, invite) = bench.call_carrier();
    bench.receive(first.flow, first.respond(&invite, 180, None));
    bench.receive(second.flow, second.respond(&invite, 180, None));
    bench.receive(first.flow, first.respond(&invite, 200, Some(SDP)));
    bench.sent.clear();
    bench.receive(second.flow, second.respond(&invite, 200, Some(SDP)));
    let requests: Vec<Request> = bench
        .sent
        .drain(..)
        .map(|sent| match sent.message {
            crate::sip::wire::Message::Request(request) => request,
            other => panic!("{other:?}"),
        })
        .collect();
    let tags: Vec<_> = requests
        .iter()
        .map(|r| (r.method.as_str(), r.headers.to().unwrap().tag().map(str::to_owned)))
        .collect();
    let late = Some("late".to_owned());
    assert_eq!(tags, [("ACK", late.clone()), ("BYE", late)]);
    bench.receive(second.flow, second.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent(), ["ACK"]);
    bench.receive(second.flow, second.respond(&requests[1], 200, None));
    assert_eq!(bench.events(), ["progress 180", "progress 180", "answered sdp"]);
    bench.hang_up(dialog);
    assert_eq!(bench.request().headers.to().unwrap().tag(), Some("far"));
    bench.check_empty();
}

#[test]
fn a_trunks_challenge_is_answered_a_bounded_number_of_times() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    let (_, mut invite) = bench.call_carrier();
    for round in 0..3 {
        far.extra = format!(
            "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n{round}\", algorithm=SHA-256, \
             qop=\"auth,auth-int\", opaque=\"o\"\n"
        );
        bench.receive(far.flow, far.respond(&invite, 401, None));
        if round == 2 {
            break;
        }
        let again = bench.request();
        let answer = again.headers.authorization().next().unwrap();
        assert_eq!(answer.username(), Some("line"));
        assert_eq!((answer.qop(), answer.opaque()), (Some("auth"), Some("o")));
        assert_eq!(again.headers.cseq().unwrap().number, 2 + round);
        assert_eq!(again.headers.call_id(), invite.headers.call_id());
        assert_eq!(again.body, invite.body);
        invite = again;
    }
    assert_eq!(bench.events(), ["failed 401"]);
    bench.check_empty();
}

#[test]
fn a_digest_is_given_to_nobody_but_the_trunk() {
    let mut bench = Bench::new();
    let mut far = Far::new(super::bench::udp("10.9.9.9:5070"));
    far.extra = "WWW-Authenticate: Digest realm=\"carrier\", nonce=\"n\", qop=\"auth\"\n".into();
    let dialog = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog,
        to: Destination::Uri {
            trunk: "carrier".into(),
            uri: Box::new("sip:uas@10.9.9.9:5070".parse().unwrap()),
        },
        from: Caller::default(),
        headers: Vec::new(),
        sdp: Some(SDP.into()),
    });
    assert_eq!(bench.sent[0].flow.peer, super::bench::address("10.9.9.9:5070"));
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 401, None));
    assert_eq!(bench.sent(), ["ACK"]);
    assert_eq!(bench.events(), ["failed 401"]);

    let mut far = Far::carrier();
    far.extra = "WWW-Authenticate: Digest realm=\"other\", nonce=\"n\", qop=\"auth\"\n".into();
    let (_, invite) = bench.call_carrier();
    bench.receive(far.flow, far.respond(&invite, 401, None));
    assert_eq!(bench.events(), ["failed 401"]);
    bench.check_empty();
}

#[test]
fn what_cannot_be_called_fails_at_once() {
    let mut bench = Bench::new();
    let uri = |uri: &str| Destination::Uri {
        trunk: "carrier".into(),
        uri: Box::new(uri.parse().unwrap()),
    };
    let rows = [
        (Destination::Account("a".into()), 480),
        (Destination::Account("nobody".into()), 480),
        (Destination::Trunk { trunk: "none".into(), user: "1".into() }, 503),
        (uri("sip:a@example.com"), 503),
        (uri("sip:a@[2001:db8::1]"), 503),
        (uri("sip:a@10.0.0.9;transport=sctp"), 503),
        (uri("tel:110"), 503),
    ];
    for (to, status) in rows {
        let dialog = bench.stack.new_dialog();
        let (from, headers) = (Caller::default(), Vec::new());
        bench.command(Command::Invite { dialog, to, from, headers, sdp: None });
        assert_eq!(bench.events(), [format!("failed {status}")]);
        assert_eq!(bench.sent(), [""; 0]);
    }
}

#[test]
fn an_invite_without_sdp_is_answered_by_the_ack() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let dialog = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog,
        to: Destination::Trunk { trunk: "carrier".into(), user: "1".into() },
        from: Caller::default(),
        headers: Vec::new(),
        sdp: None,
    });
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.events(), ["answered sdp"]);
    assert_eq!(bench.sent(), [""; 0]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    let ack = bench.request();
    assert_eq!((ack.method.as_str(), &ack.body[..]), ("ACK", SDP.as_bytes()));
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn headers_of_the_conductor_cannot_smuggle() {
    let mut bench = Bench::new();
    let dialog = bench.stack.new_dialog();
    let header = |name: &str, value: &str| (name.into(), value.into());
    bench.command(Command::Invite {
        dialog,
        to: Destination::Trunk { trunk: "carrier".into(), user: "1\r\nX: y@evil>".into() },
        from: Caller { display: Some("a\" <sip:110@x>\r\nX: z".into()), user: Some("1@2".into()) },
        headers: vec![
            header("X-A", "1\r\nX-B: 2"),
            header("X-C\r\nX-D", "3"),
            header("Call-ID", "mine"),
            header("v", "SIP/2.0/UDP evil"),
            header("User-to-User", "4"),
            header("Max-Forwards", "9"),
        ],
        sdp: None,
    });
    let invite = bench.request();
    let extra: Vec<_> = invite.headers.iter().map(|(name, _)| name.as_str()).collect();
    assert!(!extra.iter().any(|name| name.starts_with('X')), "{extra:?}");
    assert_eq!(invite.headers.get(Name::UserToUser), Some("4"));
    assert_eq!(invite.headers.get(Name::MaxForwards), Some("9"));
    assert_eq!(invite.headers.all(Name::Via).count(), 1);
    let from = invite.headers.from().unwrap();
    assert_eq!(from.uri.user_unescaped().as_deref(), Some("1@2"));
    assert_eq!(&*from.uri.host, "10.0.0.1");
}

#[test]
fn an_early_phone_can_be_told_to_talk() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    let (dialog, invite) = bench.call_carrier();
    let talk = Command::Notify { dialog, event: "talk".into(), state: None, body: None };
    bench.command(talk.clone());
    assert_eq!(bench.events(), ["notified 481"], "there is no early dialog yet");
    bench.receive(far.flow, far.respond(&invite, 180, None));
    bench.events.clear();
    bench.command(talk);
    let notify = bench.request();
    assert_eq!(notify.headers.get(Name::Event), Some("talk"));
    assert_eq!(notify.headers.to().unwrap().tag(), Some("far"));
    bench.receive(far.flow, far.respond(&notify, 200, None));
    assert_eq!(bench.events(), ["notified 200"]);
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.events(), ["answered sdp"]);
    assert_eq!(bench.request().headers.cseq().unwrap().number, 1, "of the INVITE, not the NOTIFY");
    bench.hang_up(dialog);
    bench.check_empty();
}
