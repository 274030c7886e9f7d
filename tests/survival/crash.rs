use std::collections::HashSet;
use std::time::{Duration, Instant};

use hotline::peer::{Incoming, Phone, PhoneSettings, RegisterState, Source};
use serde_json::Value;

use crate::survival::sound::Sound;
use crate::survival::stage::{self, AGENT_HZ, CALLER_HZ, Stage};
use crate::survival::times;

const GUARD: Duration = Duration::from_secs(20);
const CALLS: usize = 20;
/// R15 says 2 s; this is the guard.
const BACK: Duration = Duration::from_secs(20);
/// R17: what of a recording may be lost, in s.
const LOST_MAX: f64 = 1.0;

/// R16, R17, R18, and that the event numbers go on: `kill -9` in the midst of recorded calls.
#[test]
fn calls_that_a_crash_ends_have_their_records() {
    let mut stage = Stage::start(CALLS);
    let stay = Duration::from_secs(5);
    let phones = stage.phones(stay + Duration::from_secs(1));
    let rounds = times(3, 20);
    for round in 1..=rounds {
        let before = stage::events(&stage.switch).len();
        stage.ready();
        let callers = stage.call(CALLS, stay);
        stage.talking(CALLS);
        std::thread::sleep(Duration::from_millis(900 + 600 * (round as u64 % 4)));

        let killed = stage::wall();
        stage.switch.kill();
        let from = Instant::now();
        stage.switch.run();
        let back = from.elapsed();
        assert!(back < BACK, "back after {back:?}");

        let cdrs = stage.switch.cdrs(round * CALLS);
        let cdrs = &cdrs[..CALLS];
        let worst = check_cdrs(&stage, cdrs, killed);
        check_agents(&stage);
        let events = stage::events(&stage.switch);
        assert!(events.len() > before, "the numbers go on");
        stage::one_cdr_each(&events);
        println!("round {round}: back after {back:?}, at most {worst:.2} s of a recording lost");
        // The engine knows nothing of these calls: BYE gets 481, and the phones are free again.
        let report = callers.join().expect("the callers");
        assert_eq!(report.answered(), CALLS);
        std::thread::sleep(Duration::from_millis(1_500));
    }
    assert_eq!(phones.registered(), CALLS as u64, "no phone registered anew (R18)");
}

/// Every call was closed, and its recording plays to the last second; returns how much was lost at most.
fn check_cdrs(stage: &Stage, cdrs: &[Value], killed: i64) -> f64 {
    let mut agents = HashSet::new();
    let mut worst = 0.0_f64;
    for cdr in cdrs {
        assert_eq!((&cdr["cause"], &cdr["ended_by"]), (&"crash".into(), &"system".into()), "{cdr}");
        let time = |key: &str| cdr[key].as_i64().unwrap_or_else(|| panic!("no {key}: {cdr}"));
        let times = ["t_in", "t_ivr", "t_req", "t_offer", "t_ans", "t_talk_end", "t_end"].map(time);
        assert!(times.is_sorted(), "{cdr}");
        assert!(time("t_end") <= killed, "it was not up after {killed}: {cdr}");
        agents.insert(cdr["agent"].as_str().expect("an agent").to_owned());

        assert_eq!(cdr["caller_kind"], "mobile", "{cdr}");
        assert!(cdr["flow"].as_str().is_some_and(|flow| flow.contains('@')), "{cdr}");
        let talked = (killed - time("t_ans")) as f64 / 1e6;
        if cdr["recording"].is_null() {
            // Not one block of it was written: the record promises nothing.
            assert!(talked <= LOST_MAX, "{talked:.3} s are lost: {cdr}");
            worst = worst.max(talked);
            continue;
        }
        let sound = Sound::of(&stage.switch, cdr);
        let lost = talked - sound.seconds();
        worst = worst.max(lost);
        assert!(lost <= LOST_MAX, "{lost:.3} s of {talked:.3} s are lost: {cdr}");
        let end = sound.seconds();
        if end >= 0.4 {
            let from = (end - 0.3).max(0.2);
            for (track, hz, other) in [(0, CALLER_HZ, AGENT_HZ), (1, AGENT_HZ, CALLER_HZ)] {
                let heard = sound.has(track, hz, other, from, end);
                let (loud, shifts) = (sound.profile(track), sound.shifts(track));
                assert!(heard, "{hz} Hz at the end: {loud:?} {shifts:?}: {cdr}");
            }
        }
        check_length(stage, cdr, &sound);
    }
    assert_eq!(agents.len(), cdrs.len(), "each call had an agent of its own");
    worst
}

/// The list of recordings and the CDR tell the length that the sound has.
fn check_length(stage: &Stage, cdr: &Value, sound: &Sound) {
    if sound.seconds() == 0.0 {
        return;
    }
    let call = cdr["call"].as_str().expect("a call");
    let (_, page) = stage.switch.get(&format!("/v1/recordings?call={call}"));
    let told = page["rows"][0]["length_ms"].as_f64().unwrap_or_else(|| panic!("{page}"));
    assert!((told / 1e3 - sound.seconds()).abs() < 0.001, "{told} ms is not {}", sound.seconds());
    let talk = cdr["talk_ms"].as_f64().expect("talk_ms") / 1e3;
    assert!((talk - sound.seconds()).abs() < 0.5, "talk {talk} s, recording {}", sound.seconds());
}

/// Nobody is left in a call that is gone.
fn check_agents(stage: &Stage) {
    assert!(stage::live(&stage.switch).is_empty(), "no call is up");
    for number in 0..stage.agents {
        let (status, agent) = stage.switch.get(&format!("/v1/agents/{}", stage::agent(number)));
        assert_eq!(status, 200, "{agent}");
        assert_eq!((&agent["state"], &agent["call"]), (&"idle".into(), &Value::Null), "{agent}");
        assert_eq!(agent["status"], "signed_out", "{agent}");
        assert_eq!(agent["reachable"], true, "its phone is still registered: {agent}");
    }
}

/// R18, and that the RTP of calls that died disturbs no new one: the old parties go on sending to
/// ports that new calls take.
#[test]
fn a_phone_is_reached_after_a_crash_without_registering_anew() {
    let mut stage = Stage::start(1);
    let place = stage.switch.place;
    let phone = Phone::start(PhoneSettings {
        bind: place.at(12, 0),
        server: Some(stage.switch.sip()),
        password: Some("secret-8101".into()),
        incoming: Incoming::AnswerAfter(Duration::ZERO),
        source: Source::tone(AGENT_HZ),
        listen_hz: vec![CALLER_HZ, 1_300],
        ..PhoneSettings::new("8101")
    })
    .expect("a phone");
    assert_eq!(phone.register(GUARD), RegisterState::On { times: 1 });
    let caller = |hz: u16| {
        let settings = PhoneSettings {
            bind: place.at(11, 0),
            source: Source::tone(hz),
            listen_hz: vec![AGENT_HZ],
            ..PhoneSettings::new("13800138000")
        };
        let caller = Phone::start(settings).expect("a caller");
        let call = caller.call(&format!("sip:quick@{}", stage.switch.sip())).expect("a call");
        (caller, call)
    };
    stage.switch.ready("8101");
    let (_old, dead) = caller(CALLER_HZ);
    dead.wait_answer(GUARD).expect("answered");
    stage.talking(1);
    stage.switch.kill();
    stage.switch.run();

    stage.switch.ready("8101");
    let place_new = || {
        let settings = PhoneSettings {
            bind: place.at(11, 0),
            source: Source::tone(1_300),
            listen_hz: vec![AGENT_HZ],
            ..PhoneSettings::new("13800138001")
        };
        let caller = Phone::start(settings).expect("a caller");
        let call = caller.call(&format!("sip:quick@{}", stage.switch.sip())).expect("a call");
        (caller, call)
    };
    let (_new, alive) = place_new();
    alive.wait_answer(GUARD).expect("answered");
    stage.talking(1);
    assert!(dead.is_up(), "the old caller has noticed nothing and still sends");
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(
        phone.wait_registered(Duration::ZERO, |_| true),
        RegisterState::On { times: 1 },
        "without a new REGISTER"
    );
    alive.hang_up();
    alive.wait_end(GUARD).expect("ended");
    let cdr = stage.switch.cdrs(2).remove(0);
    assert_eq!(cdr["cause"], "answered", "{cdr}");
    let sound = Sound::of(&stage.switch, &cdr);
    let new = sound.has(0, 1_300, CALLER_HZ, 0.3, 1.8);
    assert!(new, "the new caller, not the old one: {:?}", sound.profile(0));
    assert!(sound.has(1, AGENT_HZ, CALLER_HZ, 0.3, 1.8), "the agent");
    let heard = alive.view().heard.expect("what the caller heard");
    assert!(heard.tone_windows(AGENT_HZ) >= 12, "{heard:?}");
}
