use std::thread::sleep;
use std::time::Duration;

use crate::harness::Switch;
use crate::torture::raw::{Answer, Login, Names, Raw};

/// A phone that registers as 8001 by hand.
pub(crate) struct Desk {
    raw: Raw,
    names: Names,
    uri: String,
    cseq: u32,
}

impl Desk {
    pub(crate) fn new(switch: &Switch, last: u8) -> Self {
        let raw = Raw::new(switch.place.at(last, 0), switch.sip());
        let mut names = raw.names("8001", "8001");
        let uri = format!("sip:{}", switch.sip());
        names.uri.clone_from(&uri);
        Self { raw, names, uri, cseq: 0 }
    }

    pub(crate) fn register(&mut self, authorization: &str) -> Answer {
        self.cseq += 1;
        let more = format!("Expires: 600\r\n{authorization}");
        self.raw.ask(&self.raw.request(&self.names, "REGISTER", self.cseq, &more, ""))
    }

    pub(crate) fn login(&mut self) -> Login {
        let challenge = self.register("");
        Login::new(&challenge, "8001", "REGISTER", &self.uri)
    }
}

fn is_stale(answer: &Answer) -> bool {
    answer.status == 401 && answer.text.to_ascii_lowercase().contains("stale=true")
}

#[test]
fn a_digest_counts_once_and_for_what_it_was_made_for() {
    let switch = Switch::start("");
    let mut desk = Desk::new(&switch, 31);
    let login = desk.login();
    let with = |count| Login { count, ..login.clone() }.header();
    assert_eq!(desk.register(&with(2)).status, 200);
    assert_eq!(desk.register(&with(1)).status, 200, "a reordering is no replay");
    for count in [1, 2, 0] {
        assert!(is_stale(&desk.register(&with(count))), "nc {count} again");
    }
    assert_eq!(desk.register(&with(40)).status, 200);
    assert_eq!(desk.register(&with(39)).status, 200);

    type Change = fn(&mut Login);
    let faults: [(&str, Change); 6] = [
        ("another method", |login| login.method = "INVITE".into()),
        ("another URI", |login| login.uri = "sip:192.0.2.1".into()),
        ("a realm never challenged", |login| login.realm = "elsewhere".into()),
        ("a nonce of our own", |login| login.nonce = "00".repeat(28)),
        ("an empty nonce", |login| login.nonce.clear()),
        ("another user's password", |login| login.user = "8002".into()),
    ];
    for (what, change) in faults {
        let mut login = desk.login();
        change(&mut login);
        let answer = desk.register(&login.header());
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        assert!(!is_stale(&answer), "{what}: {}", answer.text);
    }
    // A digest made for REGISTER does not place calls, and not from another address.
    let login = desk.login();
    let names = desk.raw.names("8001", "9196");
    let invite = desk.raw.request(&names, "INVITE", 1, &login.header(), "");
    assert_eq!(desk.raw.ask(&invite).status, 401);
    let mut other = Desk::new(&switch, 32);
    assert_eq!(other.register(&login.header()).status, 401, "the nonce was given to another");
    for header in [
        "Authorization: Digest",
        "Authorization: Digest username=\"8001",
        "Authorization: Digest username=\"8001\", realm=\"hotline\", nonce=, uri=, response=",
        "Authorization: Basic ODAwMTpzZWNyZXQ=",
        "Authorization: Digest username=\"8001\",,,,=,;\"\\\"",
    ] {
        assert_eq!(other.register(&format!("{header}\r\n")).status, 401, "{header}");
    }
    let login = desk.login();
    assert_eq!(desk.register(&login.header()).status, 200);
}

#[test]
fn nonces_age_with_stale_true() {
    let mut switch = Switch::prepare(&nonce_life(), "");
    switch.run();
    let mut desk = Desk::new(&switch, 31);
    let login = desk.login();
    assert_eq!(desk.register(&login.header()).status, 200);
    sleep(Duration::from_secs(10));
    let old = Login { count: 2, ..login };
    assert!(is_stale(&desk.register(&old.header())));
    // Nor does a wrong password get in.
    let wrong = Login { count: 3, password: "guess".into(), ..old };
    assert_eq!(desk.register(&wrong.header()).status, 401);
}

fn nonce_life() -> String {
    let usual = crate::harness::usual(crate::harness::Place::new());
    format!("{usual}\n[sip]\nnonce_life = \"10s\"\n")
}

#[test]
fn nonces_of_before_a_restart_are_known_but_not_replayed() {
    let mut switch = Switch::start("");
    let mut desk = Desk::new(&switch, 31);
    let login = desk.login();
    assert_eq!(desk.register(&login.header()).status, 200);
    switch.terminate();
    switch.run();
    // The counts died with the process, so a nonce of before is at best stale: the phone answers the
    // new one without asking its owner for the password.
    assert!(is_stale(&desk.register(&login.header())), "a replay");
    assert!(is_stale(&desk.register(&Login { count: 2, ..login }.header())));
    let login = desk.login();
    assert_eq!(desk.register(&login.header()).status, 200);
}
