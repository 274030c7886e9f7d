//! Phone against phone.

use std::time::Duration;

use crate::peer::{
    Call, Codec, Direction, EndedBy, Incoming, Phone, PhoneSettings, Pump, Source, WaitError,
};

const LIMIT: Duration = Duration::from_secs(10);

fn phone(pump: &Pump, user: &str, change: impl FnOnce(&mut PhoneSettings)) -> Phone {
    let mut settings = PhoneSettings::new(user);
    settings.pump = Some(pump.clone());
    change(&mut settings);
    Phone::start(settings).unwrap()
}

fn connected(a: &Phone, b: &Phone) -> (Call, Call) {
    let caller = a.call(&b.uri()).unwrap();
    let callee = b.wait_call(LIMIT).unwrap();
    callee.answer();
    caller.wait_answer(LIMIT).unwrap();
    callee.wait_answer(LIMIT).unwrap();
    (caller, callee)
}

fn no_complaints(phones: &[&Phone]) {
    for phone in phones {
        assert_eq!(phone.complaints(), Vec::<String>::new(), "{}", phone.uri());
    }
}

#[test]
fn two_phones_talk_and_the_caller_hangs_up() {
    let pump = Pump::start().unwrap();
    let a = phone(&pump, "100", |s| s.source = Source::tone(440));
    let b = phone(&pump, "200", |s| s.source = Source::tone(800));
    let caller = a.call(&b.uri()).unwrap();
    let callee = b.wait_call(LIMIT).unwrap();
    assert_eq!(callee.caller().number, "100");
    assert_eq!(caller.wait_progress(LIMIT), Ok(180));
    callee.answer();
    caller.wait_answer(LIMIT).unwrap();
    callee.wait_answer(LIMIT).unwrap();
    assert!(caller.hears_tone(800, LIMIT), "{:?}", caller.hear());
    assert!(callee.hears_tone(440, LIMIT), "{:?}", callee.hear());
    assert!(!callee.hears_tone(800, Duration::from_millis(600)));
    caller.hang_up();
    assert_eq!(callee.wait_end(LIMIT), Some(EndedBy::Them));
    assert_eq!(caller.wait_end(LIMIT), Some(EndedBy::Us));
    let (heard, back) = (callee.hear(), caller.hear());
    assert!(heard.received > 10 && heard.lost == 0 && heard.doubled == 0, "{heard:?}");
    assert_eq!((heard.foreign, heard.malformed, heard.stamp_jumps, heard.sources), (0, 0, 0, 1));
    assert!(back.sent > 10 && back.not_sent == 0, "{back:?}");
    no_complaints(&[&a, &b]);
}

#[test]
fn the_callee_hangs_up_and_mu_law_is_spoken() {
    let pump = Pump::start().unwrap();
    let a = phone(&pump, "100", |s| s.source = Source::Tagged { who: 7, hz: 500 });
    let b = phone(&pump, "200", |s| s.codecs = vec![Codec::Pcmu]);
    let (caller, callee) = connected(&a, &b);
    assert!(callee.hears_tone(500, LIMIT), "{:?}", callee.hear());
    assert!(caller.hears_silence(LIMIT));
    callee.hang_up();
    assert_eq!(caller.wait_end(LIMIT), Some(EndedBy::Them));
    let tags = callee.hear().tags;
    assert_eq!((tags.who, tags.lost, tags.doubled), (Some(7), 0, 0));
    assert!(tags.received > 10, "{tags:?}");
    no_complaints(&[&a, &b]);
}

#[test]
fn keys_arrive_once_each() {
    let pump = Pump::start().unwrap();
    let (a, b) = (phone(&pump, "100", |_| ()), phone(&pump, "200", |_| ()));
    let (caller, callee) = connected(&a, &b);
    caller.press("1590*#");
    assert!(callee.hears_keys("1590*#", LIMIT), "{:?}", callee.hear());
    assert!(caller.wait_pressed(LIMIT));
    assert_eq!(callee.hear().key_faults, 0);
    no_complaints(&[&a, &b]);
}

#[test]
fn hold_stops_one_way_and_retrieve_brings_it_back() {
    let pump = Pump::start().unwrap();
    let a = phone(&pump, "100", |s| s.source = Source::tone(440));
    let b = phone(&pump, "200", |s| s.source = Source::tone(800));
    let (caller, callee) = connected(&a, &b);
    assert!(caller.hears_tone(800, LIMIT));
    assert!(caller.hold());
    assert_eq!(callee.wait_reinvited(1, LIMIT), Ok(Direction::SendOnly));
    assert!(!caller.hears_sound(Duration::from_millis(700)));
    assert!(callee.hears_tone(440, LIMIT));
    assert!(caller.retrieve());
    assert_eq!(callee.wait_reinvited(2, LIMIT), Ok(Direction::SendRecv));
    assert!(caller.hears_tone(800, LIMIT) && callee.hears_tone(440, LIMIT));
    assert!(callee.redirect(Direction::Inactive));
    assert!(!caller.hears_sound(Duration::from_millis(600)));
    no_complaints(&[&a, &b]);
}

#[test]
fn a_call_is_cancelled_refused_or_not_answered() {
    let pump = Pump::start().unwrap();
    let (a, b) = (phone(&pump, "100", |_| ()), phone(&pump, "200", |_| ()));
    let caller = a.call(&b.uri()).unwrap();
    let callee = b.wait_call(LIMIT).unwrap();
    caller.wait_progress(LIMIT).unwrap();
    caller.hang_up();
    assert_eq!(caller.wait_end(LIMIT), Some(EndedBy::GaveUp));
    assert_eq!(callee.wait_end(LIMIT), Some(EndedBy::Cancelled));
    for status in [486, 603] {
        b.set_incoming(Incoming::Refuse(status));
        let caller = a.call(&b.uri()).unwrap();
        assert_eq!(caller.wait_answer(LIMIT), Err(WaitError::Ended(EndedBy::Refused(status))));
    }
    let wrong = a.call(&b.uri().replace("200", "201")).unwrap();
    assert_eq!(wrong.wait_end(LIMIT), Some(EndedBy::Refused(404)));
    b.set_incoming(Incoming::Ignore);
    let caller = a.call(&b.uri()).unwrap();
    assert_eq!(caller.wait_answer(Duration::from_millis(700)), Err(WaitError::TimeUp));
    assert!(a.retransmitted() >= 1);
    no_complaints(&[&a, &b]);
}

#[test]
fn answer_by_header_and_by_time() {
    let pump = Pump::start().unwrap();
    let a = phone(&pump, "100", |_| ());
    let b = phone(&pump, "200", |s| s.answer_on_request = true);
    for (name, value) in [
        ("Call-Info", "<sip:127.0.0.1>;answer-after=0"),
        ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer"),
    ] {
        let caller = a.call_with(&b.uri(), vec![(name.to_owned(), value.to_owned())]).unwrap();
        caller.wait_answer(LIMIT).unwrap();
        caller.hang_up();
        assert_eq!(caller.wait_end(LIMIT), Some(EndedBy::Us));
    }
    b.set_incoming(Incoming::AnswerAfter(Duration::from_millis(50)));
    a.call(&b.uri()).unwrap().wait_answer(LIMIT).unwrap();
    no_complaints(&[&a, &b]);
}

#[test]
fn a_call_survives_a_lossy_network() {
    let pump = Pump::start().unwrap();
    let a = phone(&pump, "100", |s| s.loss_percent = 15);
    let b = phone(&pump, "200", |s| s.loss_percent = 15);
    for _ in 0..3 {
        let caller = a.call(&b.uri()).unwrap();
        let limit = Duration::from_secs(40);
        let callee = b.wait_call(limit).unwrap();
        callee.answer();
        caller.wait_answer(limit).unwrap();
        callee.wait_answer(limit).unwrap();
        callee.hang_up();
        assert!(caller.wait_end(limit).is_some() && callee.wait_end(limit).is_some());
    }
}

#[test]
fn phones_write_texts_to_each_other() {
    let pump = Pump::start().unwrap();
    let (a, b) = (phone(&pump, "100", |_| {}), phone(&pump, "200", |_| {}));
    assert_eq!(a.send_text(&b.uri(), "您好").unwrap(), 200);
    assert_eq!(b.wait_text(LIMIT), Some(("100".to_owned(), "您好".to_owned())));
    let (caller, callee) = connected(&a, &b);
    assert!(caller.replaces().is_some_and(|value| value.contains(";from-tag=")));
    // A phone itself follows no REFER.
    assert_eq!(caller.refer("sip:300@127.0.0.1"), 405);
    assert_eq!(caller.refer_silently("sip:300@127.0.0.1"), 405);
    assert_eq!(callee.refer_into(&callee), 405);
    caller.hang_up();
    assert_eq!(caller.wait_refer_end(1, LIMIT), Err(WaitError::Ended(EndedBy::Us)));
    no_complaints(&[&a, &b]);
}
