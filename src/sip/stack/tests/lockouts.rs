use std::time::Duration;

use crate::sip::stack::tests::bench::{settings, udp};
use crate::sip::stack::tests::{Bench, Far};
use crate::sip::stack::{AccountSettings, Settings};

/// Tries one password; the status of the answer.
fn tries(bench: &mut Bench, far: &mut Far, user: &'static str, password: &str) -> u16 {
    bench.refresh(far, user, password);
    bench.response().status
}

/// A house of phones behind one address. Six of them have an old password; then the power fails, and all
/// come back with other ports.
#[test]
fn phones_with_an_old_password_lock_out_none_but_themselves() {
    let users: Vec<&'static str> =
        (0..20).map(|n| &*Box::leak(format!("u{n}").into_boxed_str())).collect();
    let account = |user: &&str| AccountSettings::new((*user).into(), user, "hot", "secret");
    let accounts = users.iter().map(account).collect();
    let mut bench = Bench::with(Settings { accounts, ..settings() });
    let phone = |user: &'static str, port: usize| Far {
        user,
        uri: "sip:hot".into(),
        call_id: format!("{user}-{port}"),
        contact: format!("<sip:{user}@192.168.0.9:{port}>"),
        ..Far::new(udp(&format!("203.0.113.7:{}", port)))
    };
    let mut phones: Vec<Far> =
        users.iter().enumerate().map(|(n, user)| phone(user, 40_000 + n)).collect();
    for (user, far) in users.iter().zip(&mut phones) {
        assert_eq!(tries(&mut bench, far, user, "secret"), 200);
    }
    bench.pass(3_600_000);
    bench.events.clear();
    // The power was away for an hour. The phones with the old password are the quickest.
    for (n, user) in users.iter().enumerate().take(6) {
        let mut far = phone(user, 50_000 + n);
        for _ in 0..8 {
            assert_eq!(tries(&mut bench, &mut far, user, "old"), 401);
        }
    }
    bench.pass(1);
    let told = bench.events();
    assert!(
        told.iter().any(|event| event.contains("locked")
            && event.contains("203.0.113.7")
            && event.contains("u5")),
        "{told:?}"
    );
    for (n, user) in users.iter().enumerate().skip(6) {
        let mut far = phone(user, 50_000 + n);
        assert_eq!(tries(&mut bench, &mut far, user, "secret"), 200, "{}", user);
    }
    // By time alone the others are let in again, and the alarm ends.
    bench.pass(400_000);
    let told = bench.events();
    assert!(told.iter().any(|event| event == "locked {}"), "{told:?}");
    for (n, user) in users.iter().enumerate().take(6) {
        let mut far = phone(user, 60_000 + n);
        assert_eq!(tries(&mut bench, &mut far, user, "secret"), 200);
    }
}

/// Where phones are at home is known after a restart, too, also of registrations that ran out meanwhile.
#[test]
fn a_house_of_phones_is_known_after_a_restart() {
    let users: Vec<&'static str> =
        (0..10).map(|n| &*Box::leak(format!("u{n}").into_boxed_str())).collect();
    let account = |user: &&str| AccountSettings::new((*user).into(), user, "hot", "secret");
    let accounts: Vec<AccountSettings> = users.iter().map(account).collect();
    let settings = Settings { accounts, ..settings() };
    let mut before = Bench::with(settings.clone());
    for (n, user) in users.iter().enumerate() {
        before.register(udp(&format!("203.0.113.7:{}", 40_000 + n)), user, "secret");
    }
    let kept: Vec<_> = before.stack.bindings().cloned().collect();
    for restored in [true, false] {
        let mut bench = Bench::with(settings.clone());
        bench.now = before.now + Duration::from_secs(7_200);
        if restored {
            bench.stack.restore_bindings(bench.now, kept.clone());
            assert_eq!(bench.stack.bindings().count(), 0);
        }
        let phone = |user: &'static str, n: usize| Far {
            user,
            uri: "sip:hot".into(),
            call_id: format!("{user}-again"),
            ..Far::new(udp(&format!("203.0.113.7:{}", 50_000 + n)))
        };
        for (n, user) in users.iter().enumerate().take(6) {
            let mut far = phone(user, n);
            for _ in 0..8 {
                assert_eq!(tries(&mut bench, &mut far, user, "old"), 401);
            }
        }
        let right = if restored { 200 } else { 401 };
        for (n, user) in users.iter().enumerate().skip(6) {
            assert_eq!(tries(&mut bench, &mut phone(user, n), user, "secret"), right, "{user}");
        }
    }
}

/// After so many wrong answers for as many accounts that are all at home: the status for the right
/// password of one that nobody guessed at.
fn after_guesses(guesses: usize) -> u16 {
    let users: Vec<&'static str> =
        (0..=guesses).map(|n| &*Box::leak(format!("u{n}").into_boxed_str())).collect();
    let account = |user: &&str| AccountSettings::new((*user).into(), user, "hot", "secret");
    let accounts = users.iter().map(account).collect();
    let mut bench = Bench::with(Settings { accounts, ..settings() });
    for (n, user) in users.iter().enumerate() {
        bench.register(udp(&format!("203.0.113.7:{}", 40_000 + n)), user, "secret");
    }
    bench.sent.clear();
    let far = |n: usize| Far {
        user: users[n],
        uri: "sip:hot".into(),
        call_id: format!("guess{n}"),
        ..Far::new(udp(&format!("203.0.113.7:{}", 50_000 + n)))
    };
    for (n, user) in users.iter().enumerate().take(guesses) {
        assert_eq!(tries(&mut bench, &mut far(n), user, "guess"), 401);
    }
    tries(&mut bench, &mut far(guesses), users[guesses], "secret")
}

/// Whoever guesses from where the phones are has no more than twice the tries of anybody else.
#[test]
fn guesses_from_a_house_of_phones_are_sixty_at_most() {
    assert_eq!(after_guesses(59), 200);
    assert_eq!(after_guesses(60), 401);
}
