//! Sixty citizens at once, thirty agents: half of the citizens wait until somebody is free.

use std::collections::HashMap;
use std::fs;
use std::time::Duration;

use hotline::peer::fleet::{AnswerPlan, AnswerResult, Answerers, CallerPlan, place_calls};
use hotline::peer::{Credentials, EndedBy, Heard, Pump};
use serde_json::Value;

use crate::harness::{Place, Switch, raw_tracks, usual};

const CALLS: usize = 60;
const AGENTS: usize = 30;
const CITIZEN_HZ: u16 = 440;
const AGENT_HZ: u16 = 800;
/// Packets under way when a side hangs up: sent by one, no longer counted by the other.
const UNDER_WAY: u64 = 3;

/// The usual configuration with thirty agents, who are ready again at once.
fn config(place: Place, dialplans: &str) -> String {
    let mut text = usual(place)
        .replace("dialplans = \"dialplans\"", &format!("dialplans = \"{dialplans}\""))
        .replace("wrap_up = \"2s\"", "wrap_up = \"0s\"");
    let numbers = text.find("[[number]]").expect("numbers");
    text.truncate(numbers);
    text += "[[number]]\ncalled = \"12345\"\nflow = \"fcg/load\"\n";
    for agent in 8004..8001 + AGENTS {
        text += &format!(
            "[[account]]\nid = \"{agent}\"\npassword = \"secret-{agent}\"\n\
             [[agent]]\nid = \"{agent}\"\nqueues = [\"complaint\"]\n"
        );
    }
    text
}

/// Welcome, menu, queue, recorded talk: the shipped flow without what surrounds the talk.
const FLOW: &str = "
schema: ivr/1
flow: fcg-load
revision: 1
start: welcome
on_error: end
languages: [zh-CN]
nodes:
  welcome: { do: play, prompts: [welcome], interruptible: true, next: menu }
  menu: { do: menu, prompts: [menu-main], keys: { '1': queue }, timeout: 6s, tries: 2, timeout_goto: end,
    invalid: { prompts: [invalid-key], goto: again } }
  queue: { do: queue, queue: complaint, answered: agent, full: end, nobody: end }
  agent: { do: bridge, record: true, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

fn sixty_calls(talk: Duration) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::create_dir(folder.path().join("fcg")).expect("a folder");
    fs::write(folder.path().join("fcg/load.flow.yaml"), FLOW).expect("the flow is written");
    let place = Place::new();
    let config = config(place, &folder.path().display().to_string());
    let switch = Switch::start_with(&config, "");
    let pump = Pump::start().expect("a pump");
    let numbers = 8001..8001 + AGENTS;
    let mut agents = AnswerPlan::new(place.sip(21));
    agents.registrar = Some(switch.sip());
    agents.users = numbers
        .clone()
        .map(|agent| Credentials::new(&agent.to_string(), &format!("secret-{agent}")))
        .collect();
    agents.talk = Some(talk);
    agents.voice = Some(AGENT_HZ);
    agents.listen_hz = vec![CITIZEN_HZ];
    let agents = Answerers::start(agents, &pump).expect("the agents' phones");
    assert!(agents.wait_registered(Duration::from_secs(30)), "{}", agents.registered());
    for agent in numbers {
        switch.ready(&agent.to_string());
    }
    let target = format!("sip:12345@{}", switch.sip());
    let mut citizens = CallerPlan::new(place.sip(11), &target, CALLS, 20.0);
    citizens.keys = vec![(Duration::from_millis(1_500), "1".to_owned())];
    citizens.stay = talk * 3 + Duration::from_secs(60);
    citizens.voice = Some(CITIZEN_HZ);
    citizens.listen_hz = vec![AGENT_HZ];
    let prefix = citizens.number_prefix.clone();
    let report = place_calls(&citizens, &pump).expect("the citizens call");
    let (answers, complaints) = agents.stop();

    assert_eq!((report.answered(), answers.len()), (CALLS, CALLS), "{report}");
    assert_eq!((&report.complaints, &complaints), (&Vec::new(), &Vec::new()));
    assert_eq!(report.at_once_max, CALLS, "all at once: {report}");
    assert!(report.calls.iter().all(|call| call.ended == Some(EndedBy::Them)), "{report}");
    assert_eq!(report.heard_both_ways(&answers, CITIZEN_HZ, AGENT_HZ), CALLS, "{report}");

    let cdrs = switch.cdrs(CALLS);
    assert_eq!(cdrs.len(), CALLS);
    let of: HashMap<&str, &Value> = cdrs
        .iter()
        .map(|cdr| {
            let caller = cdr["caller"].as_str().expect("a caller");
            (&caller[caller.len() - 4..], cdr)
        })
        .collect();
    for call in &report.calls {
        let number = format!("{:04}", call.index);
        let cdr = of[&*number];
        assert!(cdr["caller"].as_str().is_some_and(|n| n.ends_with(&format!("{prefix}{number}"))));
        assert_eq!((&cdr["cause"], &cdr["ended_by"]), (&"answered".into(), &"agent".into()));
        let answer = answers
            .iter()
            .find(|answer| answer.heard.tags.who == Some(call.index as u32))
            .expect("the agent's side");
        nothing_lost(cdr, &call.heard, answer);
        recorded(&switch, cdr, &call.heard, &answer.heard);
    }
    let waited = cdrs.iter().filter(|cdr| cdr["wait_ms"].as_u64() > Some(1_000)).count();
    assert!(waited >= CALLS - AGENTS - 5, "{waited} citizens waited for a free agent");
    println!("{report}");
}

/// The engine counted what the phones counted, and between the phones no packet is missing.
fn nothing_lost(cdr: &Value, citizen: &Heard, answer: &AnswerResult) {
    for (heard, party) in
        [(citizen, "caller".to_owned()), (&answer.heard, format!("agent:{}", answer.called))]
    {
        let legs = cdr["legs"].as_array().expect("legs");
        let leg = legs.iter().find(|leg| leg["party"] == *party).expect("a leg of this party");
        let count = |key: &str| leg[key].as_u64().expect("a count");
        let all = format!("{party}\n{heard:?}\n{leg}");
        assert_eq!(
            (heard.lost, heard.doubled, heard.foreign, heard.malformed),
            (0, 0, 0, 0),
            "{all}"
        );
        assert_eq!((heard.tags.lost, heard.tags.doubled, count("lost")), (0, 0, 0), "{all}");
        assert!(heard.sent - count("received") <= UNDER_WAY, "{all}");
        assert!(count("sent") - heard.received <= UNDER_WAY, "{all}");
    }
}

/// The recording is as long as the talk, and each track has its party's packets, in order, and no
/// other's. (Their marks can be found in the A-law bytes; where the recorder mends drift it may cut
/// one in two.)
fn recorded(switch: &Switch, cdr: &Value, citizen: &Heard, agent: &Heard) {
    let id = cdr["recording"].as_str().expect("a recording");
    let [left, right] = raw_tracks(&switch.download(&format!("/v1/recordings/{id}/audio.wav")));
    let talk = cdr["talk_ms"].as_u64().expect("a time");
    let ms = left.len() as u64 / 8;
    assert!(talk.abs_diff(ms) < 40, "{ms} ms recorded: {cdr}");
    // What the one said is what the other heard.
    for (track, said) in [(&left, agent.tags.who), (&right, citizen.tags.who)] {
        let marks = marks(track);
        assert!(marks.iter().all(|(who, _)| Some(*who) == said), "{said:?}: {marks:?}");
        assert!(marks.is_sorted_by_key(|(_, number)| *number), "{marks:?}");
        let (first, last) = (marks[0].1, marks[marks.len() - 1].1);
        let packets = u64::from(last - first) + 1;
        assert!(packets * 20 + 300 > talk, "{packets} packets in {talk} ms");
        assert!(marks.len() as u64 + packets / 50 >= packets, "{} of {packets}", marks.len());
    }
}

/// Who and which packet, of the marks in a track.
fn marks(track: &[u8]) -> Vec<(u32, u32)> {
    let number = |at: usize| {
        track.get(at..at + 4).map(|four| u32::from_be_bytes(four.try_into().expect("four")))
    };
    let at = (0..track.len()).filter(|at| track[*at..].starts_with(b"\xaahotltag"));
    at.filter_map(|at| number(at + 8).zip(number(at + 12))).collect()
}

#[test]
fn sixty_calls_at_once_lose_nothing_and_are_all_recorded() {
    sixty_calls(Duration::from_secs(6));
}

#[test]
#[ignore = "two minutes: part of make bench"]
fn sixty_long_calls_at_once_lose_nothing_and_are_all_recorded() {
    sixty_calls(Duration::from_secs(60));
}
