//! The nodes of a flow over real sockets: what a caller meets before, in and behind a queue. What is
//! heard is compared byte for byte with the shipped prompts.

use std::fmt::Write as _;
use std::time::Duration;

use hotline::peer::{EndedBy, Incoming, Phone, PhoneSettings, Source};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::harness::tracks;
use crate::sipp::cdr::{check_times, end, fields, number};
use crate::sipp::ear::{Ear, press};
use crate::sipp::stage::{LIMIT, Stage, TONE};
use crate::torture::raw::Up;

const AT_ONCE: Incoming = Incoming::AnswerAfter(Duration::ZERO);

/// A flow of these nodes.
fn flow(name: &str, start: &str, nodes: &str) -> String {
    format!(
        "schema: ivr/1\nflow: fcg-{name}\nrevision: 1\nstart: {start}\non_error: end\n\
         languages: [zh-CN]\nvars: {{ code: \"\" }}\nnodes:\n{nodes}  end: {{ do: hangup }}\n"
    )
}

fn up(stage: &Stage, called: &str) -> (Up, Ear) {
    let caller = Up::new(&stage.switch, stage.switch.place.at(11, 0), called);
    let ear = Ear::new(&caller.rtp);
    (caller, ear)
}

/// The only message in the box.
fn message(stage: &Stage) -> Value {
    stage.switch.until("the message", |switch| {
        let (status, page) = switch.get("/v1/voicemail?box=fcg-main");
        assert_eq!(status, 200, "{page}");
        page["rows"].as_array()?.first().cloned()
    })
}

#[test]
fn a_message_is_recorded_listed_and_played() {
    let leave = "  leave: { do: voicemail, box: fcg-main, max: 30s, min: 500ms, prompts: [digit/1], \
                 saved: [digit/2], next: end }\n";
    let stage = Stage::with_flows(&[("leave", "12395", &flow("leave", "leave", leave))], |c| c);
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12395");
    assert_eq!(call.wait_answer(LIMIT), Ok(()));
    // The prompt, the beep, and silence: now it records.
    assert!(call.hears_sound(LIMIT));
    assert!(call.hears_silence(LIMIT) || !call.is_up());
    std::thread::sleep(Duration::from_secs(2));
    call.press("#");
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Them));
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "voicemail flow null 0", "{cdr}");
    let message = message(&stage);
    assert_eq!(fields(&message, &["box", "tenant"]), "fcg-main fcg", "{message}");
    assert_eq!(message["call"], cdr["call"], "{message}");
    let length = number(&message, "length_ms").expect("a length");
    assert!(length >= 1_500, "{message}");
    let id = message["recording"].as_str().expect("a recording");
    let [said, _] = tracks(&stage.switch.download(&format!("/v1/recordings/{id}/audio.wav")));
    assert!((i64::try_from(said.ms()).expect("short") - length).abs() <= 20, "{} ms", said.ms());
    // All of it but the key is what the citizen said.
    // Short windows: the drift correction of a recording may bend a tone by a hundredth.
    let windows = said.ms() / 20;
    let good = (0..windows).filter(|n| said.share(n * 20..n * 20 + 20, TONE) > 0.5).count();
    assert!((windows - good) * 20 <= 600, "{good} of {windows} windows, {:?}", said.gaps(20));
    let (_, page) = stage.switch.get("/v1/voicemail?box=nobodys");
    assert_eq!(page["rows"], Value::Array(Vec::new()));
}

#[test]
fn who_waits_too_long_is_moved_to_another_queue_and_then_to_the_box() {
    let nodes = "  first:\n    do: queue\n    queue: consult\n    announce: { music: moh/default }\n    \
                 overflow:\n      - { after: 1s, goto_queue: quick }\n      \
                 - { after: 4s, goto: leave }\n    answered: talk\n    full: end\n    nobody: end\n  \
                 talk: { do: bridge, agent_hangup: end, transferred: end }\n  \
                 leave: { do: voicemail, box: fcg-main, min: 500ms, prompts: [digit/1], \
                 saved: [digit/2], next: end }\n";
    let stage = Stage::with_flows(&[("over", "12395", &flow("over", "first", nodes))], |c| c);
    // Somebody serves the first queue, but is not ready; the second has nobody ready yet.
    for agent in ["8001", "8101"] {
        stage.switch.post(&format!("/v1/agents/{agent}/sign-in"), &Value::Null);
    }
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12395");
    let place = |queue: &str| {
        stage.switch.until(queue, |switch| {
            let (_, live) = switch.get("/v1/calls/live");
            (live["rows"][0]["queue"] == queue).then_some(())
        });
    };
    place("consult");
    place("quick");
    let agent = stage.agent("8102", AT_ONCE);
    let talk = agent.wait_call(LIMIT).expect("an agent of the second queue rings");
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    call.hang_up();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8102 0", "{cdr}");
    assert_eq!(cdr["queue"], "quick", "{cdr}");
    assert!(number(cdr, "wait_ms") >= Some(1_000), "the clock is the first one: {cdr}");
    check_times(cdr);

    // Nobody at all: the box.
    stage.switch.post("/v1/agents/8102/not-ready", &serde_json::json!({ "reason": "lunch" }));
    let (caller, ear) = up(&stage, "12395");
    assert!(ear.hears("zh-CN/digit/1"), "the way to the box");
    std::thread::sleep(Duration::from_millis(1_500));
    caller.hang_up();
    let cdr = &stage.switch.cdrs(2)[0];
    assert_eq!(end(cdr), "voicemail caller null 0", "{cdr}");
    assert!(number(cdr, "wait_ms") >= Some(4_000), "{cdr}");
}

#[test]
fn the_place_in_the_queue_is_heard_and_so_is_the_music() {
    let nodes = "  wait:\n    do: queue\n    queue: quick\n    \
                 announce: { position: true, every: 10s, music: moh/default }\n    \
                 answered: talk\n    full: end\n    nobody: end\n  \
                 talk: { do: bridge, before: { say: [ { prompt: agent-no }, { digits: \"{agent.no}\" } ] }, \
                 agent_hangup: end, transferred: end }\n";
    let stage = Stage::with_flows(&[("place", "12395", &flow("place", "wait", nodes))], |c| c);
    stage.switch.post("/v1/agents/8101/sign-in", &Value::Null);
    let (first, ear) = up(&stage, "12395");
    assert!(ear.hears("zh-CN/queue-position-1"), "you are next");
    let (second, other) = up(&stage, "12395");
    assert!(other.hears("zh-CN/ahead/1"), "one is before you");
    assert!(!other.has_heard("zh-CN/queue-position-1"));
    for ear in [&ear, &other] {
        assert!(ear.hears_part_of("moh/default"), "music");
    }
    // The first is served, and hears by whom; the second moves up.
    let agent = stage.agent("8102", AT_ONCE);
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(ear.hears("zh-CN/agent-no"), "who speaks");
    assert!(ear.hears("zh-CN/digit/8") && ear.hears("zh-CN/digit/2"), "8102");
    assert!(ear.hears_tone(TONE), "the agent");
    assert!(other.hears("zh-CN/queue-position-1"), "moved up, told at the next turn");
    talk.hang_up();
    let cdr = stage.switch.cdrs(1).remove(0);
    assert_eq!(cdr["sip_call_id"], first.names.call_id, "{cdr}");
    second.hang_up();
}

#[test]
fn hours_sentences_and_digits_lead_a_caller_on() {
    let mut nodes = String::new();
    for line in [
        "hours: { do: calendar, calendar: hotline, open: day, closed: wrong }",
        "day: { do: calendar, calendar: feast, open: wrong, closed: wrong, holiday: tell }",
        "tell: { do: say, parts: [ { prompt: agent-no }, { digits: \"30\" }, { prompt: thanks } ], next: ask }",
        "ask: { do: collect, prompts: [digit/5], min: 3, max: 4, timeout: 5s, tries: 3, retry: [invalid-key], into: code, ok: by_code, fail: wrong }",
        "by_code: { do: branch, cases: [ { when: { vars: { code: [\"42\", \"427\"] } }, goto: right } ], else: wrong }",
        "right: { do: play, prompts: [welcome-short], next: end }",
        "wrong: { do: play, prompts: [system-error], next: end }",
    ] {
        writeln!(nodes, "  {line}").expect("text grows");
    }
    let flows = [("hours", "12395", &*flow("hours", "hours", &nodes))];
    let stage = Stage::with_flows(&flows, |config| {
        let folder = config.split("dialplans = \"").nth(1).and_then(|rest| rest.split('"').next());
        let file = std::path::Path::new(folder.expect("a folder")).join("fcg/calendars.yaml");
        let text = std::fs::read_to_string(&file).expect("calendars");
        let day = |hours: i64| {
            let day = Timestamp::now() + SignedDuration::from_hours(hours);
            day.strftime("%Y-%m-%d").to_string()
        };
        let (from, to) = (day(-48), day(48));
        let feast = format!(
            "  feast:\n    zone: Asia/Shanghai\n    week: {{ mon-sun: [00:00-24:00] }}\n    \
             holidays: [ {{ name: 长假, from: \"{from}\", to: \"{to}\" }} ]\n"
        );
        std::fs::write(&file, text + &feast).expect("written");
        config
    });
    let (caller, ear) = up(&stage, "12395");
    for part in ["agent-no", "digit/3", "digit/0", "thanks", "digit/5"] {
        assert!(ear.hears(&format!("zh-CN/{part}")), "{part}");
    }
    let mut sequence = 100;
    let mut keys = |keys: &str| {
        for key in keys.bytes() {
            press(&caller.rtp, caller.far, &mut sequence, key);
        }
    };
    // Too few digits: said so, asked again.
    keys("4#");
    assert!(ear.hears("zh-CN/invalid-key"), "too few");
    assert!(!ear.has_heard("zh-CN/welcome-short"));
    std::thread::sleep(Duration::from_millis(500));
    keys("427#");
    assert!(ear.hears("zh-CN/welcome-short"), "the right code");
    assert!(!ear.has_heard("zh-CN/system-error"));
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "self-served flow null 0", "{cdr}");
}

const HELP: &str = "  help:
    do: transfer
    prompts: [digit/1]
    trunk: emergency
    number: \"110\"
    mode: blind
    caller_id: original
    headers: { X-Case: \"{call.id}\" }
    reserve: emergency
    ring: 5s
    ok: thank
    fail: sorry
  thank: { do: play, prompts: [digit/3], next: end }
  sorry: { do: play, prompts: [digit/9], next: wait }
  wait: { do: queue, queue: quick, answered: talk, full: end, nobody: end }
  talk: { do: bridge, agent_hangup: end, transferred: end }
";

#[test]
fn a_transfer_to_110_succeeds_or_a_human_keeps_the_caller() {
    let stage = Stage::with_flows(&[("help", "12395", &flow("help", "help", HELP))], |c| c);
    let mut settings = PhoneSettings::new("110");
    settings.bind = stage.switch.place.sip(13);
    settings.incoming = AT_ONCE;
    settings.source = Source::tone(700);
    settings.listen_hz = vec![TONE];
    let police = Phone::start(settings).expect("a phone starts");
    let citizen = stage.citizen();
    let call = stage.call(&citizen, "12395");
    let talk = police.wait_call(LIMIT).expect("110 rings");
    assert_eq!(talk.caller().number.trim_start_matches("+86"), "13900139000", "its own number");
    let case = talk.caller().header("X-Case").expect("the case").to_owned();
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    assert!(call.hears_tone(700, LIMIT), "{:?}", call.hear());
    talk.hang_up();
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Them));
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!((&cdr["call"], &cdr["agent"]), (&Value::from(case), &Value::Null), "{cdr}");
    assert_eq!(cdr["cause"], "answered", "{cdr}");
    assert!(cdr["legs"].as_array().is_some_and(|legs| legs.len() == 2), "{cdr}");

    // Busy, silent, gone: an agent takes the caller.
    let agent = stage.agent("8102", AT_ONCE);
    for (count, manner) in [(2, Incoming::Refuse(486)), (3, Incoming::Ring)] {
        police.set_incoming(manner);
        let (caller, ear) = up(&stage, "12395");
        assert!(ear.hears("zh-CN/digit/9"), "{manner:?}");
        let talk = agent.wait_call(LIMIT).expect("an agent rings");
        assert!(ear.hears_tone(TONE), "{manner:?}: the agent is heard");
        talk.hang_up();
        let cdr = &stage.switch.cdrs(count)[0];
        assert_eq!(cdr["sip_call_id"], caller.names.call_id, "{cdr}");
        assert_eq!(end(cdr), "answered agent 8102 0", "{manner:?}: {cdr}");
        assert_eq!(cdr["queue"], "quick", "{cdr}");
        check_times(cdr);
    }
    assert_eq!(police.complaints(), Vec::<String>::new());
}
