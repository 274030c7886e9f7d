use crate::sip::stack::Settings;
use crate::sip::stack::tests::bench::{settings, udp};
use crate::sip::stack::tests::{Bench, Far};
use crate::sip::wire::Name;

#[test]
fn the_way_to_a_phone_behind_nat_is_kept_open() {
    let mut bench = Bench::new();
    let near = bench.register(udp("10.0.1.1:5060"), "bob", "secret");
    let flow = udp("203.0.113.7:40000");
    let mut far = Far { user: "alice", uri: "sip:hot".into(), ..Far::new(flow) };
    far.contact = "<sip:alice@192.168.0.9:5060>".into();
    bench.refresh(&mut far, "alice", "secret");
    // It comes again soon, so that a router that forgot it learns it anew; others as they like.
    let expires = bench.response().headers.get(Name::Contact).map(str::to_owned);
    assert_eq!(expires.as_deref(), Some("<sip:alice@192.168.0.9:5060>;expires=120"));
    for at in [25, 50, 75, 100] {
        bench.pass(24_999);
        assert_eq!(bench.sent(), [""; 0], "{at}");
        bench.pass(1);
        assert_eq!(bench.sent.len(), 1);
        assert_eq!((bench.sent[0].flow, near.flow == flow), (flow, false));
        let options = bench.request();
        assert_eq!(options.uri.to_string(), "sip:alice@192.168.0.9:5060");
        assert_eq!(options.method.to_string(), "OPTIONS");
        // The answer, whatever it is, is nothing to anybody.
        bench.receive(flow, far.respond(&options, 404, None));
        assert!(bench.sent.is_empty());
    }
    bench.pass(20_000);
    assert!(!bench.stack.is_reachable(&"a".into()));
    bench.sent.clear();
    bench.pass(60_000);
    assert_eq!(bench.sent(), [""; 0], "it is gone");

    let mut bench = Bench::with(Settings { nat_keepalive: None, ..settings() });
    let mut far = Far { call_id: "another".into(), extra: String::new(), ..far };
    bench.refresh(&mut far, "alice", "secret");
    let expires = bench.response().headers.get(Name::Contact).map(str::to_owned);
    assert_eq!(expires.as_deref(), Some("<sip:alice@192.168.0.9:5060>;expires=300"));
    bench.pass(100_000);
    assert_eq!(bench.sent(), [""; 0]);
    bench.reconfigure(settings());
    bench.sent.clear();
    bench.pass(25_000);
    assert_eq!(bench.sent(), ["OPTIONS"], "a reload reaches those who are there");
}
