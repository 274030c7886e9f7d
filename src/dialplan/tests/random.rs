use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use crate::base::{FlowId, Instant, Key, Wall};
use crate::dialplan::{DialEnd, Facts, Flow, Flows, Input, QueueEvent, Step, TalkEnd, Walk};

use super::world::known;

const FLOW: &str = include_str!("../../../dialplans/fcg/12345.flow.yaml");
const CALENDARS: &str = include_str!("../../../dialplans/fcg/calendars.yaml");

fn flow() -> Arc<Flow> {
    let sources = vec![
        (PathBuf::from("fcg/calendars.yaml"), CALENDARS.to_owned()),
        (PathBuf::from("fcg/12345.flow.yaml"), FLOW.to_owned()),
    ];
    Flows::read(sources, &known()).unwrap().get(&FlowId::new("fcg/12345")).unwrap().clone()
}

/// An input that may come at any time, fitting or not.
fn any_input() -> impl Strategy<Value = Input> {
    prop_oneof![
        8 => (0u8..16).prop_map(|event| Input::Key(Key::from_event(event).unwrap())),
        8 => Just(Input::Played),
        8 => Just(Input::Deadline),
        1 => Just(Input::Begin),
        1 => Just(Input::Failed),
        2 => (0u32..50).prop_map(|place| Input::Queue(QueueEvent::Position(place))),
        2 => Just(Input::Queue(QueueEvent::Answered { agent_number: "8001".to_owned() })),
        1 => Just(Input::Queue(QueueEvent::Full)),
        1 => Just(Input::Queue(QueueEvent::Nobody)),
        1 => prop_oneof![
            Just(TalkEnd::AgentHungUp),
            Just(TalkEnd::CallerHungUp),
            Just(TalkEnd::Transferred),
            Just(TalkEnd::Failed)
        ]
        .prop_map(Input::Talk),
        2 => prop_oneof![
            Just(DialEnd::Answered),
            Just(DialEnd::Busy),
            Just(DialEnd::NoAnswer),
            Just(DialEnd::Failed),
            Just(DialEnd::Ended)
        ]
        .prop_map(Input::Dialled),
        1 => (0u64..10_000).prop_map(|length_ms| Input::Recorded { length_ms }),
    ]
}

/// The input that the world owes to a walk that said `out` last, so that each wait comes to an end.
fn owed(walk: &Walk, last: &[Step]) -> Input {
    match last.last() {
        Some(Step::Play { .. }) => Input::Played,
        Some(Step::Queue { .. } | Step::AskPosition | Step::Music { .. }) => {
            Input::Queue(QueueEvent::Nobody)
        }
        Some(Step::Bridge { .. }) => Input::Talk(TalkEnd::AgentHungUp),
        Some(Step::Dial(_)) => Input::Dialled(DialEnd::Failed),
        Some(Step::StopVoicemail) => Input::Recorded { length_ms: 5_000 },
        _ if walk.deadline().is_some() => Input::Deadline,
        _ => Input::Played,
    }
}

proptest! {
    #[test]
    fn a_walk_keeps_its_limits_and_ends(
        inputs in prop::collection::vec((any_input(), 0u64..20_000), 0..400),
    ) {
        let flow = flow();
        let mut now = Instant::from_micros(1);
        let wall = Wall::from_micros(1_800_000_000_000_000);
        let mut out = Vec::new();
        let mut walk = Walk::start(flow, Facts::default()).handle(now, wall, Input::Begin, &mut out);
        let mut answers = out.iter().filter(|step| **step == Step::Answer).count();
        for (input, ms) in inputs {
            let Some(on) = walk else { break };
            now = now + Duration::from_millis(ms);
            out.clear();
            walk = on.handle(now, wall, input, &mut out);
            answers += out.iter().filter(|step| **step == Step::Answer).count();
            prop_assert!(answers <= 1);
            prop_assert!(out.len() < 100);
            let ended = matches!(out.last(), Some(Step::Hangup { .. }));
            prop_assert_eq!(ended, walk.is_none());
            if let Some(on) = &walk {
                prop_assert!(on.steps() <= 200);
            }
        }
        // From wherever it is now, a world that does its part brings the walk to an end.
        for turn in 0..2_000 {
            let Some(on) = walk else { return Ok(()) };
            prop_assert!(on.steps() <= 200);
            let input = if turn % 3 == 2 {
                now = on.deadline().map_or(now, |at| at.max(now));
                Input::Deadline
            } else if turn % 7 == 6 {
                Input::Talk(TalkEnd::AgentHungUp)
            } else if turn % 7 == 5 {
                Input::Dialled(DialEnd::Ended)
            } else if turn % 7 == 4 {
                Input::Queue(QueueEvent::Nobody)
            } else {
                owed(&on, &out)
            };
            out.clear();
            walk = on.handle(now, wall, input, &mut out);
        }
        prop_assert!(walk.is_none(), "the walk does not end: {:?}", walk.map(|it| it.node().clone()));
    }

    #[test]
    fn a_damaged_flow_gives_faults_or_a_flow_but_no_panic(
        cuts in prop::collection::vec((0usize..8_000, 0usize..20, "[ \\-:{}\\[\\]\"a-z0-9,\n]{0,12}"), 1..6),
    ) {
        let mut text: Vec<char> = FLOW.chars().collect();
        for (at, length, patch) in cuts {
            let from = at.min(text.len());
            let to = (from + length).min(text.len());
            text.splice(from..to, patch.chars());
        }
        let text: String = text.into_iter().collect();
        let sources = vec![
            (PathBuf::from("fcg/calendars.yaml"), CALENDARS.to_owned()),
            (PathBuf::from("fcg/12345.flow.yaml"), text),
        ];
        if let Err(faults) = Flows::read(sources, &known()) {
            prop_assert!(!faults.0.is_empty() && faults.0.len() <= 100);
        }
    }

    #[test]
    fn any_characters_give_faults_but_no_panic(text in "\\PC{0,200}", other in "[ \\-:{}\\[\\]\"a-z0-9,&*!|>\n]{0,200}") {
        for text in [text, other] {
            for name in ["t/calendars.yaml", "t/a.flow.yaml"] {
                prop_assert!(Flows::read(vec![(PathBuf::from(name), text.clone())], &known()).is_err());
            }
        }
    }
}
