use std::time::Duration;

use hotline::peer::{EndedBy, Incoming, Phone, PhoneSettings, RegisterState};

use crate::sipp::stage::{LIMIT, Stage};
use crate::torture::raw::NEVER;

fn phone(stage: &Stage, user: &str, ip: u8) -> Phone {
    let mut settings = PhoneSettings::new(user);
    settings.bind = stage.switch.place.at(ip, 0);
    settings.server = Some(stage.switch.sip());
    settings.password = Some(format!("secret-{user}"));
    settings.incoming = Incoming::AnswerAfter(Duration::ZERO);
    Phone::start(settings).expect("a phone")
}

/// What no call follows is refused in a way that a desk phone understands: the call that it is about
/// goes on.
#[test]
fn a_phone_that_refers_or_replaces_keeps_its_call() {
    let stage = Stage::new();
    let phone = phone(&stage, "8001", 31);
    assert!(matches!(phone.register(LIMIT), RegisterState::On { .. }));
    let call = stage.call(&phone, "9196");
    call.wait_answer(LIMIT).expect("an answer");
    let target = format!("sip:110@{}", stage.switch.sip());
    assert_eq!(call.refer(&target), 202);
    assert_eq!(call.wait_refer_end(1, LIMIT), Ok(603));
    assert_eq!(call.refer_silently(&target), 202);
    let other = stage.call(&phone, "9196");
    other.wait_answer(LIMIT).expect("an answer");
    assert_eq!(call.refer_into(&other), 202);
    assert_eq!(call.wait_refer_end(2, LIMIT), Ok(603));

    let uri = format!("sip:9196@{}", stage.switch.sip());
    for (value, status) in [
        (other.replaces().expect("a dialog"), 603),
        ("nothing;to-tag=1;from-tag=2".to_owned(), 481),
        ("nothing".to_owned(), 400),
    ] {
        let headers = vec![("Replaces".to_owned(), value.clone())];
        let new = phone.call_with(&uri, headers).expect("a call");
        assert_eq!(new.wait_end(LIMIT), Some(EndedBy::Refused(status)), "{value}");
    }
    assert!(call.is_up() && other.is_up());
    call.hang_up();
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Us));
    assert_eq!(phone.complaints(), Vec::<String>::new());
}

/// While nobody reads texts an account is told that they are none of our methods, and a stranger
/// learns nothing.
#[test]
fn texts_are_refused_and_strangers_are_asked_who_they_are() {
    let stage = Stage::new();
    let good = phone(&stage, "8001", 31);
    let uri = format!("sip:12345@{}", stage.switch.sip());
    assert_eq!(good.send_text(&uri, "您好").expect("a status"), 405);
    let mut settings = PhoneSettings::new("8001");
    settings.bind = stage.switch.place.at(66, 0);
    settings.server = Some(stage.switch.sip());
    settings.password = Some("wrong".into());
    let bad = Phone::start(settings).expect("a phone");
    assert_eq!(bad.send_text(&uri, "x").expect("a status"), 401);
    assert!(good.wait_text(NEVER).is_none());
}
