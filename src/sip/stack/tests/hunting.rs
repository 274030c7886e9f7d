use crate::base::DialogId;
use crate::sip::stack::tests::bench::udp;
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Caller, Command, Destination};
use crate::sip::wire::{Message, Name};

const OLD: &str = "10.0.1.1:5060";
const NEW: &str = "10.0.1.2:5060";

/// Alice has a desk phone, and since a minute a softphone.
fn alice() -> (Bench, Far, Far) {
    let mut bench = Bench::new();
    let desk = bench.register(udp(OLD), "alice", "secret");
    bench.pass(60_000);
    let soft = bench.register(udp(NEW), "alice", "secret");
    bench.sent.clear();
    bench.events.clear();
    (bench, desk, soft)
}

fn call(bench: &mut Bench) -> DialogId {
    let dialog = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog,
        to: Destination::Account("a".into()),
        from: Caller { display: None, user: Some("10086".into()) },
        headers: vec![("X-Call".into(), "7".into())],
        sdp: Some(SDP.into()),
    });
    dialog
}

/// Where requests of a method went since the last look.
fn went(bench: &mut Bench, method: &str) -> Vec<String> {
    let of = |sent: super::bench::Sent| match sent.message {
        Message::Request(request) if request.method.to_string() == method => {
            Some(sent.flow.peer.to_string())
        }
        _ => None,
    };
    let mut to: Vec<String> = bench.sent.drain(..).filter_map(of).collect();
    to.dedup();
    to
}

#[test]
fn the_phone_that_was_seen_last_rings_first() {
    let (mut bench, mut desk, _) = alice();
    call(&mut bench);
    assert_eq!(went(&mut bench, "INVITE"), [NEW]);
    // The desk phone refreshes; the softphone's lid was shut long ago.
    bench.pass(60_000);
    desk.cseq += 1;
    bench.refresh(&mut desk, "alice", "secret");
    bench.sent.clear();
    call(&mut bench);
    assert_eq!(went(&mut bench, "INVITE"), [OLD]);
}

#[test]
fn a_phone_that_says_nothing_does_not_keep_the_other_from_ringing() {
    let (mut bench, desk, soft) = alice();
    let dialog = call(&mut bench);
    let first = bench.sent.iter().find_map(|sent| match &sent.message {
        Message::Request(request) => Some(request.clone()),
        Message::Response(_) => None,
    });
    bench.sent.clear();
    bench.pass(3_900);
    assert_eq!(went(&mut bench, "INVITE"), [NEW], "again and again");
    bench.pass(100);
    let second = bench.request();
    assert_eq!(second.headers.get(Name::from("X-Call")), Some("7"));
    assert_eq!(bench.events(), ["redirected 10.0.1.1"]);
    bench.receive(desk.flow, desk.respond(&second, 180, None));
    bench.receive(desk.flow, desk.respond(&second, 200, Some(SDP)));
    assert_eq!(bench.events(), ["progress 180", "answered sdp"]);
    assert_eq!(went(&mut bench, "ACK"), [OLD]);
    // The first one wakes up: nobody hears of it.
    let late = soft.respond(&first.expect("an INVITE"), 200, Some(SDP));
    bench.receive(soft.flow, late);
    assert_eq!(went(&mut bench, "BYE"), [NEW]);
    assert_eq!(bench.events(), [""; 0]);
    // The conductor's one id means the phone that answered, whatever it does.
    bench.command(Command::Probe { dialog });
    let probe = bench.request();
    bench.receive(desk.flow, desk.respond(&probe, 200, None));
    assert_eq!(bench.events(), ["probed true"]);
    bench.hang_up(dialog);
    assert_eq!(went(&mut bench, "BYE"), [OLD]);
    assert_eq!(bench.events(), ["ended Us"]);
    bench.check_empty();
}

#[test]
fn a_contact_that_cannot_be_reached_is_passed_over_at_once_and_one_that_refuses_is_not() {
    for (status, goes_on) in [(503, true), (430, true), (408, true), (486, false), (603, false)] {
        let (mut bench, desk, soft) = alice();
        let dialog = call(&mut bench);
        let invite = bench.request();
        bench.receive(soft.flow, soft.respond(&invite, status, None));
        if !goes_on {
            assert_eq!(bench.events(), [format!("failed {status}")]);
            bench.check_empty();
            continue;
        }
        assert_eq!(bench.events(), ["redirected 10.0.1.1"], "{status}");
        let invite = bench.request();
        bench.receive(desk.flow, desk.respond(&invite, status, None));
        assert_eq!(bench.events(), [format!("failed {status}")], "the last one's word counts");
        bench.hang_up(dialog);
        assert_eq!(bench.events(), [""; 0]);
        bench.check_empty();
    }
}

#[test]
fn a_phone_that_rings_is_left_ringing_and_a_call_that_is_given_up_is_over() {
    let (mut bench, _, soft) = alice();
    let dialog = call(&mut bench);
    let invite = bench.request();
    bench.receive(soft.flow, soft.respond(&invite, 100, None));
    bench.pass(10_000);
    assert_eq!(went(&mut bench, "INVITE"), [""; 0], "it has said something");
    bench.hang_up(dialog);
    assert_eq!(bench.events(), ["failed 487"]);
    assert_eq!(went(&mut bench, "CANCEL"), [NEW]);
    bench.check_empty();

    let (mut bench, _, _) = alice();
    let dialog = call(&mut bench);
    bench.pass(5_000);
    assert_eq!(bench.events(), ["redirected 10.0.1.1"]);
    bench.hang_up(dialog);
    assert_eq!(bench.events(), ["failed 487"]);
    bench.check_empty();
}

#[test]
fn the_phone_that_rings_can_be_called_again_before_the_newest() {
    let (mut bench, desk, _) = alice();
    let dialog = call(&mut bench);
    assert_eq!(bench.stack.phone_of(&"a".into(), dialog).map(|flow| flow.peer), NEW.parse().ok());
    bench.sent.clear();
    bench.pass(4_000);
    let second = bench.sent.iter().rev().find_map(|sent| match &sent.message {
        Message::Request(request) if sent.flow.peer.to_string() == OLD => Some(request.clone()),
        _ => None,
    });
    bench.receive(desk.flow, desk.respond(&second.expect("it is called"), 180, None));
    let flow = bench.stack.phone_of(&"a".into(), dialog).expect("it rings");
    assert_eq!(flow.peer.to_string(), OLD);
    bench.sent.clear();
    let again = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog: again,
        to: Destination::Phone { account: "a".into(), flow: flow.into() },
        from: Caller::default(),
        headers: Vec::new(),
        sdp: Some(SDP.into()),
    });
    assert_eq!(went(&mut bench, "INVITE"), [OLD]);
    bench.pass(4_000);
    assert!(went(&mut bench, "INVITE").contains(&NEW.to_owned()), "then the others");
}
