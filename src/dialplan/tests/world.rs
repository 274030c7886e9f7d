use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{BoxId, FlowId, Instant, Key, QueueId, TrunkId, Wall};
use crate::dialplan::{Facts, Flow, Flows, Input, Known, Prompt, Step, Walk};
use crate::say::Language;

/// The prompts that the project ships, in both languages.
const FIXED: &str = "welcome welcome-short recording-notice emergency-hint menu-main menu-lang \
                     invalid-key transfer-110 transfer-agent transfer-failed queue-busy \
                     queue-position-1 agent-no at-your-service after-hours all-busy leave-message \
                     message-saved message-too-short survey thanks goodbye refused system-error \
                     echo-intro demo-intro";

/// The configuration that the shipped flows are written for.
pub(super) fn known() -> Known {
    let ids = |language: &str| {
        let mut ids: BTreeSet<Arc<str>> = FIXED.split_whitespace().map(Arc::from).collect();
        ids.extend(crate::say::ids(Language::of(language)).into_iter().map(Arc::from));
        ids
    };
    let prompts: BTreeMap<Arc<str>, _> =
        ["zh-CN", "en"].into_iter().map(|name| (Arc::from(name), ids(name))).collect();
    Known {
        queues: Some(["complaint", "consult", "all"].into_iter().map(QueueId::new).collect()),
        trunks: Some(["emergency", "carrier", "sipp"].into_iter().map(TrunkId::new).collect()),
        boxes: Some(BTreeSet::from([BoxId::new("fcg-main")])),
        lists: Some(["block", "vip"].into_iter().map(Arc::from).collect()),
        prompts: Some(prompts),
        music: Some(BTreeSet::from([Arc::from("moh/default")])),
    }
}

/// Reads one flow; its faults as they are printed.
pub(super) fn read(text: &str) -> Result<Arc<Flow>, Vec<String>> {
    let sources = vec![
        (PathBuf::from("t/calendars.yaml"), CALENDARS.to_owned()),
        (PathBuf::from("t/a.flow.yaml"), text.to_owned()),
    ];
    match Flows::read(sources, &known()) {
        Ok(flows) => Ok(flows.get(&FlowId::new("t/a")).unwrap().clone()),
        Err(faults) => Err(faults.0.iter().map(ToString::to_string).collect()),
    }
}

const CALENDARS: &str = "\
schema: calendars/1
calendars:
  office:
    week: { mon-fri: [08:00-18:00] }
    holidays: [ { name: x, date: 2026-10-01 } ]
";

/// A flow with these nodes; the first one is the start, `end` hangs up and is there already.
pub(super) fn flow_of(nodes: &str) -> String {
    let start = nodes.trim_start().split(':').next().unwrap();
    format!(
        "schema: ivr/1\nflow: t-a\nrevision: 1\nstart: {start}\non_error: end\n\
         vars: {{ lang: zh-CN, note: \"\" }}\nnodes:\n{nodes}\n  end: {{ do: hangup }}\n\
         global_keys: {{ \"*\": repeat, \"A\": language }}\n"
    )
}

/// A walk with a clock, told as a story.
pub(super) struct Story {
    walk: Option<Walk>,
    now: Instant,
    wall: Wall,
}

impl Story {
    /// Begins in the flow of these nodes with these facts, and says what comes first.
    pub(super) fn of(nodes: &str, facts: Facts) -> (Self, Vec<String>) {
        let flow = read(&flow_of(nodes)).unwrap_or_else(|faults| panic!("{}", faults.join("\n")));
        Self::begin(flow, facts)
    }

    pub(super) fn begin(flow: Arc<Flow>, facts: Facts) -> (Self, Vec<String>) {
        // A Monday, 09:00 in Beijing.
        let at: jiff::Timestamp = "2026-03-02T09:00:00+08:00".parse().unwrap();
        let wall = Wall::from_micros(at.as_microsecond());
        let now = Instant::from_micros(1_000_000_000);
        let mut story = Self { walk: Some(Walk::start(flow, facts)), now, wall };
        let first = story.tell(Input::Begin);
        (story, first)
    }

    /// Gives one input and says which steps follow.
    pub(super) fn tell(&mut self, input: Input) -> Vec<String> {
        let walk = self.walk.take().expect("the walk has ended");
        let mut out = Vec::new();
        self.walk = walk.handle(self.now, self.wall, input, &mut out);
        let ended = matches!(out.last(), Some(Step::Hangup { .. }));
        assert_eq!(ended, self.walk.is_none(), "the walk ends with a hangup and only so");
        out.iter().map(shown).collect()
    }

    pub(super) fn key(&mut self, key: char) -> Vec<String> {
        self.tell(Input::Key(Key::try_from(key).unwrap()))
    }

    /// Presses keys of which only the last has an effect that is shown.
    pub(super) fn keys(&mut self, keys: &str) -> Vec<String> {
        let mut last = Vec::new();
        for key in keys.chars() {
            last = self.key(key);
        }
        last
    }

    pub(super) fn played(&mut self) -> Vec<String> {
        self.tell(Input::Played)
    }

    /// Lets time pass to the deadline, which must be this far away, and tells it.
    pub(super) fn after(&mut self, seconds: f64) -> Vec<String> {
        let deadline = self.walk().deadline().expect("nothing is waited for");
        let expected = self.now + Duration::from_secs_f64(seconds);
        assert_eq!(deadline, expected, "the deadline is in {:?}", deadline.since(self.now));
        self.sleep(seconds);
        self.tell(Input::Deadline)
    }

    pub(super) fn sleep(&mut self, seconds: f64) {
        let time = Duration::from_secs_f64(seconds);
        self.now = self.now + time;
        self.wall = self.wall.after(time);
    }

    pub(super) fn walk(&self) -> &Walk {
        self.walk.as_ref().expect("the walk has ended")
    }

    pub(super) fn node(&self) -> &str {
        self.walk().node()
    }
}

/// A step in few words.
fn shown(step: &Step) -> String {
    match step {
        Step::Answer => "answer".to_owned(),
        Step::Play { prompts, cut_by_key } => {
            format!("play{} {}", if *cut_by_key { "|" } else { "" }, ids(prompts))
        }
        Step::StopPlaying => "stop".to_owned(),
        Step::Music { id } => format!("music {id}"),
        Step::Queue { queue, priority, moved } => {
            format!("queue {queue} {priority}{}", if *moved { " moved" } else { "" })
        }
        Step::LeaveQueue => "leave".to_owned(),
        Step::AskPosition => "position?".to_owned(),
        Step::Bridge { before, record } => {
            format!("bridge [{}]{}", ids(before), if *record { " record" } else { "" })
        }
        Step::Dial(dial) => {
            format!(
                "dial {} {:?} {}s{}{}{}{}",
                dial.trunk,
                dial.target,
                dial.ring.as_secs(),
                if dial.record { " record" } else { "" },
                if dial.emergency { " emergency" } else { "" },
                if dial.transfer { " transfer" } else { "" },
                dial.headers
                    .iter()
                    .fold(String::new(), |all, (name, value)| format!("{all} {name}={value}")),
            )
        }
        Step::StopDial => "stop-dial".to_owned(),
        Step::SurveyInvited => "survey".to_owned(),
        Step::Rate { score } => format!("rate {score}"),
        Step::Voicemail { r#box, max, min } => {
            format!("record {box} {}s {}ms", max.as_secs(), min.as_millis(), box = r#box)
        }
        Step::StopVoicemail => "stop-record".to_owned(),
        Step::Echo => "echo".to_owned(),
        Step::Tone { tone } => format!("tone {tone:?}"),
        Step::Fault { node, what } => format!("fault {node}: {what}"),
        Step::Hangup { status, refused } => {
            format!("hangup {status}{}", if *refused { " refused" } else { "" })
        }
    }
}

/// Ids; those that are not Chinese with their language.
fn ids(prompts: &[Prompt]) -> String {
    let one = |prompt: &Prompt| match &*prompt.language {
        "zh-CN" => prompt.id.to_string(),
        other => format!("{other}:{}", prompt.id),
    };
    prompts.iter().map(one).collect::<Vec<_>>().join(" ")
}
