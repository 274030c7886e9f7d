use std::time::Duration;

use hotline::peer::Incoming;
use socket2::{Domain, Protocol, Socket, Type};

use crate::harness::cannot;
use crate::sipp::cdr::{check_times, end, fields};
use crate::sipp::stage::{ECHO, FILE_TONE, LIMIT, Stage, TONE};

const AT_ONCE: Incoming = Incoming::AnswerAfter(Duration::ZERO);

/// sipp's own RFC 4733 events need raw sockets; the next test shows keys without.
#[test]
fn sipp_presses_keys_in_the_menu_and_in_the_survey() {
    if Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)).is_err() {
        cannot("sipp sends keys by a raw socket, and there are none here (not root)");
        return;
    }
    let stage = Stage::new();
    let agent = stage.agent("8001", AT_ONCE);
    let carrier = stage.carrier("carrier-presses-keys", "12345", &["-d", "11000", ECHO[0]]);
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    talk.hang_up();
    carrier.ends_well();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered agent 8001 0", "{cdr}");
    assert_eq!(fields(cdr, &["rating", "survey_invited", "queue"]), "1 true all", "{cdr}");
    assert_eq!(cdr["keys"], "05", "{cdr}");
    check_times(cdr);
}

#[test]
fn a_citizen_presses_keys_by_rfc_4733() {
    let stage = Stage::new();
    let agent = stage.agent("8001", AT_ONCE);
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12345");
    assert_eq!(call.wait_answer(LIMIT), Ok(()));
    assert!(call.hears_sound(LIMIT));
    // It cuts the welcome and counts in the menu behind it.
    call.press("0");
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    assert!(call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
    talk.hang_up();
    assert!(call.hears_sound(LIMIT));
    call.press("5");
    call.wait_end(LIMIT).expect("the switch ends the call");
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered agent 8001 0", "{cdr}");
    assert_eq!(fields(cdr, &["rating", "survey_invited", "queue"]), "1 true all", "{cdr}");
    assert_eq!(cdr["keys"], "05", "{cdr}");
    check_times(cdr);
}

#[test]
fn keys_as_tones_in_the_audio_count_too() {
    let stage = Stage::new();
    let agent = stage.agent("8001", AT_ONCE);
    let carrier = stage.carrier("carrier-presses-keys-in-band", "12345", &["-d", "6000"]);
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(talk.hears_tone(FILE_TONE, LIMIT), "{:?}", talk.hear());
    carrier.ends_well();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8001 0", "{cdr}");
    assert_eq!(fields(cdr, &["queue", "rating"]), "all null", "{cdr}");
    // The other way: what the engine sent to the carrier while they talked.
    let legs = cdr["legs"].as_array().expect("legs");
    assert!(legs.iter().all(|leg| leg["sent"].as_u64() > Some(50)), "{cdr}");
    check_times(cdr);
}
