//! C3: the agent's software answers, by whatever way the phone knows; C1 beside it.

use hotline::peer::{Incoming, Phone, PhoneSettings, RegisterState, Source};
use serde_json::Value;

use crate::sipp::cdr::end;
use crate::sipp::stage::{LIMIT, Stage, TONE};

/// A queue whose phones ring until they are answered, each in another way.
const AGENTS: &str = "\
[[queue]]\nid = \"calm\"\nring = \"60s\"\nwrap_up = \"0s\"\n\
[[account]]\nid = \"8111\"\npassword = \"secret-8111\"\n\
[[agent]]\nid = \"8111\"\nqueues = [\"calm\"]\nanswer = \"notify-talk\"\n\
[[account]]\nid = \"8112\"\npassword = \"secret-8112\"\n\
[[agent]]\nid = \"8112\"\nqueues = [\"calm\"]\nanswer = \"auto-answer\"\n\
[[account]]\nid = \"8113\"\npassword = \"secret-8113\"\n\
[[agent]]\nid = \"8113\"\nqueues = [\"calm\"]\n";

const CALM: &str = "\
schema: ivr/1
flow: fcg-calm
revision: 1
start: wait
on_error: end
languages: [zh-CN]
nodes:
  wait: { do: queue, queue: calm, answered: talk, full: end, nobody: end }
  talk: { do: bridge, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

fn calm() -> Stage {
    Stage::with_flows(&[("calm", "12396", CALM)], |config| config + AGENTS)
}

/// The phone of an agent, which rings until it is asked to answer by what it knows.
fn phone(stage: &Stage, agent: &str, change: impl FnOnce(&mut PhoneSettings)) -> Phone {
    let mut settings = PhoneSettings::new(agent);
    settings.bind = stage.switch.place.at(31, 0);
    settings.server = Some(stage.switch.sip());
    settings.password = Some(format!("secret-{agent}"));
    settings.incoming = Incoming::Ring;
    settings.source = Source::tone(700);
    settings.listen_hz = vec![TONE];
    change(&mut settings);
    let phone = Phone::start(settings).expect("a phone starts");
    assert!(matches!(phone.register(LIMIT), RegisterState::On { .. }));
    stage.switch.ready(agent);
    phone
}

/// Waits until the phone of the agent rings, and answers from software.
fn answer(stage: &Stage, agent: &str) -> (u16, Value) {
    stage.switch.until("ringing", |switch| {
        (switch.get(&format!("/v1/agents/{agent}")).1["state"] == "ringing").then_some(())
    });
    stage.switch.post(&format!("/v1/agents/{agent}/answer"), &Value::Null)
}

#[test]
fn a_phone_that_knows_notify_talk_is_answered_from_software() {
    let stage = calm();
    let phone = phone(&stage, "8111", |settings| settings.answer_on_talk = true);
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12396");
    let talk = phone.wait_call(LIMIT).expect("it rings");
    let (status, body) = answer(&stage, "8111");
    assert_eq!(status, 204, "{body}");
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    assert!(call.hears_tone(700, LIMIT), "{:?}", call.hear());
    call.hang_up();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8111 0", "{cdr}");
    assert_eq!(phone.complaints(), Vec::<String>::new());
}

#[test]
fn a_phone_that_knows_auto_answer_is_called_anew_and_picks_up() {
    let stage = calm();
    let phone = phone(&stage, "8112", |settings| settings.answer_on_request = true);
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12396");
    let ring = phone.wait_call(LIMIT).expect("it rings");
    assert!(!ring.is_up(), "nobody asked it to pick up yet");
    let (status, body) = answer(&stage, "8112");
    assert_eq!(status, 204, "{body}");
    let talk = phone.wait_call(LIMIT).expect("it is called again");
    assert!(talk.caller().header("Call-Info").is_some_and(|info| info.contains("answer-after=0")));
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    assert!(call.hears_tone(700, LIMIT), "{:?}", call.hear());
    assert!(ring.wait_end(LIMIT).is_some(), "the first one is gone");
    call.hang_up();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8112 0", "{cdr}");
    assert_eq!(cdr["offers"], 1, "it is the same offer: {cdr}");
    assert_eq!(phone.complaints(), Vec::<String>::new());
}

#[test]
fn a_phone_that_cannot_be_answered_from_software_is_named_and_rings_on() {
    let stage = calm();
    let phone = phone(&stage, "8113", |_| {});
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12396");
    let ring = phone.wait_call(LIMIT).expect("it rings");
    let (status, body) = answer(&stage, "8113");
    assert_eq!(status, 409, "{body}");
    let detail = body["detail"].as_str().expect("a detail");
    assert!(detail.contains("8113") && detail.contains("notify-talk"), "{detail}");
    ring.answer();
    assert!(ring.hears_tone(TONE, LIMIT), "{:?}", ring.hear());
    assert!(call.hears_tone(700, LIMIT), "{:?}", call.hear());
    // Answering what talks already is no less an error, and an agent without a call has none.
    let (status, body) = stage.switch.post("/v1/agents/8113/answer", &Value::Null);
    assert_eq!(status, 409, "{body}");
    let (status, body) = stage.switch.post("/v1/agents/8101/answer", &Value::Null);
    assert_eq!(status, 409, "{body}");
    assert!(body["detail"].as_str().is_some_and(|detail| detail.contains("8101")), "{body}");
    // C1: the software hangs up.
    let (status, body) = stage.switch.post("/v1/agents/8113/hang-up", &Value::Null);
    assert_eq!(status, 204, "{body}");
    ring.wait_end(LIMIT).expect("it ends");
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(cdr["agent"], "8113", "{cdr}");
}
