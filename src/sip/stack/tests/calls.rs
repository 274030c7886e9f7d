use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Command, Event, Gate, Peer};
use crate::sip::wire::Name;

#[test]
fn a_carriers_call_is_answered_and_the_carrier_hangs_up() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    assert_eq!(bench.sent(), ["100 INVITE"]);
    let Some(Event::Invite { dialog, peer, call, .. }) = bench.events.first().cloned() else {
        panic!("{:?}", bench.events)
    };
    assert_eq!(peer, Peer::Trunk("carrier".into()));
    assert_eq!(&*call.request_user, "12345");
    assert_eq!(call.from.uri.user.as_deref(), Some("carrier"));
    assert_eq!((&*call.via_trace, call.max_forwards), ("10.0.0.2:5060", 70));
    bench.events.clear();

    bench.command(Command::Ring { dialog, status: 180, sdp: None });
    assert_eq!(bench.sent(), ["180 INVITE"]);
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    assert_eq!(bench.sent(), ["180 INVITE"], "the same again");
    bench.answer(dialog);
    assert_eq!(bench.sent[0].gate, Gate::Records);
    let answer = bench.response();
    assert_eq!((answer.status, &answer.body[..]), (200, SDP.as_bytes()));
    assert!(answer.headers.has(Name::Contact) && answer.headers.has(Name::Allow));
    far.learn(&answer);
    let ack = far.ack(None);
    bench.receive(far.flow, ack.clone());
    assert_eq!(bench.events(), ["acked"]);
    bench.receive(far.flow, ack);
    bench.pass(60_000);
    assert_eq!(bench.events(), [""; 0]);
    assert_eq!(bench.sent(), [""; 0]);

    far.extra = "Reason: Q.850;cause=16\r\n".into();
    let bye = far.next("BYE", None);
    bench.receive(far.flow, bye.clone());
    bench.receive(far.flow, bye);
    assert_eq!(bench.sent(), ["200 BYE", "200 BYE"]);
    let Some(Event::Ended { reason: Some(reason), .. }) = bench.events.first() else { panic!() };
    assert_eq!(&**reason, "Q.850;cause=16");
    assert_eq!(bench.events(), ["ended Bye"]);
    let late = far.next("INFO", None);
    bench.receive(far.flow, late);
    assert_eq!(bench.sent(), ["481 INFO"]);
    bench.check_empty();
}

#[test]
fn an_ack_is_known_by_its_invite_whatever_was_asked_while_it_rang() {
    for (offer, method, answer) in
        [(Some(SDP), "INFO", None), (Some(SDP), "OPTIONS", None), (None, "UPDATE", Some(SDP))]
    {
        let mut bench = Bench::new();
        let mut far = Far::carrier();
        bench.receive(far.flow, far.write("INVITE", offer));
        let dialog = bench.invited();
        bench.command(Command::Ring { dialog, status: 183, sdp: None });
        far.learn(&bench.response());
        let aside = far.next(method, None);
        bench.receive(far.flow, aside);
        assert_eq!(bench.response().status, 200, "{method}");
        bench.answer(dialog);
        bench.sent.clear();
        let ack = Far { cseq: 1, branch: 77, ..far.clone() }.write("ACK", answer);
        bench.receive(far.flow, ack);
        let acked = if answer.is_some() { "acked sdp" } else { "acked" };
        assert_eq!(bench.events(), [acked], "{method}");
        bench.pass(40_000);
        assert_eq!(bench.sent(), [""; 0], "{method}");
        bench.hang_up(dialog);
        bench.check_empty();
    }
}

#[test]
fn we_hang_up() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.carrier_call();
    bench.command(Command::Bye { dialog, reason: Some("SIP;cause=200".into()) });
    assert_eq!(bench.events(), ["ended Us"]);
    assert_eq!(bench.stack.census().closing, 1);
    let bye = bench.request();
    assert_eq!(bye.headers.get(Name::Reason), Some("SIP;cause=200"));
    assert_eq!(bye.uri.to_string(), "sip:far@10.0.0.2:5060");
    bench.receive(far.flow, far.respond(&bye, 200, None));
    assert_eq!(bench.stack.census().closing, 0);
    bench.check_empty();
}

#[test]
fn byes_that_cross_both_get_their_answer() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    bench.hang_up(dialog);
    let ours = bench.request();
    let theirs = far.next("BYE", None);
    bench.receive(far.flow, theirs);
    assert_eq!(bench.sent(), ["200 BYE"]);
    bench.receive(far.flow, far.respond(&ours, 481, None));
    assert_eq!(bench.events(), ["ended Us"]);
    bench.check_empty();
}

#[test]
fn a_2xx_is_sent_again_until_its_ack_and_ends_in_a_bye_without_one() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.sent.clear();
    bench.answer(dialog);
    bench.pass(8_000);
    assert!(
        bench.sent.iter().all(|sent| sent.gate == Gate::Records),
        "each copy waits for the record"
    );
    // At 0, 0.5, 1.5, 3.5 and 7.5 s.
    assert_eq!(bench.sent(), ["200 INVITE"; 5]);
    bench.pass(23_999);
    assert_eq!(bench.events(), [""; 0]);
    bench.sent.clear();
    bench.pass(1);
    assert_eq!(bench.events(), ["ended NoAck"]);
    assert_eq!(bench.request().method.as_str(), "BYE");
    bench.check_empty();
}

#[test]
fn a_bye_before_the_ack_waits_for_it() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.answer(dialog);
    far.learn(&bench.response());
    bench.hang_up(dialog);
    assert_eq!(bench.events(), ["ended Us"]);
    assert_eq!(bench.sent(), [""; 0]);
    let ack = far.ack(None);
    bench.receive(far.flow, ack);
    assert_eq!(bench.sent(), ["BYE"]);
    assert_eq!(bench.events(), [""; 0]);
    bench.check_empty();
}

#[test]
fn a_delayed_offer_brings_its_answer_with_the_ack() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", None));
    assert_eq!(bench.events.iter().map(super::bench::short).collect::<Vec<_>>(), ["invite"]);
    let dialog = bench.invited();
    bench.answer(dialog);
    far.learn(&bench.response());
    let ack = far.ack(Some(SDP));
    bench.receive(far.flow, ack);
    assert_eq!(bench.events(), ["acked sdp"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_cancel_ends_what_rings_and_nothing_else() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.sent.clear();
    let forged = Far { flow: super::bench::udp("10.0.0.66:5060"), ..far.clone() };
    let text = String::from_utf8(far.write("CANCEL", None).to_vec()).unwrap();
    bench.receive(forged.flow, text.clone());
    assert_eq!(bench.events(), ["stranger 10.0.0.66"]);
    assert_eq!(bench.sent(), [""; 0]);
    bench.receive(far.flow, text.clone());
    assert_eq!(bench.events(), ["cancelled"]);
    let tag =
        |sent: &super::bench::Sent| sent.message.headers().to().unwrap().tag().map(str::to_owned);
    assert_eq!(tag(&bench.sent[0]), tag(&bench.sent[1]), "one tag for both (§9.2)");
    assert_eq!(bench.sent(), ["200 CANCEL", "487 INVITE"]);
    bench.receive(far.flow, text);
    assert_eq!(bench.sent(), ["200 CANCEL"]);
    // Too late for the conductor.
    bench.answer(dialog);
    assert_eq!(bench.sent(), [""; 0]);
    bench.receive(far.flow, far.write("ACK", None));
    bench.pass(2_000);
    assert_eq!(bench.sent(), [""; 0]);
    bench.check_empty();
}

#[test]
fn a_cancel_after_the_answer_changes_nothing() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.answer(dialog);
    bench.sent.clear();
    bench.receive(far.flow, far.write("CANCEL", None));
    assert_eq!(bench.sent(), ["200 CANCEL"]);
    assert_eq!(bench.events(), [""; 0]);
    let nothing = Far { branch: 99, ..far };
    bench.receive(nothing.flow, nothing.write("CANCEL", None));
    assert_eq!(bench.sent(), ["481 CANCEL"]);
}

#[test]
fn a_refusal_carries_reason_and_retry_after() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.command(Command::Refuse {
        dialog,
        status: 486,
        reason: Some("Q.850;cause=17".into()),
        retry_after: Some(3),
    });
    assert_eq!(bench.events(), ["ended Us"]);
    let refusal = bench.response();
    assert_eq!(refusal.status, 486);
    assert_eq!(refusal.headers.get(Name::Reason), Some("Q.850;cause=17"));
    assert_eq!(refusal.headers.get(Name::RetryAfter), Some("3"));
    bench.pass(1_600);
    assert_eq!(bench.sent(), ["486 INVITE"; 2], "at 0.5 and 1.5 s");
    bench.receive(far.flow, far.write("ACK", None));
    bench.pass(30_000);
    assert_eq!(bench.sent(), [""; 0]);
    bench.check_empty();
}

#[test]
fn a_caller_may_end_what_rings_by_bye() {
    let mut bench = Bench::new();
    let mut far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.command(Command::Ring { dialog, status: 183, sdp: Some(SDP.into()) });
    far.learn(&bench.response());
    let bye = far.next("BYE", None);
    bench.receive(far.flow, bye);
    assert_eq!(bench.sent(), ["200 BYE", "487 INVITE"]);
    assert_eq!(bench.events(), ["cancelled"]);
    bench.check_empty();
}

#[test]
fn what_nobody_answers_ends_and_is_reminded_of_before() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.sent.clear();
    bench.command(Command::Ring { dialog, status: 180, sdp: None });
    bench.pass(599_999);
    assert_eq!(bench.sent(), ["180 INVITE"; 10]);
    bench.pass(1);
    assert_eq!(bench.sent(), ["480 INVITE"]);
    assert_eq!(bench.events(), ["ended Timeout"]);
    bench.check_empty();
}

#[test]
fn a_buried_dialog_leaves_nothing() {
    let mut bench = Bench::new();
    let far = Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let ringing = bench.invited();
    let (calling, _) = bench.call_carrier();
    bench.stack.bury(ringing);
    bench.stack.bury(calling);
    bench.stack.bury(calling);
    assert_eq!(bench.stack.census(), Default::default());
}
