//! The bench tenant does what `benches/sipp/README.md` says, with the very commands of that page.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use socket2::{Domain, Protocol, Socket, Type};
use tempfile::TempDir;

use crate::harness::{Place, Switch, TOKEN, cannot};

const LIMIT: Duration = Duration::from_secs(60);

/// The bench switch at a place of this test's own, with fewer ports.
struct Bench {
    switch: Switch,
    folder: TempDir,
}

fn moved(text: &str, place: Place) -> String {
    text.replace("127.0.0.10", &place.ip(10).to_string())
        .replace("127.0.0.11", &place.ip(11).to_string())
        .replace("127.0.0.12", &place.ip(12).to_string())
        .replace("127.0.0.1:8090", &place.at(10, 8080).to_string())
}

fn root(path: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(root(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl Bench {
    fn new() -> Self {
        let place = Place::new();
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir_all(folder.path().join("dialplans/bench")).expect("a folder");
        for name in ["bridge", "rec", "ivr"] {
            let file = format!("dialplans/bench/{name}.flow.yaml");
            fs::write(folder.path().join(&file), moved(&read(&file), place)).expect("a flow");
        }
        let config = moved(&read("benches/sipp/hotline.toml"), place)
            .replace("data/bench", "data")
            .replace("ports = [10000, 29999]", "ports = [20000, 20199]")
            .replace(
                "dialplans = \"dialplans\"",
                &format!("dialplans = \"{}\"", folder.path().join("dialplans").display()),
            );
        let token = format!("[[api.token]]\nname = \"tests\"\nsecret = \"{TOKEN}\"\n");
        Self { switch: Switch::start_with(&config, &token), folder }
    }

    /// The commands of the page that begin with `sipp` and hold a text.
    fn commands(&self, with: &str) -> Vec<String> {
        let page = read("benches/sipp/README.md");
        let lines = page.lines().filter_map(|line| line.strip_prefix("    "));
        let found: Vec<_> = lines
            .filter(|line| line.starts_with("sipp ") && line.contains(with))
            .map(|line| moved(line, self.switch.place))
            .collect();
        assert!(!found.is_empty(), "the page names no sipp command with {with}");
        found
    }

    /// Starts such a command, with fewer and shorter calls.
    fn start(&self, command: &str) -> Child {
        let mut words: Vec<&str> = command.split_whitespace().skip(1).collect();
        for (option, value) in [("-m", "3"), ("-r", "10"), ("-d", "500")] {
            if let Some(at) = words.iter().position(|word| *word == option) {
                words[at + 1] = value;
            }
        }
        for option in ["-sf"] {
            if let Some(at) = words.iter().position(|word| *word == option) {
                assert!(root(words[at + 1]).exists(), "{command}");
            }
        }
        let log = fs::File::create(self.folder.path().join("sipp.log")).expect("a file");
        Command::new("sipp")
            .args(words.iter().map(|word| {
                if word.ends_with(".xml") {
                    root(word).display().to_string()
                } else {
                    (*word).to_owned()
                }
            }))
            .args(["-nostdin", "-timeout", "30", "-timeout_error"])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("sipp starts; it is Debian's package sip-tester")
    }

    fn run(&self, command: &str) {
        let mut child = self.start(command);
        let until = Instant::now() + LIMIT;
        let status = loop {
            if let Some(status) = child.try_wait().expect("sipp can be asked") {
                break status;
            }
            assert!(Instant::now() < until, "{command} hangs");
            std::thread::sleep(Duration::from_millis(20));
        };
        let log = fs::read_to_string(self.folder.path().join("sipp.log")).unwrap_or_default();
        assert!(status.success(), "{command}: {status}\n{log}");
    }
}

fn causes(cdrs: &[Value]) -> Vec<&str> {
    cdrs.iter().map(|cdr| cdr["cause"].as_str().expect("a cause")).collect()
}

#[test]
fn the_bench_tenant_bridges_records_plays_and_registers_as_its_page_says() {
    let bench = Bench::new();
    let uas = bench.commands("-sn uas");
    let mut answers = bench.start(&uas[0]);
    // It must listen before the first call comes.
    let there = bench.switch.place.at(12, 5070);
    let until = Instant::now() + LIMIT;
    while std::net::UdpSocket::bind(there).is_ok() {
        assert!(Instant::now() < until, "sipp does not listen");
        std::thread::sleep(Duration::from_millis(20));
    }
    for (count, user, cause) in
        [(3, "bridge", "answered"), (6, "rec", "answered"), (9, "ivr", "self-served")]
    {
        bench.run(&bench.commands(&format!("-sn uac -s {user} "))[0]);
        let cdrs = bench.switch.cdrs(count);
        let cdrs = &cdrs[..3];
        let ivr = ["abandoned-ivr"; 3];
        let wanted = if user == "ivr" { ivr } else { [cause; 3] };
        assert_eq!(causes(cdrs), wanted, "{user}: {cdrs:?}");
        for cdr in cdrs {
            assert_eq!(cdr["recording"].is_string(), user == "rec", "{user}: {cdr}");
            assert_eq!(cdr["flow"], format!("bench/{user}@1"), "{cdr}");
        }
    }
    // The end of the test ends it.
    let _gone = answers.kill();
    let _gone = answers.wait();

    let users: String = (0..3)
        .map(|n| format!("u{n:04};[authentication username=u{n:04} password=bench]\n"))
        .collect();
    fs::write(bench.folder.path().join("users.csv"), format!("SEQUENTIAL\n{users}"))
        .expect("users");
    bench.run(&bench.commands("register.xml")[0]);
    let (_, page) = bench.switch.get("/v1/registrations");
    let rows = page["rows"].as_array().expect("rows");
    let mut accounts: Vec<_> = rows.iter().map(|row| row["account"].as_str()).collect();
    accounts.sort_unstable();
    assert_eq!(accounts, [Some("u0000"), Some("u0001"), Some("u0002")], "{page}");
}

#[test]
fn the_bench_tenant_hangs_up_on_1234() {
    if Socket::new(Domain::IPV4, Type::RAW, Some(Protocol::UDP)).is_err() {
        cannot("sipp sends keys by a raw socket, and there are none here (not root)");
        return;
    }
    let bench = Bench::new();
    bench.run(&bench.commands("keys.xml")[0]);
    let cdrs = bench.switch.cdrs(3);
    assert_eq!(causes(&cdrs), ["self-served"; 3], "{cdrs:?}");
}
