use crate::base::DialogId;
use crate::sip::stack::tests::bench::udp;
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Command, Event};

const ALICE: &str = "10.0.1.1:5060";
const BOB: &str = "10.0.1.2:5060";

/// The header that names a far end's dialog, as we have it.
fn replaces(far: &Far) -> String {
    let ours = far.to_tag.as_deref().unwrap();
    format!("Replaces: {};to-tag={ours};from-tag={}", far.call_id, far.tag)
}

/// An INVITE of bob's phone with these header lines; what happens and with which status.
fn invite(bench: &mut Bench, n: u32, lines: &str) -> (Vec<String>, Vec<String>) {
    let mut far = Far { user: "bob", call_id: format!("replacing{n}"), ..Far::new(udp(BOB)) };
    far.extra = format!("{lines}\r\n");
    let request = bench.proven(&mut far, "INVITE", |far, method| far.write(method, Some(SDP)));
    bench.sent.clear();
    bench.receive(far.flow, request);
    let events = bench.events.iter().map(super::bench::short).collect();
    (bench.sent(), events)
}

fn replaced(bench: &Bench) -> (DialogId, Option<DialogId>) {
    match bench.events.last() {
        Some(Event::Invite { dialog, replaces, .. }) => (*dialog, *replaces),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_invite_with_replaces_names_the_dialog_that_it_replaces() {
    let mut bench = Bench::new();
    let (first, far) = bench.phone_call("a", "alice", udp(ALICE));
    let lines = format!("{}\r\nRequire: replaces", replaces(&far));
    let (sent, events) = invite(&mut bench, 1, &lines);
    assert_eq!((sent, events), (vec!["100 INVITE".into()], vec!["invite sdp replaces".into()]));
    let (second, named) = replaced(&bench);
    assert_eq!(named, Some(first));
    bench.events.clear();
    // Nothing of the replaced call has changed: it is the conductor's to end.
    bench.command(Command::Probe { dialog: first });
    bench.hang_up(first);
    bench.answer(second);
    bench.hang_up(second);
    bench.check_empty();
}

#[test]
fn a_phone_that_rings_can_be_replaced_and_one_that_calls_us_cannot() {
    let mut bench = Bench::new();
    bench.register(udp(ALICE), "alice", "secret");
    let (ringing, far, request) = bench.ring_phone("a", "alice", udp(ALICE));
    let far = bench.far_of(far, &request);
    let (_, events) = invite(&mut bench, 1, &format!("{};early-only", replaces(&far)));
    assert_eq!(events, ["invite sdp replaces"]);
    let (pickup, named) = replaced(&bench);
    assert_eq!(named, Some(ringing));
    bench.hang_up(pickup);
    bench.hang_up(ringing);
    bench.events.clear();

    let mut caller = Far { user: "alice", call_id: "early".into(), ..Far::new(udp(ALICE)) };
    let request = bench.proven(&mut caller, "INVITE", |far, method| far.write(method, Some(SDP)));
    bench.receive(caller.flow, request);
    let dialog = bench.invited();
    bench.command(Command::Ring { dialog, status: 180, sdp: None });
    caller.learn(&bench.response());
    let (sent, events) = invite(&mut bench, 2, &replaces(&caller));
    assert_eq!((sent, events), (vec!["481 INVITE".into()], vec!["refused 481".into()]));
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn what_cannot_be_replaced_is_refused() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.phone_call("a", "alice", udp(ALICE));
    let (trunk, carrier) = bench.carrier_call();
    let good = replaces(&far);
    let wrong = |far: Far| replaces(&far);
    let rows = [
        (wrong(Far { tag: "x".into(), ..far.clone() }), 481),
        (wrong(Far { to_tag: Some("x".into()), ..far.clone() }), 481),
        (wrong(Far { call_id: "x".into(), ..far.clone() }), 481),
        (
            wrong(Far {
                tag: far.to_tag.clone().unwrap(),
                to_tag: Some(far.tag.clone()),
                ..far.clone()
            }),
            481,
        ),
        (replaces(&carrier), 481),
        (format!("{good};early-only"), 486),
        (format!("{good}\r\n{good}"), 400),
        ("Replaces: x".into(), 400),
        (format!("{good}\r\nJoin: x;to-tag=1;from-tag=2"), 400),
        (format!("{good}\r\nRequire: replaces, 100rel"), 420),
    ];
    for (n, (lines, status)) in (1..).zip(rows) {
        let (sent, events) = invite(&mut bench, n, &lines);
        bench.events.clear();
        let want = (vec![format!("{status} INVITE")], vec![format!("refused {status}")]);
        assert_eq!((sent, events), want, "{lines}");
    }
    // Only accounts may.
    let mut other = Far { call_id: "trunk".into(), ..Far::carrier() };
    other.extra = format!("{good}\r\n");
    bench.receive(other.flow, other.write("INVITE", Some(SDP)));
    assert_eq!(bench.events(), ["refused 403"]);
    // One that has just ended is declined.
    bench.hang_up(dialog);
    bench.events.clear();
    let (sent, _) = invite(&mut bench, 99, &good);
    assert_eq!(sent, ["603 INVITE"]);
    bench.hang_up(trunk);
    bench.check_empty();
}

#[test]
fn replaces_belongs_into_a_first_invite_only() {
    let mut bench = Bench::new();
    let (dialog, mut far) = bench.phone_call("a", "alice", udp(ALICE));
    far.extra = format!("{}\r\n", replaces(&far));
    for method in ["INVITE", "UPDATE", "INFO", "OPTIONS", "BYE"] {
        let request = far.next(method, None);
        bench.receive(far.flow, request);
        assert_eq!(bench.sent(), [format!("400 {method}")]);
    }
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    bench.check_empty();
}
