use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use crate::base::Faults;
use crate::call::{AnswerBy, Settings};
use crate::config;
use crate::dialplan::{Flows, Known};
use crate::media::{Ports, PromptId, Prompts};
use crate::sim::Plan;

/// Where everybody is.
pub(crate) const ENGINE: SocketAddr = at(10, 0, 0, 1);
pub(crate) const CARRIER: SocketAddr = at(10, 0, 1, 1);
pub(crate) const OUTSIDE: SocketAddr = at(10, 0, 2, 1);
pub(crate) const STRANGER: SocketAddr = at(203, 0, 113, 9);

const fn at(a: u8, b: u8, c: u8, d: u8) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(a, b, c, d)), 5060)
}

/// The phone of an agent.
pub(crate) fn phone(agent: usize) -> SocketAddr {
    let [.., high, low] = u32::try_from(agent + 1).unwrap_or(0).to_be_bytes();
    at(10, 1, high, low)
}

pub(crate) fn agent_name(agent: usize) -> String {
    format!("a{:04}", agent + 1)
}

pub(crate) fn password(agent: usize) -> String {
    format!("secret-{}", agent + 1)
}

/// Each way to answer is some agent's; which one is the first agent's depends on the seed.
pub(crate) fn answer_by(plan: &Plan, agent: usize) -> AnswerBy {
    let ways = [AnswerBy::Hand, AnswerBy::NotifyTalk, AnswerBy::AutoAnswer, AnswerBy::OpenLeg];
    let first = usize::try_from(plan.seed % 4).unwrap_or(0);
    ways[(first + agent) % 4]
}

/// Whether the agent's phone speaks TCP: every third does.
pub(crate) fn by_tcp(plan: &Plan, agent: usize) -> bool {
    (plan.seed / 4 + agent as u64) % 3 == 1
}

/// Whether the agent's phone tells a private address: every other that speaks TCP does.
pub(crate) fn is_hidden(plan: &Plan, agent: usize) -> bool {
    by_tcp(plan, agent) && (plan.seed + agent as u64).is_multiple_of(2)
}

/// How the settings differ after a reload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Edition {
    First,
    /// The last agent is gone, the queue `small` is gone, rings are shorter.
    Second,
}

/// The configuration, as an operator would write it.
pub(crate) fn settings(plan: &Plan, edition: Edition) -> Result<Arc<Settings>, Faults> {
    let second = edition == Edition::Second;
    let mut text = format!(
        "[tenant]\nid = \"fcg\"\narea_code = \"0770\"\nlanguage = \"zh-CN\"\nboxes = [\"fcg-main\"]\n\
         [sip]\nrealm = \"hotline\"\n[[sip.listen]]\ntransport = \"udp\"\nbind = \"{ENGINE}\"\n\
         [[sip.listen]]\ntransport = \"tcp\"\nbind = \"{ENGINE}\"\n\
         [media]\nbind = \"{}\"\n[lists]\nblock = [\"+8613900000000\"]\nvip = [\"+8613900000001\"]\n\
         [[trunk]]\nid = \"carrier\"\naddress = \"{CARRIER}\"\nkeepalive = false\nchannels = {}\nnumbers = [\"077012345\"]\n\
         [[trunk]]\nid = \"emergency\"\naddress = \"{OUTSIDE}\"\nkeepalive = true\nchannels = 4\nreserve = 1\n\
         may_pass_original_caller = true\n",
        ENGINE.ip(),
        plan.channels,
    );
    let wrap_up = plan.wrap_up.as_secs();
    let ring = if second { 12 } else { 20 };
    let mut queues = vec![("complaint", 50), ("consult", 50), ("all", 200), ("small", 2)];
    if second {
        queues.pop();
    }
    for (queue, capacity) in &queues {
        let _ = write!(
            text,
            "[[queue]]\nid = \"{queue}\"\ncapacity = {capacity}\nwrap_up = \"{wrap_up}s\"\nring = \"{ring}s\"\n"
        );
    }
    let agents = if second { plan.agents.saturating_sub(1) } else { plan.agents };
    let served: Vec<String> = queues.iter().map(|(queue, _)| format!("\"{queue}\"")).collect();
    for agent in 0..agents {
        let (name, password) = (agent_name(agent), password(agent));
        let number = 1_001 + agent;
        let answer = match answer_by(plan, agent) {
            AnswerBy::Hand => "hand",
            AnswerBy::NotifyTalk => "notify-talk",
            AnswerBy::AutoAnswer => "auto-answer",
            AnswerBy::OpenLeg => "open-leg",
        };
        let served = served.join(", ");
        let _ = write!(
            text,
            "[[account]]\nid = \"{name}\"\npassword = \"{password}\"\n\
             [[agent]]\nid = \"{name}\"\nnumber = \"{number}\"\nqueues = [{served}]\nanswer = \"{answer}\"\n"
        );
    }
    for (called, flow) in [
        ("12345", "fcg/12345"),
        ("12346", "fcg/direct"),
        ("12347", "sim/rush"),
        ("12348", "sim/through"),
        ("9196", "fcg/echo"),
    ] {
        let _ = write!(text, "[[number]]\ncalled = \"{called}\"\nflow = \"{flow}\"\n");
    }
    let _ = write!(text, "[limits]\ncall = \"{}s\"\n", plan.call_limit.as_secs());
    config::read(Path::new("sim.toml"), &text).map(|config| Arc::new(config.call))
}

/// The flows that the project ships, and one that leads everywhere in a minute.
pub(crate) fn flows() -> Result<Arc<Flows>, Faults> {
    let files = [
        ("fcg/12345.flow.yaml", include_str!("../../dialplans/fcg/12345.flow.yaml")),
        ("fcg/direct.flow.yaml", include_str!("../../dialplans/fcg/direct.flow.yaml")),
        ("fcg/echo.flow.yaml", include_str!("../../dialplans/fcg/echo.flow.yaml")),
        ("fcg/calendars.yaml", include_str!("../../dialplans/fcg/calendars.yaml")),
        ("sim/through.flow.yaml", include_str!("flows/through.flow.yaml")),
        ("sim/rush.flow.yaml", include_str!("flows/rush.flow.yaml")),
    ];
    let sources = files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned()));
    Flows::read(sources.collect(), &Known::default()).map(Arc::new)
}

/// The ports of two workers.
pub(crate) fn ports(plan: &Plan) -> Ports {
    let ports: Vec<u16> = (0..plan.ports).map(|n| 20_000 + 2 * n).collect();
    let (one, two) = ports.split_at(ports.len() / 2);
    Ports::new(vec![one.to_vec(), two.to_vec()], std::time::Duration::from_secs(2))
}

/// Prompts that are as long as spoken ones and silent, made once for all runs.
#[derive(Clone, Debug)]
pub(crate) struct Voices {
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) names: Arc<BTreeMap<PromptId, String>>,
}

pub(crate) fn voices() -> Voices {
    static VOICES: OnceLock<Voices> = OnceLock::new();
    VOICES.get_or_init(speak).clone()
}

/// Prompts and their length, ms.
const SPOKEN: [(&str, u64); 24] = [
    ("welcome", 4_000),
    ("welcome-short", 1_500),
    ("recording-notice", 3_000),
    ("emergency-hint", 2_500),
    ("menu-main", 6_000),
    ("invalid-key", 1_500),
    ("agent-no", 700),
    ("at-your-service", 900),
    ("survey", 5_000),
    ("thanks", 1_500),
    ("transfer-110", 2_000),
    ("transfer-failed", 2_500),
    ("transfer-agent", 1_500),
    ("after-hours", 4_000),
    ("all-busy", 3_000),
    ("refused", 2_000),
    ("system-error", 2_000),
    ("goodbye", 1_000),
    ("echo-intro", 2_000),
    ("message-saved", 1_000),
    ("leave-message", 2_000),
    ("queue-position-1", 1_500),
    ("queue-busy", 1_800),
    ("digit/1-yao", 350),
];

fn speak() -> Voices {
    let mut files = vec![(String::new(), "moh/default".to_owned(), 20_000)];
    for language in ["zh-CN", "en"] {
        let mut add = |id: String, ms: u64| files.push((language.to_owned(), id, ms));
        SPOKEN.iter().for_each(|(id, ms)| add((*id).to_owned(), *ms));
        (0..=9).for_each(|n| add(format!("digit/{n}"), 350));
        (0..=100).for_each(|n| add(format!("num/{n}"), 600));
        (1..=30).for_each(|n| add(format!("ahead/{n}"), 1_200));
    }
    let wav: Vec<Vec<u8>> = files.iter().map(|(_, _, ms)| wav(*ms)).collect();
    let named = files.iter().zip(&wav).map(|((language, id, _), wav)| (language, id, wav));
    let prompts = Prompts::build(named).unwrap_or_default();
    let names = files
        .iter()
        .filter_map(|(language, id, _)| Some((prompts.find(language, id)?, id.clone())))
        .collect();
    Voices { prompts: Arc::new(prompts), names: Arc::new(names) }
}

/// Silence in A-law as a WAV file.
fn wav(ms: u64) -> Vec<u8> {
    let samples = u32::try_from(ms * 8).unwrap_or(0);
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(samples + 36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    for value in [6_u16, 1] {
        file.extend_from_slice(&value.to_le_bytes());
    }
    for value in [8_000_u32, 8_000] {
        file.extend_from_slice(&value.to_le_bytes());
    }
    for value in [1_u16, 8] {
        file.extend_from_slice(&value.to_le_bytes());
    }
    file.extend_from_slice(b"data");
    file.extend_from_slice(&samples.to_le_bytes());
    file.resize(44 + usize::try_from(samples).unwrap_or(0), 0xD5);
    file
}
