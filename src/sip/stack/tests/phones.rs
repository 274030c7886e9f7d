use std::time::Duration;

use crate::sip::auth::Algorithm;
use crate::sip::stack::tests::bench::{settings, tcp, udp};
use crate::sip::stack::tests::{Bench, Far, SDP};
use crate::sip::stack::{Caller, Command, Destination, Event, Gate, Peer, Settings};
use crate::sip::wire::Name;

fn call(bench: &mut Bench, account: &str) -> crate::base::DialogId {
    let dialog = bench.stack.new_dialog();
    bench.command(Command::Invite {
        dialog,
        to: Destination::Account(account.into()),
        from: Caller { display: None, user: Some("10086".into()) },
        headers: Vec::new(),
        sdp: Some(SDP.into()),
    });
    dialog
}

#[test]
fn a_phone_registers_refreshes_and_expires() {
    let mut bench = Bench::new();
    let mut far = bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    // The phone relies on it, so it waits until it is written (R18); so does each copy.
    assert_eq!(bench.sent[0].gate, Gate::Registrations);
    let ok = bench.response();
    assert_eq!(ok.status, 200);
    assert_eq!(ok.headers.get(Name::Contact), Some("<sip:far@10.0.1.1:5060>;expires=300"));
    assert_eq!(bench.events(), ["registered sip:far@10.0.1.1:5060"]);
    assert!(bench.stack.is_reachable(&"a".into()));

    // A copy gets the same answer; a replay in a new transaction does not get in.
    let copy = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, copy);
    assert_eq!(bench.sent[0].gate, Gate::Registrations);
    assert_eq!(bench.response().status, 200);
    far.branch += 1;
    let replay = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, replay);
    let stale = bench.response();
    assert_eq!(stale.status, 401);
    assert_eq!(bench.stack.bindings_of(&"a".into()).count(), 1);
    let mut challenges = stale.headers.challenges(Name::WwwAuthenticate);
    assert_eq!(challenges.next().unwrap().stale(), Some("true"));
    assert_eq!(bench.events(), [""; 0]);

    far.authorize(&stale, "REGISTER", "alice", "secret", 1);
    far.extra.push_str("Expires: 90\r\n");
    far.cseq += 1;
    far.branch += 1;
    let refresh = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, refresh);
    assert_eq!(bench.response().status, 200);
    assert_eq!(bench.events(), ["registered sip:far@10.0.1.1:5060"]);
    bench.pass(89_999);
    assert_eq!(bench.events(), [""; 0]);
    bench.pass(1);
    assert_eq!(bench.events(), ["unregistered sip:far@10.0.1.1:5060"]);
    assert!(!bench.stack.is_reachable(&"a".into()));
    bench.check_empty();
}

#[test]
fn wishes_of_a_register() {
    let rows: [(&str, &str, u16, usize); 9] = [
        ("<sip:x@10.0.1.1>", "Expires: 10\r\n", 423, 0),
        ("<sip:x@10.0.1.1>;expires=99999", "", 200, 1),
        ("<sip:x@10.0.1.1>;expires=0", "", 200, 0),
        ("<sip:x@10.0.1.1>, <sip:y@10.0.1.1>", "", 200, 2),
        ("*", "Expires: 0\r\n", 200, 0),
        ("*", "", 400, 0),
        ("<mailto:x@y>", "", 416, 0),
        ("\"broken", "", 400, 0),
        ("<sip:x@10.0.1.1>", "Require: path\r\n", 420, 0),
    ];
    for (contact, extra, status, bindings) in rows {
        let mut bench = Bench::new();
        let mut far =
            Far { user: "alice", uri: "sip:hot".into(), ..Far::new(udp("10.0.1.1:5060")) };
        let text = bench.registration(&far, "REGISTER");
        bench.receive(far.flow, text);
        let challenge = bench.response();
        far.contact = contact.into();
        far.authorize(&challenge, "REGISTER", "alice", "secret", 1);
        far.extra.push_str(extra);
        far.cseq += 1;
        far.branch += 1;
        let text = bench.registration(&far, "REGISTER");
        bench.receive(far.flow, text);
        let response = bench.response();
        assert_eq!(response.status, status, "{contact} {extra}");
        assert_eq!(bench.stack.bindings().count(), bindings, "{contact} {extra}");
        match (status, contact) {
            (423, _) => assert_eq!(response.headers.get(Name::MinExpires), Some("60")),
            (200, "<sip:x@10.0.1.1>;expires=99999") => {
                let granted = response.headers.get(Name::Contact).unwrap();
                assert!(granted.ends_with("expires=3600"), "{granted}");
            }
            _ => {}
        }
        bench.check_empty();
    }
}

#[test]
fn a_wrong_password_and_an_unknown_user_look_alike() {
    let mut bench = Bench::new();
    for (user, password) in [("alice", "guess"), ("nobody", "guess"), ("nobody", "secret")] {
        bench.register(udp("10.0.1.66:5060"), user, password);
        assert_eq!(bench.response().status, 401);
    }
    assert_eq!(bench.stack.bindings().count(), 0);
    // Another's address is not one's own to register.
    let mut far = Far { user: "bob", uri: "sip:hot".into(), ..Far::new(udp("10.0.1.1:5060")) };
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    let challenge = bench.response();
    far.authorize(&challenge, "REGISTER", "alice", "secret", 1);
    far.cseq += 1;
    far.branch += 1;
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    assert_eq!(bench.response().status, 403);
    bench.check_empty();
}

#[test]
fn guessing_is_stopped_and_locks_nobody_else_out() {
    let mut bench = Bench::new();
    let home = udp("10.0.1.1:5060");
    let mut phone = bench.register(home, "alice", "secret");
    let bad = udp("10.0.1.66:5060");
    for n in 0..100_u32 {
        let mut far = Far { user: "alice", uri: "sip:hot".into(), ..Far::new(bad) };
        far.call_id = format!("guess{n}");
        let text = bench.registration(&far, "REGISTER");
        bench.receive(bad, text);
        let challenge = bench.response();
        let password = if n < 50 { "guess" } else { "secret" };
        far.authorize(&challenge, "REGISTER", "alice", password, 1);
        far.branch += 1;
        let text = bench.registration(&far, "REGISTER");
        bench.receive(bad, text);
        assert_eq!(bench.response().status, 401, "{n}");
    }
    let wrong = bench.stack.census().lockouts;
    assert!(wrong > 0 && wrong <= 2, "one pair, one source");
    // The same account from another source, and a neighbour of the guesser.
    bench.register(udp("10.0.1.2:5060"), "alice", "secret");
    assert_eq!(bench.response().status, 200);
    bench.register(bad, "bob", "secret");
    assert_eq!(bench.response().status, 200);
    // The phone at home is not locked out by forged guesses from its address.
    for n in 0..20_u32 {
        phone.call_id = format!("forged{n}");
        phone.branch += 1;
        phone.extra = phone.extra.replace("nc=00000001", "nc=00000009");
        let text = bench.registration(&phone, "REGISTER");
        bench.receive(home, text);
        bench.sent.clear();
    }
    bench.register(home, "alice", "secret");
    assert_eq!(bench.response().status, 200);
    bench.check_empty();
}

#[test]
fn the_newest_phone_is_called_where_it_is() {
    let mut bench = Bench::new();
    bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    bench.pass(1_000);
    // Behind NAT: its contact is not where it comes from.
    let mut far = Far { user: "alice", uri: "sip:hot".into(), ..Far::new(udp("10.0.9.9:40000")) };
    far.call_id = "second".into();
    far.contact = "<sip:alice@192.168.1.5:5060;line=7>".into();
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    let challenge = bench.response();
    far.authorize(&challenge, "REGISTER", "alice", "secret", 1);
    far.cseq += 1;
    far.branch += 1;
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    assert_eq!(bench.response().headers.all(Name::Contact).count(), 2);
    bench.events.clear();

    let dialog = call(&mut bench, "a");
    assert_eq!(bench.sent[0].flow, udp("10.0.9.9:40000"));
    let invite = bench.request();
    assert_eq!(invite.uri.to_string(), "sip:alice@192.168.1.5:5060;line=7");
    assert_eq!(invite.headers.to().unwrap().uri.to_string(), "sip:alice@hot");
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    assert_eq!(bench.sent[0].flow, udp("10.0.9.9:40000"), "the ACK too");
    bench.sent.clear();
    assert_eq!(bench.events(), ["answered sdp"]);

    // Hold from the phone, then BYE, all from where it is registered and without a digest.
    let mut inside = bench.far_of(far, &invite);
    inside.extra.clear();
    let hold = inside.next("INVITE", Some(SDP));
    bench.receive(inside.flow, hold);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    let ack = inside.ack(None);
    bench.receive(inside.flow, ack);
    let bye = inside.next("BYE", None);
    bench.receive(inside.flow, bye.clone());
    assert_eq!(bench.events(), ["acked", "ended Bye"]);
    bench.check_empty();
}

#[test]
fn a_direct_phone_is_called_at_its_contact() {
    let mut bench = Bench::new();
    let mut far = Far { user: "bob", uri: "sip:hot".into(), ..Far::new(udp("10.0.1.1:40000")) };
    far.contact = "<sip:bob@10.0.1.1:5062>".into();
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    let challenge = bench.response();
    far.authorize(&challenge, "REGISTER", "bob", "secret", 1);
    far.cseq += 1;
    far.branch += 1;
    let text = bench.registration(&far, "REGISTER");
    bench.receive(far.flow, text);
    bench.sent.clear();
    let dialog = call(&mut bench, "b");
    assert_eq!(bench.sent[0].flow, udp("10.0.1.1:5062"));
    bench.hang_up(dialog);
    bench.check_empty();
}

#[test]
fn an_account_calls_after_its_digest_and_as_nobody_else() {
    let mut bench = Bench::new();
    let mut far = Far { user: "alice", ..Far::new(udp("10.0.1.1:5060")) };
    bench.receive(far.flow, far.write("INVITE", Some(SDP)));
    assert_eq!(bench.events(), [""; 0], "a phone's first try is no stranger's");
    let challenge = bench.response();
    assert_eq!(challenge.status, 401);
    let offered: Vec<_> = challenge
        .headers
        .challenges(Name::WwwAuthenticate)
        .map(|c| c.algorithm().unwrap().to_owned())
        .collect();
    assert_eq!(offered, ["SHA-256", "MD5"]);
    assert_eq!(bench.stack.census().servers, 0, "and it leaves nothing");
    bench.receive(far.flow, far.write("ACK", None));
    far.authorize(&challenge, "INVITE", "alice", "secret", 1);
    far.extra.push_str("P-Asserted-Identity: <sip:110@hot>\r\nX-Ticket: 5\r\n");
    far.user = "110";
    let invite = far.next("INVITE", Some(SDP));
    bench.receive(far.flow, invite);
    let Some(Event::Invite { peer, call, .. }) = bench.events.first().cloned() else {
        panic!("{:?}", bench.events)
    };
    assert_eq!(peer, Peer::Account("a".into()));
    assert_eq!(call.from.uri.to_string(), "sip:alice@hot");
    assert_eq!((call.from.display, call.p_asserted), (None, None));
    assert_eq!(call.other, [("X-Ticket".into(), "5".into())]);
    let dialog = bench.invited();
    bench.answer(dialog);
    far.learn(&bench.response());
    let ack = far.ack(None);
    bench.receive(far.flow, ack);
    assert_eq!(bench.events(), ["acked"]);

    // From elsewhere only with a digest, and then of the same account only.
    let mut roaming = Far { flow: udp("10.0.7.7:5060"), extra: String::new(), ..far };
    for (user, status, ends) in [("bob", 481, false), ("alice", 200, true)] {
        let bye = roaming.next("BYE", None);
        bench.receive(roaming.flow, bye);
        let challenge = bench.response();
        assert_eq!(challenge.status, 401);
        roaming.authorize(&challenge, "BYE", user, "secret", 1);
        let bye = roaming.next("BYE", None);
        bench.receive(roaming.flow, bye);
        assert_eq!(bench.response().status, status);
        assert_eq!(bench.events().contains(&"ended Bye".to_owned()), ends);
        roaming.extra.clear();
    }
    bench.check_empty();
}

#[test]
fn nonces_age_with_stale_and_other_keys_do_not() {
    let mut bench = Bench::with(Settings { nonce_life: Duration::from_secs(30), ..settings() });
    let mut far = Far { user: "alice", ..Far::new(udp("10.0.1.1:5060")) };
    bench.receive(far.flow, far.write("INVITE", None));
    let challenge = bench.response();
    bench.pass(30_000);
    far.authorize(&challenge, "INVITE", "alice", "secret", 1);
    let text = far.next("INVITE", None);
    bench.receive(far.flow, text.clone());
    let again = bench.response();
    let stale = again.headers.challenges(Name::WwwAuthenticate).next().unwrap();
    assert_eq!(stale.stale(), Some("true"));

    let mut other = Bench::with(Settings { nonce_key: [1; 32], ..settings() });
    other.receive(far.flow, text);
    let again = other.response();
    let fresh = again.headers.challenges(Name::WwwAuthenticate).next().unwrap();
    assert_eq!((again.status, fresh.stale()), (401, None));
    bench.check_empty();
}

#[test]
fn contacts_survive_a_restart() {
    let mut bench = Bench::new();
    bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    bench.register(tcp("10.0.1.2:40000", 5), "bob", "secret");
    let kept: Vec<_> = bench.stack.bindings().cloned().collect();
    let text = serde_json::to_string(&kept).unwrap();
    let mut next = Bench::new();
    next.now = bench.now + Duration::from_secs(5);
    next.stack.restore_bindings(next.now, serde_json::from_str(&text).unwrap());
    assert_eq!(next.stack.bindings().count(), 2);
    assert!(next.stack.bindings().all(|binding| binding.flow.connection.is_none()));
    let dialog = call(&mut next, "a");
    assert_eq!(next.sent[0].flow, udp("10.0.1.1:5060"));
    next.hang_up(dialog);
    next.check_empty();

    let mut later = Bench::new();
    later.now = bench.now + Duration::from_secs(301);
    later.stack.restore_bindings(later.now, kept);
    assert_eq!(later.stack.bindings().count(), 0);
}

#[test]
fn an_account_is_offered_its_own_algorithms_only() {
    let mut settings = settings();
    settings.accounts[0].algorithms = vec![Algorithm::Md5];
    settings.accounts[1].ha1_sha256 = None;
    let mut bench = Bench::with(settings);
    for (user, offered) in
        [("alice", &["MD5"][..]), ("bob", &["MD5"]), ("nobody", &["SHA-256", "MD5"])]
    {
        let far = Far { user, ..Far::new(udp("10.0.1.1:5060")) };
        let text = bench.registration(&far, "REGISTER");
        bench.receive(far.flow, text);
        let challenge = bench.response();
        let got: Vec<_> = challenge
            .headers
            .challenges(Name::WwwAuthenticate)
            .map(|challenge| challenge.algorithm().unwrap().to_owned())
            .collect();
        assert_eq!(got, offered, "{user}");
    }
    bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    assert_eq!(bench.response().status, 200);
    bench.check_empty();
}

#[test]
fn an_offer_says_from_where_it_came() {
    let mut bench = Bench::new();
    bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    bench.sent.clear();
    let dialog = call(&mut bench, "a");
    let invite = bench.request();
    let far = Far { user: "alice", ..Far::new(udp("10.0.1.1:5060")) };
    bench.receive(far.flow, far.respond(&invite, 200, Some(SDP)));
    // The phone takes another network.
    let moved = bench.register(udp("10.0.9.9:5060"), "alice", "secret").flow;
    let mut far = bench.far_of(Far { flow: moved, ..far }, &invite);
    bench.events.clear();
    for (method, flow) in [("INVITE", moved), ("UPDATE", moved), ("INVITE", udp("10.0.1.1:5060"))] {
        let offer = far.next(method, Some(SDP));
        bench.receive(flow, offer);
        let Some(Event::Offered { source, .. }) = bench.events.first() else {
            panic!("{:?}", bench.events)
        };
        assert_eq!(*source, flow.peer.ip());
        bench.command(Command::Accept { dialog, sdp: SDP.into() });
        let ack = far.ack(None);
        bench.receive(flow, ack);
        bench.events.clear();
    }
    bench.hang_up(dialog);
    bench.check_empty();
}

/// R12: who is neither where the dialog is nor where its account is registered needs its digest.
#[test]
fn a_phone_that_moved_goes_on_with_its_own_digest_and_with_no_other() {
    let mut bench = Bench::new();
    let alice = bench.register(udp("10.0.1.1:5060"), "alice", "secret");
    bench.sent.clear();
    let dialog = call(&mut bench, "a");
    let invite = bench.request();
    bench.receive(alice.flow, alice.respond(&invite, 200, Some(SDP)));
    bench.sent.clear();
    bench.events.clear();
    let mut inside = bench.far_of(alice, &invite);
    inside.extra.clear();
    inside.flow = udp("10.0.7.7:5060");
    let hold = inside.next("INVITE", Some(SDP));
    bench.receive(inside.flow, hold);
    let challenge = bench.response();
    assert_eq!(challenge.status, 401);
    bench.events.clear();
    let mut bob = inside.clone();
    bob.authorize(&challenge, "BYE", "bob", "secret", 1);
    let bye = bob.next("BYE", None);
    bench.receive(bob.flow, bye);
    assert_eq!(bench.response().status, 481, "the dialog is another account's");
    inside.branch += 10;
    inside.authorize(&challenge, "INVITE", "alice", "secret", 2);
    let hold = inside.next("INVITE", Some(SDP));
    bench.receive(inside.flow, hold);
    assert_eq!(bench.events(), ["offered sdp"]);
    bench.command(Command::Accept { dialog, sdp: SDP.into() });
    let ack = inside.ack(None);
    bench.receive(inside.flow, ack);
    bench.hang_up(dialog);
    bench.check_empty();
}
