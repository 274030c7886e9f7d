use crate::sip::stack::Command;
use crate::sip::stack::Gate;
use crate::sip::stack::tests::bench::udp;
use crate::sip::stack::tests::{Bench, SDP};
use crate::sip::wire::Name;

#[test]
fn their_reinvite_is_answered() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    let invite = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, invite.clone());
    bench.receive(far.flow, invite);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    assert!(!bench.sent.iter().any(|sent| sent.gate != Gate::Open));
    assert_eq!(bench.sent(), ["100 INVITE", "100 INVITE", "200 INVITE"]);
    bench.pass(600);
    assert_eq!(bench.sent(), ["200 INVITE"]);
    let ack = far.ack(None);
    bench.receive(far.flow, ack);
    assert_eq!(bench.events(), ["acked"]);
    bench.pass(40_000);
    assert_eq!(bench.sent(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn their_reinvite_without_sdp_gets_our_offer() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    let invite = far.next("INVITE", None);
    bench.receive(far.flow, invite);
    assert_eq!(bench.events(), ["offered"]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    assert_eq!(bench.response().body, SDP);
    let ack = far.ack(Some(SDP));
    bench.receive(far.flow, ack);
    assert_eq!(bench.events(), ["acked sdp"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn their_offer_is_refused_by_us_or_by_time() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    for (method, status) in [("INVITE", 488), ("UPDATE", 488)] {
        let offer = far.next(method, Some(SDP));
        bench.receive(far.flow, offer);
        bench.command(Command::Reject { dialog, status });
        assert_eq!(bench.response().status, status);
        bench.receive(far.flow, far.write("ACK", None));
    }
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    bench.pass(10_000);
    assert_eq!(bench.response().status, 500);
    assert_eq!(bench.events(), ["offered sdp"; 3]);
    let update = far.next("UPDATE", Some(SDP));
    bench.receive(far.flow, update);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    let answer = bench.response();
    assert_eq!((answer.status, &answer.body[..]), (200, SDP.as_bytes()));
    assert!(answer.headers.has(Name::Contact));
    let update = far.next("UPDATE", None);
    bench.receive(far.flow, update);
    assert_eq!(bench.response().status, 200);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn one_offer_at_a_time() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    let second = far.next("UPDATE", Some(SDP));
    bench.receive(far.flow, second);
    let refusal = bench.response();
    assert_eq!(refusal.status, 500);
    assert!(refusal.headers.retry_after().is_some_and(|seconds| seconds <= 10));
    // Ours waits for its turn.
    bench.command(Command::Reinvite { dialog, sdp: Some(SDP.into()) });
    assert_eq!(bench.sent(), [""; 0]);
    bench.command(Command::Reject { dialog, status: 488 });
    assert_eq!(bench.sent(), ["488 INVITE", "INVITE"]);
    let late = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, late);
    assert_eq!(bench.response().status, 491);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn our_reinvite_is_accepted_refused_or_not_answered() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.call_to_carrier();
    let reinvite = Command::Reinvite { dialog, sdp: Some(SDP.into()) };
    bench.command(reinvite.clone());
    let invite = bench.request();
    far.contact = "<sip:moved@10.0.0.2:5062>".into();
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.events(), ["accepted sdp"]);
    let ack = bench.request();
    assert_eq!(ack.uri.to_string(), "sip:moved@10.0.0.2:5062", "the target is refreshed");

    bench.command(reinvite.clone());
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 488, None));
    assert_eq!(bench.events(), ["rejected 488"]);
    assert_eq!(bench.sent(), ["ACK"]);

    bench.command(Command::Reinvite { dialog, sdp: None });
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.events(), ["accepted sdp"]);
    assert_eq!(bench.sent(), [""; 0], "the ACK waits for our answer");
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    assert_eq!(bench.request().body, SDP);

    bench.command(reinvite.clone());
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 100, None));
    bench.pass(60_000);
    assert_eq!(bench.events(), ["rejected 408"]);

    bench.command(reinvite);
    bench.pass(32_000);
    assert_eq!(bench.events(), ["ended Timeout"]);
    assert_eq!(bench.sent().last().map(String::as_str), Some("BYE"));
    bench.check_empty();
}

#[test]
fn a_dialog_that_the_peer_has_lost_ends() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.call_to_carrier();
    bench.command(Command::Reinvite { dialog, sdp: Some(SDP.into()) });
    let invite = bench.request();
    bench.receive(far.flow, far.respond(&invite, 481, None));
    assert_eq!(bench.events(), ["ended Rejected481"]);
    bench.check_empty();
}

#[test]
fn glare_is_tried_again_after_the_time_of_the_rfc() {
    for is_ours in [true, false] {
        let mut bench = Bench::new();
        let (dialog, far) = if is_ours { bench.call_to_carrier() } else { bench.carrier_call() };
        bench.command(Command::Reinvite { dialog, sdp: Some(SDP.into()) });
        let invite = bench.request();
        bench.receive(far.flow, far.respond(&invite, 491, None));
        assert_eq!(bench.sent(), ["ACK"]);
        if is_ours {
            bench.pass(2_099);
            assert_eq!(bench.sent(), [""; 0]);
            bench.pass(1_901);
        } else {
            bench.pass(2_000);
        }
        let again = bench.request();
        assert!(again.headers.cseq().unwrap().number > invite.headers.cseq().unwrap().number);
        assert_eq!(again.body, invite.body);
        bench.receive(far.flow, far.respond(&again, 200, Some(SDP)));
        assert_eq!(bench.events(), ["accepted sdp"]);
        bench.hang_up(dialog);
        bench.check_empty();
    }
}

#[test]
fn endless_glare_is_a_refusal() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.call_to_carrier();
    bench.command(Command::Reinvite { dialog, sdp: Some(SDP.into()) });
    for _ in 0..6 {
        let invite = bench.request();
        bench.receive(far.flow, far.respond(&invite, 491, None));
        bench.sent.clear();
        bench.pass(4_000);
        if !bench.events.is_empty() {
            break;
        }
    }
    assert_eq!(bench.events(), ["rejected 491"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_reinvite_instead_of_the_lost_ack_stands_for_it() {
    let mut bench = Bench::new();
    let mut far = super::Far::carrier();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    let dialog = bench.invited();
    bench.answer(dialog);
    far.learn(&bench.response());
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    assert_eq!(bench.events(), ["acked", "offered sdp"]);
    bench.hang_up(dialog);
    assert_eq!(bench.sent(), ["100 INVITE", "487 INVITE", "BYE"]);
    bench.check_empty();
}

#[test]
fn a_bye_ends_an_offer_that_waits() {
    let mut bench = Bench::new();
    let (_, mut far) = bench.carrier_call();
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    let bye = far.next("BYE", None);
    bench.receive(far.flow, bye);
    assert_eq!(bench.sent(), ["100 INVITE", "200 BYE", "487 INVITE"]);
    assert_eq!(bench.events(), ["offered sdp", "ended Bye"]);
    let offer = far.next("INVITE", None);
    bench.receive(far.flow, offer);
    assert_eq!(bench.sent(), ["481 INVITE"], "a re-INVITE without SDP after BYE");
    bench.check_empty();
}

#[test]
fn info_options_and_what_is_not_ours() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    let rows: [(&str, &str, u16, &[&str]); 8] = [
        ("INFO", "Content-Type: application/dtmf-relay\r\n", 200, &["info application/dtmf-relay"]),
        ("INFO", "Content-Type: Application/DTMF;x=y\r\n", 200, &["info application/dtmf"]),
        ("INFO", "Content-Type: text/plain\r\n", 415, &[]),
        ("OPTIONS", "", 200, &[]),
        ("REFER", "Refer-To: <sip:x@y>\r\n", 403, &[]),
        ("PRACK", "", 405, &[]),
        ("JUGGLE", "", 501, &[]),
        ("UPDATE", "Require: 100rel, timer\r\n", 420, &[]),
    ];
    for (method, extra, status, events) in rows {
        far.extra = extra.into();
        far.cseq += 1;
        far.branch += 1;
        let mut text = String::from_utf8(far.write(method, None).to_vec()).unwrap();
        if method == "INFO" {
            text = text.replace("Content-Length: 0\r\n\r\n", "Content-Length: 8\r\n\r\nSignal=1");
        }
        bench.receive(far.flow, text);
        let response = bench.response();
        assert_eq!(response.status, status, "{method} {extra}");
        assert_eq!(bench.events(), events, "{method} {extra}");
        match status {
            420 => assert_eq!(response.headers.get(Name::Unsupported), Some("100rel, timer")),
            405 | 501 => assert!(response.headers.has(Name::Allow)),
            _ => {}
        }
    }
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn our_info_notify_and_probe_are_sent() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.carrier_call();
    let sdp = || "x".into();
    bench.command(Command::Info { dialog, content_type: "a/b".into(), body: sdp() });
    let info = bench.request();
    assert_eq!(info.headers.get(Name::ContentType), Some("a/b"));
    bench.receive(far.flow, far.respond(&info, 200, None));
    assert_eq!(bench.events(), [""; 0]);
    for (status, alive) in [(200, true), (405, true), (481, false)] {
        bench.command(Command::Probe { dialog });
        let options = bench.request();
        bench.receive(far.flow, far.respond(&options, status, None));
        assert_eq!(bench.events(), [format!("probed {alive}")]);
    }
    bench.command(Command::Probe { dialog });
    bench.pass(32_000);
    assert_eq!(bench.events(), ["probed false"]);
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn tags_call_id_source_and_order_are_checked() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.carrier_call();
    let bye = |change: &dyn Fn(&mut super::Far)| {
        let mut far = far.clone();
        far.branch += 1;
        far.cseq = 9;
        change(&mut far);
        let text = far.write("BYE", None);
        (far.flow, text)
    };
    type Change = &'static dyn Fn(&mut super::Far);
    let rows: [(&str, u16, Change); 5] = [
        ("our tag", 481, &|far| far.to_tag = Some("x".into())),
        ("their tag", 481, &|far| far.tag = "x".into()),
        ("Call-ID", 481, &|far| far.call_id = "x".into()),
        ("source", 401, &|far| far.flow = udp("10.0.0.66:5060")),
        ("order", 500, &|far| far.cseq = 0),
    ];
    for (n, (what, status, change)) in rows.into_iter().enumerate() {
        let number = u32::try_from(n).unwrap();
        let (flow, text) = bye(&|far| {
            change(far);
            far.branch += 10 + number;
        });
        bench.receive(flow, text);
        assert_eq!(bench.response().status, status, "{what}");
        assert_eq!(bench.stack.census().dialogs, 1, "{what}");
    }
    assert_eq!(bench.events(), ["stranger 10.0.0.66"]);
    // An ACK from elsewhere is not even answered.
    let mut ack = far.clone();
    ack.flow = udp("10.0.0.66:5060");
    bench.receive(ack.flow, ack.write("ACK", None));
    assert_eq!(bench.sent(), [""; 0]);
    // Another port of the same trunk is fine.
    let (flow, text) = bye(&|far| far.flow = udp("10.0.0.2:5999"));
    bench.receive(flow, text);
    assert_eq!(bench.response().status, 200);
    assert!(bench.events().contains(&"ended Bye".to_owned()));
    let _ = dialog;
    bench.check_empty();
}

#[test]
fn a_dead_peer_is_known_after_sixteen_seconds() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    bench.command(Command::Probe { dialog });
    bench.pass(5_000);
    // Their offer, which we owe an answer, has a deadline of its own.
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    bench.pass(9_000);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    let ack = far.ack(None);
    bench.receive(far.flow, ack);
    assert_eq!(bench.events(), ["acked"]);
    bench.sent.clear();
    bench.pass(1_999);
    assert_eq!(bench.events(), [""; 0]);
    bench.pass(1);
    assert_eq!(bench.events(), ["probed false"]);
    bench.sent.clear();
    bench.pass(20_000);
    assert_eq!((bench.events(), bench.sent()), (vec![], vec![]), "told once, asked no more");
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn a_probe_that_is_overdue_takes_no_answer_from_the_turn() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.carrier_call();
    bench.command(Command::Probe { dialog });
    bench.pass(12_000);
    let offer = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, offer);
    bench.sent.clear();
    bench.pass(5_000);
    assert_eq!(bench.events(), ["offered sdp", "probed false"]);
    assert!(!bench.sent().iter().any(|sent| sent.contains("INVITE")), "still time to answer");
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    assert_eq!(bench.response().status, 200);
    bench.hang_up(dialog);
    bench.check_empty();
}
