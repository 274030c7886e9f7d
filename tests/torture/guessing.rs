use crate::harness::Switch;
use crate::sipp::stage::LIMIT;
use crate::torture::raw::{Login, Raw};

use hotline::peer::{Phone, PhoneSettings, RegisterState};

/// R9: guesses end, agents are not locked out by them, and nothing tells which users there are.
#[test]
fn guessing_passwords_ends_and_locks_nobody_else() {
    let switch = Switch::start("");
    let mut settings = PhoneSettings::new("8001");
    settings.bind = switch.place.at(31, 0);
    settings.server = Some(switch.sip());
    settings.password = Some("secret-8001".into());
    let phone = Phone::start(settings).expect("a phone");
    assert!(matches!(phone.register(LIMIT), RegisterState::On { .. }));

    let raw = Raw::new(switch.place.at(66, 0), switch.sip());
    let uri = format!("sip:{}", switch.sip());
    let attempt = |user: &str, password: &str| {
        let mut names = raw.names(user, user);
        names.uri.clone_from(&uri);
        let challenge = raw.ask(&raw.request(&names, "REGISTER", 1, "Expires: 60\r\n", ""));
        let mut login = Login::new(&challenge, user, "REGISTER", &uri);
        login.password = password.to_owned();
        let more = format!("Expires: 60\r\n{}", login.header());
        let answer = raw.ask(&raw.request(&names, "REGISTER", 2, &more, ""));
        (challenge, answer)
    };
    for guess in 0..10 {
        assert_eq!(attempt("8001", &format!("guess-{guess}")).1.status, 401);
    }
    assert_eq!(attempt("8001", "secret-8001").1.status, 401, "(source, account) is locked");
    assert_eq!(attempt("8002", "secret-8002").1.status, 200, "the source is not, yet");
    for guess in 0..60 {
        let (challenge, answer) = attempt(&format!("nobody-{guess}"), "guess");
        assert_eq!((challenge.status, answer.status), (401, 401), "unknown users as known ones");
    }
    assert_eq!(attempt("8003", "secret-8003").1.status, 401, "the source is locked");

    // The agent whose account was attacked goes on, and may move to another desk.
    assert!(matches!(phone.register(LIMIT), RegisterState::On { .. }));
    let mut settings = PhoneSettings::new("8001");
    settings.bind = switch.place.at(32, 0);
    settings.server = Some(switch.sip());
    settings.password = Some("secret-8001".into());
    let other = Phone::start(settings).expect("a phone");
    assert!(matches!(other.register(LIMIT), RegisterState::On { .. }));
}
