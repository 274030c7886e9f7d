use std::time::Duration;

use crate::sip::stack::Settings;
use crate::sip::stack::tests::bench::{settings, udp};
use crate::sip::stack::tests::{Bench, Far, SDP};

fn with_keepalive() -> Settings {
    let mut settings = settings();
    settings.trunks[0].keepalive = Some(Duration::from_secs(20));
    settings
}

#[test]
fn a_trunk_goes_down_after_misses_and_up_after_answers() {
    let mut bench = Bench::with(with_keepalive());
    let far = Far::carrier();
    let answer = |bench: &mut Bench, status: Option<u16>| {
        bench.sent.clear();
        bench.pass(20_000);
        let options = bench.request();
        if let Some(status) = status {
            bench.receive(far.flow, far.respond(&options, status, None));
        }
        bench.events()
    };
    bench.pass(0);
    let first = bench.request();
    assert_eq!(first.method.as_str(), "OPTIONS");
    bench.receive(udp("10.0.0.2:5060"), Far::carrier().respond(&first, 200, None));
    assert_eq!(answer(&mut bench, Some(404)), [""; 0], "any answer is an answer");
    for _ in 0..2 {
        assert_eq!(answer(&mut bench, None), [""; 0]);
    }
    assert_eq!(answer(&mut bench, None), [""; 0]);
    assert_eq!(answer(&mut bench, None), ["alive false"]);
    assert_eq!(answer(&mut bench, Some(200)), [""; 0], "one answer is not enough");
    assert_eq!(answer(&mut bench, Some(200)), ["alive true"]);
    assert_eq!(answer(&mut bench, None), [""; 0]);
}

#[test]
fn new_settings_end_what_they_no_longer_know() {
    let mut bench = Bench::with(with_keepalive());
    bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    bench.register(udp("10.0.1.2:5060"), "bob", "secret");
    let (_, _) = bench.call_to_carrier_after(&["registered", "registered"]);
    let mut next = settings();
    next.trunks.retain(|trunk| trunk.id.as_str() != "carrier");
    next.accounts.retain(|account| account.user == "bob");
    bench.reconfigure(next);
    assert_eq!(bench.events(), ["ended Us", "unregistered sip:far@10.0.1.1:5060"]);
    assert_eq!(bench.sent(), ["BYE"]);
    assert_eq!(bench.stack.bindings().count(), 1);
    let far = Far { call_id: "new".into(), ..Far::carrier() };
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    assert_eq!(bench.response().status, 401);
    bench.check_empty();
}

#[test]
fn new_settings_leave_calls_alone() {
    let mut bench = Bench::new();
    let (dialog, far) = bench.carrier_call();
    for _ in 0..20 {
        bench.reconfigure(settings());
    }
    assert_eq!(bench.events(), [""; 0]);
    bench.hang_up(dialog);
    let bye = bench.request();
    bench.receive(far.flow, far.respond(&bye, 200, None));
    bench.check_empty();
}
