//! What the README tells a newcomer to type does what it says.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Baresip, Place, Switch, TOKEN};

/// What the softphone says.
const OWN_HZ: u16 = 440;
/// What 9197 plays.
const TONE_HZ: u16 = 1_000;

pub(crate) fn read(path: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&file).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A shipped configuration at a place of this test's own, with the tests' token.
fn shipped(path: &str) -> String {
    let place = Place::new();
    let (engine, carrier, emergency) = (place.ip(10), place.ip(11), place.ip(13));
    let mut text = read(path)
        .replace("\"data/demo\"", "\"data\"")
        .replace("127.0.0.11", &carrier.to_string())
        .replace("127.0.0.13", &emergency.to_string())
        .replace("192.0.2.10", &engine.to_string())
        .replace("192.0.2.1:", &format!("{carrier}:"))
        .replace("192.0.2.0/28", &carrier.to_string())
        .replace("192.0.2.2:", &format!("{emergency}:"))
        .replace("0.0.0.0", &engine.to_string())
        .replace("127.0.0.1:", &format!("{engine}:"))
        .replace("\"127.0.0.1\"", &format!("\"{engine}\""))
        .replace("ports = [20000, 23999]", "ports = [20000, 20199]")
        .replace("change-me-0123456789", TOKEN);
    if !text.contains("[[api.token]]") {
        text += &format!("\n[[api.token]]\nname = \"tests\"\nsecret = \"{TOKEN}\"\n");
    }
    text
}

fn check(config: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["check", "dialplans", "--config"])
        .arg(config)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("hotline runs")
}

/// Step 1 with the very file that it names, and with the one at our place.
#[test]
fn the_example_is_checked_and_runs() {
    let page = read("README.md");
    for command in ["run --config hotline.toml", "check dialplans --config hotline.toml"] {
        assert!(page.contains(command), "the README says {command}");
    }
    let output = check(Path::new("examples/hotline.toml"));
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("flows are good: ") && text.contains("fcg/12345"), "{text}");
    let switch = Switch::start_with(&shipped("examples/hotline.toml"), "");
    assert!(check(&switch.config()).status.success());
    assert_eq!(switch.get("/health").0, 200);
    // The agent of step 4, with the curl lines of the page.
    for path in curls(&page) {
        let (status, body) = switch.post(&path, &Value::Null);
        assert!(status < 300, "{path}: {status} {body}");
    }
    assert_eq!(switch.get("/v1/agents/8001").1["status"], "ready");
}

/// The paths of the README's curl lines; each is a POST with the token to the address of the demo.
pub(crate) fn curls(page: &str) -> Vec<String> {
    let lines = page.lines().map(str::trim).filter(|line| line.starts_with("curl "));
    let paths: Vec<_> = lines
        .map(|line| {
            let start = "curl -X POST -H \"Authorization: Bearer $TOKEN\" http://127.0.0.1:8080";
            let path = line.strip_prefix(start).unwrap_or_else(|| panic!("{line}"));
            path.to_owned()
        })
        .collect();
    assert!(!paths.is_empty());
    paths
}

/// `run` without a token makes one where the page says.
#[test]
fn the_token_that_run_makes_lies_where_the_pages_say() {
    let config = shipped("examples/demo.toml");
    let config = config.split("[[api.token]]").next().expect("a part").to_owned();
    let switch = Switch::start_with(&config, "");
    assert!(read("README.md").contains("`<data>/api-token.json`"));
    let file: PathBuf = switch.data().join("api-token.json");
    let token: String = serde_json::from_str(&fs::read_to_string(&file).expect("the token's file"))
        .expect("a JSON text");
    // The first line of docs/api.md gets it out of the file.
    let page = read("docs/api.md");
    let line = page.lines().find_map(|line| line.strip_prefix("TOKEN=$(")).expect("a line");
    let command =
        line.trim_end_matches(')').replace("data/", &format!("{}/", switch.data().display()));
    let output = Command::new("bash").args(["-c", &command]).output().expect("bash runs");
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), token, "{command}");
    let client = reqwest::blocking::Client::new();
    let answer = client.get(switch.url("/v1/agents")).bearer_auth(&token).send().expect("GET");
    assert_eq!(answer.status().as_u16(), 200);
}

/// Steps 2 and 3: a real softphone registers as 1001, hears itself at 9196 and a tone at 9197, with
/// the configuration that `make run` has.
#[test]
fn the_softphone_of_the_readme_hears_itself_and_a_tone() {
    let page = read("README.md");
    assert!(page.contains("baresip"), "the page names this softphone");
    let switch = Switch::start_with(&shipped("examples/demo.toml"), "");
    let mut phone = Baresip::start(&switch, "1001", "demo-1001", OWN_HZ);
    for (number, hz) in [("9196", OWN_HZ), ("9197", TONE_HZ)] {
        phone.dial(&format!("sip:{number}@{}", switch.sip()));
        phone.event("CALL_ESTABLISHED");
        assert!(phone.hears(hz), "{number}: {}", phone.log());
        phone.tell("hangup", "");
        phone.event("CALL_CLOSED");
    }
    let cdrs = switch.cdrs(2);
    assert!(cdrs.iter().all(|cdr| cdr["account"] == "1001"), "{cdrs:?}");
}

/// A folder of flows and a configuration, each with another kind of fault.
fn faults() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("written");
    };
    write(
        "hotline.toml",
        "[tenant]\nid = \"t\"\n\n[[queue]]\nid = \"known\"\nwrap_up = \"9 parsecs\"\n\n\
         [[number]]\ncalled = \"1\"\nflow = \"t/good\"\n\n[[number]]\ncalled = \"2\"\n\
         flow = \"t/nowhere\"\n\n[[number]]\ncalled = \"3\"\nflow = \"t/bad\"\ncolour = \"red\"\n",
    );
    let head = |name: &str| {
        format!(
            "schema: ivr/1\nflow: t-{name}\nrevision: 1\nstart: first\non_error: end\n\
             languages: [zh-CN]\nnodes:\n"
        )
    };
    write(
        "flows/t/good.flow.yaml",
        &(head("good") + "  first: { do: hangup }\n  end: { do: hangup }\n"),
    );
    write(
        "flows/t/bad.flow.yaml",
        &(head("bad")
            + "  first: { do: queue, queue: unknown, answered: talk, full: nowhere, nobody: end }\n  \
               talk: { do: bridge, agent_hangup: end, transferred: end }\n  \
               end: { do: hangup, status: 12 }\n"),
    );
    folder
}

fn add_to_config(folder: &TempDir, lines: &str) {
    let file = folder.path().join("hotline.toml");
    let config = fs::read_to_string(&file).expect("the configuration");
    fs::write(&file, format!("{config}\n{lines}\n")).expect("written");
}

fn hotline_in(folder: &TempDir, args: &[&str]) -> Output {
    let mut hotline = Command::new(env!("CARGO_BIN_EXE_hotline"));
    hotline.args(args).current_dir(folder.path()).output().expect("hotline runs")
}

/// `hotline check` tells every fault of every layer in one go, with file and line.
#[test]
fn check_tells_all_faults_at_once() {
    let folder = faults();
    let output = hotline_in(&folder, &["check", "flows", "--config", "hotline.toml"]);
    assert!(!output.status.success());
    assert_eq!(String::from_utf8_lossy(&output.stdout), "");
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(text, FAULTS, "\n{text}");
}

/// So does a start, in the same words.
#[test]
fn a_start_tells_all_faults_at_once() {
    let folder = faults();
    add_to_config(&folder, "[node]\ndialplans = \"flows\"");
    let output = hotline_in(&folder, &["run", "--config", "hotline.toml"]);
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    let faults = FAULTS.trim_end_matches("6 faults\n");
    assert_eq!(text, format!("hotline: {faults}"), "\n{text}");
    assert!(!folder.path().join("data").exists(), "nothing is begun");
}

/// A sound that cannot be played hides no fault of the flows, and is hidden by none.
#[test]
fn a_fault_of_a_sound_is_told_with_the_others() {
    let folder = faults();
    add_to_config(&folder, "[node]\nsounds = \"own\"");
    fs::create_dir(folder.path().join("own")).expect("a folder");
    fs::write(folder.path().join("own/welcome.mp3"), "").expect("written");
    let output = hotline_in(&folder, &["check", "flows", "--config", "hotline.toml"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("own/welcome.mp3: `.mp3` is not played") && text.ends_with("7 faults\n"),
        "{text}"
    );
    for line in FAULTS.lines().take(6) {
        assert!(text.contains(line), "{line}\n{text}");
    }
}

const FAULTS: &str = "\
hotline.toml:6: queue.wrap_up: \"9 parsecs\" is not allowed; allowed: a time from \"0ms\" to \"1h\", such as \"500ms\", \"20s\", \"2m\", \"1h\", \"7d\"
hotline.toml:12: number.flow: \"t/nowhere\" (number 2) is no flow; allowed: <folder>/<name> of a file <folder>/<name>.flow.yaml below flows
hotline.toml:19: number.colour: is not a key of this section; its keys: called, flow, trunk
flows/t/bad.flow.yaml:8: nodes.first.full: there is no node `nowhere`
flows/t/bad.flow.yaml:8: nodes.first.queue: there is no queue `unknown`; configured: known
flows/t/bad.flow.yaml:10: nodes.end.status: `12` is not a whole number from 400 to 699
6 faults
";

#[test]
fn one_fault_is_one_fault() {
    let folder = faults();
    fs::write(folder.path().join("hotline.toml"), "[node]\ncolour = \"red\"\n").expect("written");
    fs::remove_file(folder.path().join("flows/t/bad.flow.yaml")).expect("removed");
    let output = hotline_in(&folder, &["check", "flows", "--config", "hotline.toml"]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(text.ends_with("\n1 fault\n"), "{text}");
    assert!(text.starts_with("hotline.toml:2: node.colour: "), "{text}");
}
