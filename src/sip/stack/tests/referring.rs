use crate::base::DialogId;
use crate::sip::stack::tests::bench::{settings, udp};
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Command, Event};
use crate::sip::wire::{Name, Request};

const PHONE: &str = "10.0.1.1:5060";

fn phone(bench: &mut Bench) -> (DialogId, Far) {
    bench.phone_call("a", "alice", udp(PHONE))
}

/// A REFER of this far end, with these header lines.
fn refer(far: &mut Far, lines: &str) -> bytes::Bytes {
    far.extra = lines.into();
    let request = far.next("REFER", None);
    far.extra.clear();
    request
}

fn progress(dialog: DialogId, status: u16, last: bool) -> Command {
    Command::ReferProgress { dialog, status, last }
}

/// A NOTIFY in short: Event, Subscription-State, body.
fn told(request: &Request) -> (String, String, String) {
    let text = |name| request.headers.get(name).unwrap().to_owned();
    assert_eq!(request.method.as_str(), "NOTIFY");
    assert_eq!(text(Name::ContentType), "message/sipfrag;version=2.0");
    assert!(request.headers.has(Name::Contact));
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    (text(Name::Event), text(Name::SubscriptionState), body)
}

fn is_told(request: &Request, state: &str, line: &str) {
    let (_, got_state, body) = told(request);
    assert_eq!(
        (got_state.as_str(), body.as_str()),
        (state, format!("SIP/2.0 {line}\r\n").as_str())
    );
}

#[test]
fn a_refer_is_accepted_and_its_progress_told_to_the_end() {
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\nReferred-By: <sip:119@hot>\r\n");
    bench.receive(far.flow, request.clone());
    assert_eq!(bench.events(), ["referred to sip:110@hot by sip:alice@hot"]);
    let accepted = bench.sent.first().unwrap().message.clone();
    assert!(accepted.headers().has(Name::Contact) && !accepted.headers().has(Name::ReferSub));
    let sent = bench.sent.clone();
    assert_eq!(bench.sent(), ["202 REFER", "NOTIFY"]);
    bench.sent = sent;
    let notify = bench.request();
    assert_eq!(told(&notify).0, format!("refer;id={}", far.cseq));
    is_told(&notify, "active;expires=180", "100 Trying");
    // The same REFER again is answered, not followed again.
    bench.receive(far.flow, request);
    assert_eq!(bench.sent(), ["202 REFER"]);

    // One NOTIFY at a time: of what comes meanwhile only the newest is told.
    bench.command(progress(dialog, 180, false));
    bench.command(progress(dialog, 183, false));
    assert_eq!(bench.sent(), [""; 0]);
    bench.pass(100);
    bench.receive(far.flow, far.respond(&notify, 200, None));
    let notify = bench.request();
    is_told(&notify, "active;expires=179", "183 Session Progress");
    bench.receive(far.flow, far.respond(&notify, 200, None));
    bench.command(progress(dialog, 200, true));
    let notify = bench.request();
    is_told(&notify, "terminated;reason=noresource", "200 OK");
    bench.receive(far.flow, far.respond(&notify, 200, None));
    bench.command(progress(dialog, 503, true));
    assert_eq!(bench.sent(), [""; 0], "nothing follows the last");

    // The next has a name of its own.
    let request = refer(&mut far, "Refer-To: <tel:110>\r\n");
    bench.receive(far.flow, request);
    assert_eq!(told(&bench.request()).0, format!("refer;id={}", far.cseq));
    assert_eq!(bench.events(), ["referred to tel:110 by sip:alice@hot"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_final_status_is_the_last_and_waits_for_the_notify_before_it() {
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let request = refer(&mut far, "r: sip:110@hot\r\n");
    bench.receive(far.flow, request);
    let notify = bench.request();
    bench.command(progress(dialog, 486, false));
    bench.command(progress(dialog, 200, true));
    bench.receive(far.flow, far.respond(&notify, 200, None));
    is_told(&bench.request(), "terminated;reason=noresource", "486 Busy Here");
    bench.command(progress(dialog, 9, true));
    assert_eq!(bench.sent(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn who_wants_no_subscription_gets_no_notify() {
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let lines = "Refer-To: <sip:110@hot>\r\nRefer-Sub: FALSE\r\nRequire: norefersub\r\n";
    let request = refer(&mut far, lines);
    bench.receive(far.flow, request);
    let accepted = bench.response();
    assert_eq!((accepted.status, accepted.headers.get(Name::ReferSub)), (202, Some("false")));
    assert_eq!(bench.events(), ["referred to sip:110@hot by sip:alice@hot"]);
    let second = refer(&mut far, "Refer-To: <sip:119@hot>\r\n");
    bench.receive(far.flow, second);
    assert_eq!(bench.sent(), ["491 REFER"], "one at a time");
    bench.command(progress(dialog, 180, false));
    bench.command(progress(dialog, 200, true));
    assert_eq!(bench.sent(), [""; 0]);
    let third = refer(&mut far, "Refer-To: <sip:119@hot>\r\nRefer-Sub: true\r\n");
    bench.receive(far.flow, third);
    assert_eq!(bench.sent(), ["202 REFER", "NOTIFY"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn refers_that_are_refused_have_no_effect() {
    let rows = [
        ("", 400),
        ("Refer-To: <sip:1@hot>\r\nRefer-To: <sip:2@hot>\r\n", 400),
        ("Refer-To: <sip:1@hot>, <sip:2@hot>\r\n", 400),
        ("Refer-To: \"x\r\n", 400),
        ("Refer-To: <mailto:a@b>\r\n", 603),
        ("Refer-To: <sip:1@hot;method=BYE>\r\n", 603),
        ("Refer-To: <sip:1@hot?Replaces=x>\r\n", 400),
        (
            "Refer-To: <sip:1@hot?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2&Replaces=b%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n",
            400,
        ),
        ("Refer-To: <sip:1@hot>\r\nReferred-By: <sip:1@hot>\r\nReferred-By: <sip:2@hot>\r\n", 400),
        ("Refer-To: <sip:1@hot>\r\nReferred-By: nobody\r\n", 400),
        ("Refer-To: <sip:1@hot>\r\nReplaces: a;to-tag=1;from-tag=2\r\n", 400),
        ("Refer-To: <sip:1@hot>\r\nRequire: multiple-refer\r\n", 420),
        (
            "Refer-To: <sip:1@hot?Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\nRefer-Sub: false\r\n",
            603,
        ),
    ];
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    for (lines, status) in rows {
        let request = refer(&mut far, lines);
        bench.receive(far.flow, request);
        assert_eq!(bench.sent(), [format!("{status} REFER")], "{lines}");
        assert_eq!(bench.events(), [""; 0], "{lines}");
    }
    bench.command(progress(dialog, 200, true));
    assert_eq!(bench.sent(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_replaces_in_a_refer_to_names_another_call_of_the_same_phone_as_the_phone_has_it() {
    let mut bench = Bench::new();
    let (first, mut far) = phone(&mut bench);
    let (second, other, invite) = bench.ring_phone("a", "alice", udp(PHONE));
    bench.receive(other.flow, other.respond(&invite, 200, Some(SDP)));
    let other = bench.far_of(other, &invite);
    let (third, bobs) = bench.phone_call("b", "bob", udp("10.0.1.2:5060"));
    let ours = |far: &Far| far.to_tag.clone().unwrap();
    let line = |id: &str, to: &str, from: &str, more: &str| {
        format!(
            "Refer-To: <sip:10086@10.0.0.1?Replaces={id}%3Bto-tag%3D{to}%3Bfrom-tag%3D{from}{more}>\r\n"
        )
    };
    let unknown = [
        line(&other.call_id, &other.tag, &ours(&other), ""),
        line(&other.call_id, &ours(&other), "wrong", ""),
        line("wrong", &ours(&other), &other.tag, ""),
        line(&other.call_id, &ours(&other), &other.tag, "%3Bearly-only"),
        line(&far.call_id, &ours(&far), &far.tag, ""),
        line(&bobs.call_id, &ours(&bobs), &bobs.tag, ""),
    ];
    for lines in &unknown {
        bench.sent.clear();
        let request = refer(&mut far, lines);
        bench.receive(far.flow, request);
        let notify = bench.request();
        is_told(&notify, "terminated;reason=noresource", "481 Call/Transaction Does Not Exist");
        bench.receive(far.flow, far.respond(&notify, 200, None));
        assert_eq!(bench.events(), [""; 0], "{lines}");
    }
    let request = refer(&mut far, &line(&other.call_id, &ours(&other), &other.tag, ""));
    bench.receive(far.flow, request);
    let Some(Event::Referred { dialog, to, replaces, .. }) = bench.events.first() else {
        panic!("{:?}", bench.events)
    };
    assert_eq!((*dialog, *replaces), (first, Some(second)));
    assert_eq!(to.to_string(), "sip:10086@10.0.0.1", "what was embedded is taken out");
    bench.events.clear();
    bench.command(progress(first, 603, true));
    let notify = bench.request();
    bench.receive(far.flow, far.respond(&notify, 200, None));
    // A consultation that still rings may be completed early.
    let mut early = Far { user: "alice", call_id: "early".into(), ..Far::new(udp(PHONE)) };
    let invite = bench.proven(&mut early, "INVITE", |far, method| far.write(method, Some(SDP)));
    bench.receive(early.flow, invite);
    let fourth = bench.invited();
    bench.command(Command::Ring { dialog: fourth, status: 180, sdp: None });
    early.learn(&bench.response());
    let lines = line(&early.call_id, &ours(&early), &early.tag, "") + "Refer-Sub: false\r\n";
    let request = refer(&mut far, &lines);
    bench.receive(far.flow, request);
    let told = bench.events();
    assert!(told.iter().any(|event| event.ends_with(" replaces")), "{told:?}");
    for dialog in [first, second, third, fourth] {
        bench.hang_up(dialog);
    }
    bench.check_empty();
}

#[test]
fn a_subscription_that_nobody_ends_ends_by_itself() {
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    let notify = bench.request();
    bench.receive(far.flow, far.respond(&notify, 200, None));
    bench.pass(179_999);
    assert_eq!(bench.sent(), [""; 0]);
    bench.pass(1);
    is_told(&bench.request(), "terminated;reason=timeout", "408 Request Timeout");
    bench.command(progress(dialog, 200, true));
    assert_eq!(bench.sent(), [""; 0]);
    // One that is told nothing is forgotten as well: the next is taken.
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\nRefer-Sub: false\r\n");
    bench.receive(far.flow, request);
    bench.pass(180_000);
    bench.sent.clear();
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    assert_eq!(bench.sent(), ["202 REFER", "NOTIFY"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_refused_or_unanswered_notify_ends_the_subscription_and_not_the_call() {
    for status in [481, 489, 0] {
        let mut bench = Bench::new();
        let (dialog, mut far) = phone(&mut bench);
        let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
        bench.receive(far.flow, request);
        let notify = bench.request();
        bench.events.clear();
        if status == 0 {
            bench.pass(32_000);
            bench.sent.clear();
        } else {
            bench.receive(far.flow, far.respond(&notify, status, None));
        }
        bench.command(progress(dialog, 180, false));
        bench.command(progress(dialog, 200, true));
        assert_eq!(bench.sent(), [""; 0], "{status}");
        assert_eq!(bench.events(), [""; 0], "{status}");
        bench.command(Command::Probe { dialog });
        assert_eq!(bench.sent(), ["OPTIONS"], "the call is up");
        bench.hang_up(dialog);
        bench.check_empty();
    }
}

#[test]
fn the_end_of_the_dialog_ends_the_subscription() {
    // We end it, with the last status still waiting for its turn.
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    bench.command(progress(dialog, 200, true));
    bench.sent.clear();
    bench.hang_up(dialog);
    assert_eq!(bench.sent.len(), 2);
    let bye = bench.sent.pop().unwrap();
    is_told(&bench.request(), "terminated;reason=noresource", "200 OK");
    bench.sent = vec![bye];
    assert_eq!(bench.sent(), ["BYE"]);
    bench.check_empty();

    // They end it: what is known is told, and its answer is nobody's.
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    let notify = bench.request();
    bench.receive(far.flow, far.respond(&notify, 200, None));
    bench.events.clear();
    let bye = far.next("BYE", None);
    bench.receive(far.flow, bye);
    let notify = bench.request();
    is_told(&notify, "terminated;reason=noresource", "100 Trying");
    bench.receive(far.flow, far.respond(&notify, 481, None));
    bench.command(progress(dialog, 200, true));
    assert_eq!(bench.sent(), [""; 0]);
    assert_eq!(bench.events(), ["ended Bye"]);
    bench.check_empty();
}

#[test]
fn a_refer_before_the_answer_comes_too_early() {
    let mut bench = Bench::new();
    bench.register(udp(PHONE), "alice", "secret");
    let (dialog, far, invite) = bench.ring_phone("a", "alice", udp(PHONE));
    let mut far = bench.far_of(far, &invite);
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    let refusal = bench.response();
    assert!(refusal.status == 500 && refusal.headers.retry_after().is_some());
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_trunk_may_refer_only_where_it_is_set() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    let request = refer(&mut far, "Refer-To: <sip:110@hot>\r\n");
    bench.receive(far.flow, request);
    assert_eq!(bench.sent(), ["403 REFER"]);
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();

    let mut settings = settings();
    settings.trunks[0].may_refer = true;
    let mut bench = Bench::with(settings);
    let (dialog, mut far) = bench.carrier_call();
    for (lines, by) in [
        ("Refer-To: <sip:110@hot>\r\nRefer-Sub: false\r\n", "sip:carrier@far"),
        (
            "Refer-To: <sip:110@hot>\r\nRefer-Sub: false\r\nb: \"A\" <sip:a@far>;cid=\"1\"\r\n",
            "sip:a@far",
        ),
    ] {
        let request = refer(&mut far, lines);
        bench.receive(far.flow, request);
        assert_eq!(bench.events(), [format!("referred to sip:110@hot by {by}")]);
        bench.command(progress(dialog, 603, true));
    }
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_refer_from_elsewhere_or_with_wrong_tags_has_no_effect() {
    let mut bench = Bench::new();
    let (dialog, mut far) = phone(&mut bench);
    let lines = "Refer-To: <sip:110@hot>\r\n";
    let mut third = Far { flow: udp("10.0.0.66:5060"), user: "evil", ..far.clone() };
    let request = refer(&mut third, lines);
    bench.receive(third.flow, request);
    assert_eq!(bench.sent(), ["401 REFER"]);
    assert_eq!(bench.events(), ["stranger 10.0.0.66"]);
    for wrong in [
        Far { tag: "wrong".into(), ..far.clone() },
        Far { to_tag: Some("wrong".into()), ..far.clone() },
        Far { call_id: "wrong".into(), ..far.clone() },
    ] {
        let mut wrong = Far { branch: far.branch + 50, ..wrong };
        let request = refer(&mut wrong, lines);
        bench.receive(wrong.flow, request);
        assert_eq!(bench.sent(), ["481 REFER"]);
        assert_eq!(bench.events(), [""; 0]);
    }
    // From a new network the same account proves itself, and no other may.
    for (user, status) in [("bob", 481), ("alice", 202)] {
        let mut moved = Far { flow: udp("10.0.7.7:5060"), user, ..far.clone() };
        moved.branch += 100;
        moved.extra = lines.into();
        let request = bench.proven(&mut moved, "REFER", |far, method| far.write(method, None));
        bench.receive(moved.flow, request);
        assert_eq!(bench.response().status, status, "{user}");
        far.cseq = moved.cseq;
    }
    assert_eq!(bench.events(), ["referred to sip:110@hot by sip:alice@hot"]);
    // Outside of any dialog it is refused, once its sender has proved himself.
    let mut out = Far { user: "alice", call_id: "out".into(), ..Far::new(udp(PHONE)) };
    out.extra = lines.into();
    let request = bench.proven(&mut out, "REFER", |far, method| far.write(method, None));
    bench.receive(out.flow, request);
    assert_eq!(bench.response().status, 403);
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn what_we_can_is_said() {
    let mut bench = Bench::new();
    let (dialog, invite) = bench.call_carrier();
    let allow = invite.headers.get(Name::Allow).unwrap().to_owned();
    assert!(allow.contains("REFER") && allow.contains("MESSAGE"), "{allow}");
    assert!(invite.headers.supported().any(|tag| tag == "replaces"));
    bench.hang_up(dialog);
    let mut far = Far { call_id: "options".into(), ..Far::carrier() };
    let options = far.next("OPTIONS", None);
    bench.receive(far.flow, options);
    let answer = bench.response();
    assert_eq!(answer.headers.get(Name::Allow), Some(allow.as_str()));
    assert!(answer.headers.supported().any(|tag| tag == "norefersub"));
    bench.check_empty();
}
