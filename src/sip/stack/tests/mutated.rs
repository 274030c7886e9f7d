use bytes::Bytes;

use crate::base::Random;
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Command, Event, Input};

/// What a message is broken with.
const SPLICES: [&str; 24] = [
    "\r\n",
    "\r\n\r\n",
    "\0",
    ";",
    ",",
    "\"",
    "<",
    ">",
    ":",
    "%",
    "%zz",
    " ",
    "\t",
    "=",
    "@",
    ";tag=",
    ";branch=z9hG4bK",
    "4294967296",
    "-1",
    "Content-Length: 99999\r\n",
    "SIP/2.0",
    "z9hG4bK",
    "\u{fffd}",
    "Require: x\r\n",
];

fn mutate(random: &mut Random, bytes: &Bytes) -> Bytes {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let length = u64::try_from(bytes.len()).unwrap();
        let at = usize::try_from(random.below(length)).unwrap();
        let to = (at + usize::try_from(random.below(40)).unwrap()).min(bytes.len());
        match random.below(7) {
            0 => bytes[at] ^= 1 << random.below(8),
            1 => {
                bytes.drain(at..to);
            }
            2 => {
                let again = bytes[at..to].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at),
            4 => {
                let splice = SPLICES[usize::try_from(random.below(24)).unwrap()];
                bytes.splice(at..at, splice.bytes());
            }
            5 => {
                let line = b"\r\n";
                if let Some(from) = bytes[at..].windows(2).position(|two| two == line) {
                    let rest = bytes.split_off(at + from);
                    let end = rest[2..].windows(2).position(|two| two == line).unwrap_or(0);
                    bytes.extend_from_slice(&rest[end..]);
                }
            }
            _ => bytes[at] = u8::try_from(random.below(256)).unwrap(),
        }
        if bytes.is_empty() {
            bytes.push(b' ');
        }
    }
    bytes.into()
}

/// R1 and R4 in small: messages that were broken on their way, inside real dialogs.
#[test]
fn broken_messages_inside_real_dialogs_hurt_nobody() {
    let mut random = Random::from_number(4_475);
    let mut bench = Bench::new();
    let mut most = 0;
    for round in 0..250_u32 {
        let mut far = Far { call_id: format!("m{round}"), ..Far::carrier() };
        bench.receive(far.flow, far.write("INVITE", Some(SDP)));
        let dialog = bench.invited();
        bench.answer(dialog);
        far.learn(&bench.response());
        let ack = far.ack(None);
        bench.receive(far.flow, ack);
        let far_flow = far.flow;
        for _ in 0..20 {
            let methods = ["INVITE", "BYE", "UPDATE", "INFO", "ACK", "CANCEL", "OPTIONS", "REFER"];
            let method = methods[usize::try_from(random.below(8)).unwrap()];
            let sdp = (random.below(2) == 0).then_some(SDP);
            let good = if random.below(8) == 0 {
                bench.command(Command::Reinvite { dialog, sdp: Some(SDP.into()) });
                let request = bench.sent.iter().rev().find_map(|sent| match &sent.message {
                    crate::sip::wire::Message::Request(request) => Some(request.clone()),
                    crate::sip::wire::Message::Response(_) => None,
                });
                match request {
                    Some(request) => far.respond(&request, 200, sdp),
                    None => far.next(method, sdp),
                }
            } else {
                far.next(method, sdp)
            };
            let bad = mutate(&mut random, &good);
            // What is broken may be well written: then it may be answered, and read by us again.
            bench.stack_only(Input::Received { flow: far_flow, bytes: bad });
            if random.below(4) == 0 {
                bench.command(Command::Accept { dialog, sdp: SDP.into() });
            }
            bench.pass(random.below(200));
        }
        for event in std::mem::take(&mut bench.events) {
            if let Event::Invite { dialog, .. } = event {
                bench.hang_up(dialog);
            }
        }
        bench.hang_up(dialog);
        bench.sent.clear();
        bench.events.clear();
        let census = bench.stack.census();
        most = most.max(census.servers + census.clients + census.dialogs + census.closing);
    }
    assert!(most < 2_000, "{most}");
    bench.pass(700_000);
    bench.events.clear();
    bench.check_empty();
    // A neighbour is served as ever.
    let (dialog, _) = bench.carrier_call();
    bench.hang_up(dialog);
    bench.check_empty();
}
