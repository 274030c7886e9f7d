use crate::sip::stack::tests::bench::{address, tcp, udp};
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Caller, Command, Destination, Flow, Input, Transport};

fn call(bench: &mut Bench, to: Destination) -> crate::base::DialogId {
    let dialog = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog,
        to,
        from: Caller::default(),
        headers: Vec::new(),
        sdp: Some(SDP.into()),
    });
    dialog
}

#[test]
fn a_dialog_stays_on_its_connection_and_survives_its_loss() {
    let mut bench = Bench::new();
    let mut far = Far::new(tcp("10.0.0.3:40000", 1));
    far.contact = "<sip:far@10.0.0.3:5060;transport=tcp>".into();
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    assert_eq!(bench.sent[0].flow, far.flow);
    let dialog = bench.invited();
    bench.answer(dialog);
    far.learn(&bench.response());
    let ack = far.ack(None);
    bench.receive(far.flow, ack);
    bench.command(Command::Probe { dialog });
    assert_eq!(bench.sent[0].flow, far.flow, "the connection is used again");
    let options = bench.request();
    bench.receive(far.flow, far.respond(&options, 200, None));
    bench.input(Input::Closed { connection: 1 });
    assert_eq!(bench.events(), ["acked", "probed true"]);
    bench.hang_up(dialog);
    let to = Flow {
        transport: Transport::Tcp,
        local: address("10.0.0.1:5060"),
        peer: address("10.0.0.3:5060"),
        connection: None,
    };
    assert_eq!(bench.sent[0].flow, to, "a new one to the contact");
    let bye = bench.request();
    bench.receive(tcp("10.0.0.3:5060", 2), far.respond(&bye, 200, None));
    assert_eq!(bench.events(), ["ended Us"]);
    bench.check_empty();
}

#[test]
fn a_caller_whose_connection_goes_has_given_up() {
    let mut bench = Bench::new();
    let far = Far::new(tcp("10.0.0.3:40000", 1));
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    bench.invited();
    bench.input(Input::Closed { connection: 1 });
    assert_eq!(bench.events(), ["cancelled"]);
    assert_eq!(bench.stack.census(), Default::default());
}

#[test]
fn an_invite_repeated_over_tcp_and_closed_leaves_nothing() {
    let mut bench = Bench::new();
    for n in 0..50 {
        let mut far = Far::new(tcp("10.0.0.3:40000", n));
        far.call_id = format!("c{n}");
        for _ in 0..3 {
            bench.receive(far.flow, far.write("INVITE", Some(SDP)));
        }
        bench.input(Input::Closed { connection: n });
    }
    assert_eq!(bench.stack.census(), Default::default());
}

#[test]
fn a_tcp_trunk_is_called_over_a_new_connection_and_may_fail() {
    let mut bench = Bench::new();
    let trunk = || Destination::Trunk { trunk: "tcp".into(), user: "1".into() };
    let dialog = call(&mut bench, trunk());
    let flow = bench.sent[0].flow;
    assert_eq!((flow.connection, flow.peer), (None, address("10.0.0.3:5060")));
    let invite = bench.request();
    assert!(invite.headers.get(crate::sip::wire::Name::Via).unwrap().starts_with("SIP/2.0/TCP"));
    bench.input(Input::SendFailed { flow });
    assert_eq!(bench.events(), ["failed 503"]);
    let _ = dialog;

    // Answered over connection 4: what follows stays there.
    let dialog = call(&mut bench, trunk());
    let invite = bench.request();
    let far = Far::new(tcp("10.0.0.3:5060", 4));
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent[0].flow.connection, Some(4));
    bench.sent.clear();
    bench.hang_up(dialog);
    assert_eq!(bench.sent[0].flow.connection, Some(4));
    bench.check_empty();
}

#[test]
fn a_datagram_that_cannot_be_sent_is_tried_again() {
    let mut bench = Bench::new();
    bench.call_carrier();
    bench.input(Input::SendFailed { flow: udp("10.0.0.2:5060") });
    assert_eq!(bench.events(), [""; 0]);
    bench.pass(600);
    assert_eq!(bench.sent(), ["INVITE"]);
}

#[test]
fn a_phone_over_tcp_is_called_over_its_connection() {
    let mut bench = Bench::new();
    let mut far =
        Far { user: "alice", uri: "sip:hot".into(), ..Far::new(tcp("10.0.1.1:40000", 9)) };
    far.contact = "<sip:alice@192.168.0.7:5060;transport=tcp>".into();
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    let challenge = bench.response();
    far.authorize(&challenge, "REGISTER", "alice", "secret", 1);
    far.cseq += 1;
    far.branch += 1;
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    bench.sent.clear();
    let dialog = call(&mut bench, Destination::Account("a".into()));
    assert_eq!(bench.sent[0].flow, far.flow);
    bench.events.clear();
    bench.input(Input::Closed { connection: 9 });
    let contact = "sip:alice@192.168.0.7:5060;transport=tcp";
    assert_eq!(bench.events(), [format!("unregistered {contact}"), "failed 503".into()]);
    let _ = dialog;
    bench.check_empty();
}
