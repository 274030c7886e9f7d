use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hotline::peer::fleet::{AnswerPlan, Answerers, CallerPlan, FleetReport, place_calls};
use hotline::peer::{Credentials, Pump};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Place, Switch, usual};

/// A guard against hanging.
const GUARD: Duration = Duration::from_secs(30);
/// What the caller of a fleet says, and what its agent does, in Hz.
pub(crate) const CALLER_HZ: u16 = 440;
pub(crate) const AGENT_HZ: u16 = 800;

/// Straight into the queue and to an agent, recorded from the first second.
const QUICK: &str = "\
schema: ivr/1
flow: fcg-quick
revision: 1
start: q
on_error: end
languages: [zh-CN]
nodes:
  q: { do: queue, queue: quick, answered: agent, full: end, nobody: end }
  agent: { do: bridge, record: true, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

/// An engine with a queue `quick` (called as `quick`) that agents 8101, 8102 … serve.
pub(crate) struct Stage {
    pub(crate) switch: Switch,
    pub(crate) pump: Pump,
    pub(crate) agents: usize,
    _flows: TempDir,
}

impl Stage {
    /// A running engine with so many agents.
    pub(crate) fn start(agents: usize) -> Self {
        let mut stage = Self::prepare(agents, "");
        stage.switch.run();
        stage
    }

    /// Everything but the start, with `more` lines of configuration.
    pub(crate) fn prepare(agents: usize, more: &str) -> Self {
        let flows = tempfile::tempdir().expect("a temporary folder");
        let folder = flows.path().join("fcg");
        fs::create_dir(&folder).expect("a folder of flows");
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("dialplans/fcg");
        for entry in fs::read_dir(shipped).expect("the shipped flows") {
            let path = entry.expect("a shipped flow").path();
            fs::copy(&path, folder.join(path.file_name().expect("a name"))).expect("copied");
        }
        fs::write(folder.join("quick.flow.yaml"), QUICK).expect("a flow");
        let mut config = usual(Place::new()).replace(
            "dialplans = \"dialplans\"",
            &format!("dialplans = \"{}\"", flows.path().display()),
        );
        config += "[[queue]]\nid = \"quick\"\nwrap_up = \"1s\"\nring = \"5s\"\n\
                   [[number]]\ncalled = \"quick\"\nflow = \"fcg/quick\"\n";
        for number in 0..agents {
            let agent = agent(number);
            config += &format!(
                "[[account]]\nid = \"{agent}\"\npassword = \"secret-{agent}\"\n\
                 [[agent]]\nid = \"{agent}\"\nqueues = [\"quick\"]\n"
            );
        }
        let switch = Switch::prepare(&config, more);
        Self { switch, pump: Pump::start().expect("a pump"), agents, _flows: flows }
    }

    /// The agents' phones, registered; a talk ends after `talk` at the latest.
    pub(crate) fn phones(&self, talk: Duration) -> Answerers {
        let mut plan = AnswerPlan::new(self.switch.place.at(12, 5070));
        plan.registrar = Some(self.switch.sip());
        plan.users = (0..self.agents)
            .map(|number| Credentials {
                user: agent(number),
                password: format!("secret-{}", agent(number)),
                algorithm: None,
            })
            .collect();
        plan.talk = Some(talk);
        let phones = Answerers::start(plan, &self.pump).expect("phones");
        assert!(phones.wait_registered(GUARD), "phones register:\n{}", self.switch.log());
        phones
    }

    /// All agents sign in and are ready.
    pub(crate) fn ready(&self) {
        for number in 0..self.agents {
            self.switch.ready(&agent(number));
        }
    }

    /// Callers of `quick` who stay for `stay`; they call at once.
    pub(crate) fn call(&self, calls: usize, stay: Duration) -> JoinHandle<FleetReport> {
        self.call_at(SocketAddr::from((self.switch.place.ip(11), 0)), calls, stay)
    }

    fn call_at(&self, bind: SocketAddr, calls: usize, stay: Duration) -> JoinHandle<FleetReport> {
        let target = format!("sip:quick@{}", self.switch.sip());
        let mut plan = CallerPlan::new(bind, &target, calls, 50.0);
        plan.stay = stay;
        let pump = self.pump.clone();
        std::thread::spawn(move || place_calls(&plan, &pump).expect("calls"))
    }

    /// Waits until so many calls talk.
    pub(crate) fn talking(&self, calls: usize) {
        self.switch.until(&format!("{calls} talks"), |switch| {
            (in_phase(switch, "talking") == calls).then_some(())
        });
    }

    /// Waits until nothing is up.
    pub(crate) fn quiet(&self) {
        self.switch.until("the end of all calls", |switch| live(switch).is_empty().then_some(()));
    }

    /// Limits how long any file of the running engine may get (`None`: no limit): the disk is full
    /// for everything behind it.
    pub(crate) fn limit_files(&self, bytes: Option<u64>) {
        let limit = bytes.map_or("unlimited".to_owned(), |bytes| bytes.to_string());
        let done = Command::new("prlimit")
            .args(["--pid", &self.switch.pid().to_string(), &format!("--fsize={limit}:")])
            .status()
            .expect("prlimit of util-linux runs");
        assert!(done.success(), "prlimit");
    }

    /// The longest file of a folder below the data folder.
    pub(crate) fn longest(&self, folder: &str) -> u64 {
        longest(&self.switch.data().join(folder))
    }

    /// Starts the engine with its log through a pipe, so that a limit of files does not touch it.
    pub(crate) fn run_piped(&mut self) {
        self.run_piped_under(Command::new(env!("CARGO_BIN_EXE_hotline")));
    }

    /// The same where no file can get longer than nothing, from before the first line of the engine's
    /// code: its disk is full when it starts.
    pub(crate) fn run_on_full_disk(&mut self) {
        let mut command = Command::new("prlimit");
        command.args(["--fsize=0:", env!("CARGO_BIN_EXE_hotline")]);
        self.run_piped_under(command);
    }

    fn run_piped_under(&mut self, command: Command) {
        let (mut reader, writer) = std::io::pipe().expect("a pipe");
        let path = self.switch.log_path();
        std::thread::spawn(move || {
            let mut log = fs::OpenOptions::new().append(true).create(true).open(path)?;
            let mut buffer = [0; 4096];
            loop {
                match reader.read(&mut buffer)? {
                    0 => return std::io::Result::Ok(()),
                    length => log.write_all(&buffer[..length])?,
                }
            }
        });
        self.switch.run_under(command, move |command| {
            command.stderr(writer);
        });
    }
}

/// The short name of the agent `number`.
pub(crate) fn agent(number: usize) -> String {
    format!("{}", 8101 + number)
}

/// The calls that are up.
pub(crate) fn live(switch: &Switch) -> Vec<Value> {
    let (status, body) = switch.get("/v1/calls/live");
    assert_eq!(status, 200, "{body}");
    let rows = if body.is_array() { &body } else { &body["rows"] };
    rows.as_array().cloned().unwrap_or_default()
}

/// How many calls are in a phase.
pub(crate) fn in_phase(switch: &Switch, phase: &str) -> usize {
    live(switch).iter().filter(|call| call["phase"] == phase).count()
}

/// Every event from the very first, and that their numbers have no gap and no repetition.
pub(crate) fn events(switch: &Switch) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    loop {
        let after = all.last().map_or(0, |event| event["number"].as_u64().expect("a number"));
        let (status, page) = switch.get(&format!("/v1/events/page?limit=1000&after={after}"));
        assert_eq!(status, 200, "{page}");
        let rows = page["rows"].as_array().expect("rows");
        if rows.is_empty() {
            break;
        }
        all.extend(rows.iter().cloned());
    }
    for (at, event) in all.iter().enumerate() {
        assert_eq!(event["number"], at + 1, "the numbers count up by one");
    }
    let ids: std::collections::HashSet<_> = all.iter().map(|event| event["id"].as_str()).collect();
    assert_eq!(ids.len(), all.len(), "an id is there twice");
    all
}

/// CDRs by their cause.
pub(crate) fn causes(cdrs: &[Value]) -> BTreeMap<String, usize> {
    let mut causes = BTreeMap::new();
    for cdr in cdrs {
        *causes.entry(cdr["cause"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
    }
    causes
}

/// Every call that arrived has exactly one CDR.
pub(crate) fn one_cdr_each(events: &[Value]) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event["type"] == "call_arrived") {
        counts.insert(event["call"].as_str().expect("a call"), 0);
    }
    for event in events.iter().filter(|event| event["type"] == "cdr") {
        *counts.entry(event["call"].as_str().expect("a call")).or_default() += 1;
    }
    let wrong: Vec<_> = counts.iter().filter(|(_, count)| **count != 1).collect();
    assert!(wrong.is_empty(), "calls without exactly one CDR: {wrong:?}");
}

/// Waits until an alarm is up (or no longer); returns what `/health` says.
pub(crate) fn alarm(switch: &Switch, id: &str, up: bool) -> Value {
    switch.until(&format!("alarm {id}: {up}"), |switch| {
        let (_, health) = switch.get("/health");
        let is_up = health["alarms"].as_array()?.iter().any(|alarm| alarm == id);
        let degraded = health["status"] == "degraded";
        assert_eq!(degraded, !health["alarms"].as_array()?.is_empty(), "{health}");
        (is_up == up).then_some(health)
    })
}

/// Waits until no alarm is up.
pub(crate) fn well(switch: &Switch) {
    switch.until("health without alarm", |switch| {
        (switch.get("/health").1["status"] == "ok").then_some(())
    });
}

/// The alarm's events, in order: whether each was its end.
pub(crate) fn alarm_events(events: &[Value], id: &str) -> Vec<bool> {
    let of = events.iter().filter(|event| event["type"] == "alarm" && event["alarm"] == id);
    of.map(|event| event["cleared"].as_bool().expect("cleared")).collect()
}

/// µs since the Unix epoch.
pub(crate) fn wall() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_micros()).expect("before 300,000")
}

fn longest(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).map(|entries| entries.flatten().collect::<Vec<_>>());
    let of = |path: PathBuf| match fs::metadata(&path) {
        Ok(data) if data.is_dir() => longest(&path),
        Ok(data) if path.file_name().is_some_and(|name| name != "reserve") => data.len(),
        _ => 0,
    };
    entries.unwrap_or_default().into_iter().map(|entry| of(entry.path())).max().unwrap_or(0)
}
