use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::Place;

/// How long anything may take that should take no time: a guard against hanging, no measurement.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// The token of the API.
pub const TOKEN: &str = "token-of-the-tests-0123456789";

/// The engine, as an operator runs it: `hotline run --config …`. It is killed when dropped.
///
/// Addresses: the engine is `.10`, the carrier's trunk `.11`, the line to 110 `.13`; agents' phones
/// may be anywhere.
pub struct Switch {
    pub place: Place,
    child: Option<Child>,
    folder: TempDir,
    client: reqwest::blocking::Client,
}

impl Switch {
    /// Starts an engine with the usual configuration and `more` lines of TOML behind it.
    pub fn start(more: &str) -> Self {
        Self::start_with(&usual(Place::new()), more)
    }

    /// Starts an engine with this configuration.
    pub fn start_with(config: &str, more: &str) -> Self {
        let mut switch = Self::prepare(config, more);
        switch.run();
        switch
    }

    /// Everything but the start.
    pub fn prepare(config: &str, more: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = folder.path().join("data").display().to_string();
        let config = config.replace("data = \"data\"", &format!("data = \"{data}\""));
        fs::write(folder.path().join("hotline.toml"), format!("{config}\n{more}"))
            .expect("the configuration is written");
        let client =
            reqwest::blocking::Client::builder().timeout(PATIENCE).build().expect("an HTTP client");
        Self { place: Place::new(), child: None, folder, client }
    }

    /// Starts the process and waits until its API answers.
    pub fn run(&mut self) {
        self.run_as(|_| {});
    }

    /// The same, with what `change` does to the command before.
    pub fn run_as(&mut self, change: impl FnOnce(&mut Command)) {
        self.run_under(Command::new(env!("CARGO_BIN_EXE_hotline")), change);
    }

    /// The same by another program, which the engine's program and arguments are given to.
    pub fn run_under(&mut self, command: Command, change: impl FnOnce(&mut Command)) {
        self.spawn_under(command, change);
        self.wait();
    }

    /// Starts the process and waits for nothing.
    pub fn spawn(&mut self) {
        self.spawn_under(Command::new(env!("CARGO_BIN_EXE_hotline")), |_| {});
    }

    fn spawn_under(&mut self, mut command: Command, change: impl FnOnce(&mut Command)) {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))
            .expect("the log is opened");
        command
            .args(["run", "--config"])
            .arg(self.folder.path().join("hotline.toml"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .env("RUST_LOG", "info")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        change(&mut command);
        self.child = Some(command.spawn().expect("the engine starts"));
    }

    /// Waits until the API of a process that was started answers.
    pub fn wait(&mut self) {
        let until = Instant::now() + PATIENCE;
        while self.client.get(self.url("/health")).send().is_err() {
            let child = self.child.as_mut().expect("it runs");
            if let Ok(Some(status)) = child.try_wait() {
                panic!("the engine ended with {status}:\n{}", self.log());
            }
            assert!(Instant::now() < until, "the engine's API does not answer:\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Where it takes SIP.
    pub fn sip(&self) -> SocketAddr {
        self.place.sip(10)
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Its configuration file.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("hotline.toml")
    }

    /// What it has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Where it logs.
    pub fn log_path(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("it runs").id()
    }

    /// A URL of its API.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.place.at(10, 8080))
    }

    /// GET; status and JSON.
    pub fn get(&self, path: &str) -> (u16, Value) {
        let answer = self.client.get(self.url(path)).bearer_auth(TOKEN).send();
        let answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.log()));
        let status = answer.status().as_u16();
        (status, answer.json().unwrap_or(Value::Null))
    }

    /// GET; the bytes of a 200.
    pub fn download(&self, path: &str) -> Vec<u8> {
        let answer = self.client.get(self.url(path)).bearer_auth(TOKEN).send().expect("GET");
        assert_eq!(answer.status().as_u16(), 200, "GET {path}");
        answer.bytes().expect("a body").to_vec()
    }

    /// GET; status and the whole answer as text.
    pub fn text(&self, path: &str) -> (u16, String) {
        let answer = self.client.get(self.url(path)).bearer_auth(TOKEN).send();
        let answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}\n{}", self.log()));
        (answer.status().as_u16(), answer.text().unwrap_or_default())
    }

    /// POST with a JSON body; status and JSON.
    pub fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.client.post(self.url(path)).bearer_auth(TOKEN).json(body).send();
        let answer = answer.unwrap_or_else(|error| panic!("POST {path}: {error}\n{}", self.log()));
        let status = answer.status().as_u16();
        (status, answer.json().unwrap_or(Value::Null))
    }

    /// Signs an agent in and makes it ready.
    pub fn ready(&self, agent: &str) {
        for step in ["sign-in", "ready"] {
            let (status, body) = self.post(&format!("/v1/agents/{agent}/{step}"), &Value::Null);
            assert!(status < 300, "{step} of {agent}: {status} {body}");
        }
    }

    /// Looks until `find` finds something; panics with `what` and the log when it never does.
    pub fn until<T>(&self, what: &str, mut find: impl FnMut(&Self) -> Option<T>) -> T {
        let until = Instant::now() + PATIENCE;
        loop {
            if let Some(found) = find(self) {
                return found;
            }
            assert!(Instant::now() < until, "{what} did not come about:\n{}", self.log());
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Waits until `count` calls have ended and have their records, and returns these CDRs, the newest
    /// first.
    pub fn cdrs(&self, count: usize) -> Vec<Value> {
        self.until(&format!("the records of {count} calls"), |switch| {
            let (_, page) = switch.get("/v1/calls?limit=500");
            let rows = page["rows"].as_array()?;
            let items: Vec<Value> = rows.iter().map(|row| row["cdr"].clone()).collect();
            (items.len() >= count).then_some(items)
        })
    }

    /// The process ends as by a power cut.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("the engine is killed");
            child.wait().expect("the engine is gone");
        }
    }

    /// SIGTERM; returns how long the engine took to end in order.
    pub fn terminate(&mut self) -> Duration {
        let mut child = self.child.take().expect("it runs");
        let from = Instant::now();
        let killed = Command::new("kill").arg(child.id().to_string()).status();
        assert!(killed.expect("kill runs").success());
        let status = child.wait().expect("the engine ends");
        assert!(status.success(), "the engine ended with {status}:\n{}", self.log());
        from.elapsed()
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- the engine's log ---\n{}", self.log());
        }
        self.kill();
    }
}

/// The usual configuration at a place.
pub fn usual(place: Place) -> String {
    let mut text = format!(
        r#"
[node]
data = "data"
dialplans = "dialplans"

[api]
listen = "{api}"
[[api.token]]
name = "tests"
secret = "{TOKEN}"

[tenant]
id = "fcg"
area_code = "0770"
boxes = ["fcg-main"]

[[sip.listen]]
transport = "udp"
bind = "{sip}"
[[sip.listen]]
transport = "tcp"
bind = "{sip}"

[media]
bind = "{ip}"
ports = [20000, 20999]

[[trunk]]
id = "carrier"
address = "{carrier}"
sources = ["{carrier_ip}"]
keepalive = false
numbers = ["077012345"]

[[trunk]]
id = "emergency"
address = "{emergency}"
keepalive = false
channels = 4
may_pass_original_caller = true
"#,
        api = place.at(10, 8080),
        sip = place.sip(10),
        ip = place.ip(10),
        carrier = place.sip(11),
        carrier_ip = place.ip(11),
        emergency = place.sip(13),
    );
    for queue in ["complaint", "consult", "all"] {
        text += &format!("[[queue]]\nid = \"{queue}\"\nwrap_up = \"2s\"\nring = \"5s\"\n");
    }
    for agent in 8001..=8003 {
        text += &format!(
            "[[account]]\nid = \"{agent}\"\npassword = \"secret-{agent}\"\n\
             [[agent]]\nid = \"{agent}\"\nnumber = \"{agent}\"\n\
             queues = [\"complaint\", \"consult\", \"all\"]\n"
        );
    }
    for (called, flow) in
        [("12345", "12345"), ("12346", "direct"), ("9196", "echo"), ("9197", "tone")]
    {
        text += &format!("[[number]]\ncalled = \"{called}\"\nflow = \"fcg/{flow}\"\n");
    }
    text
}
