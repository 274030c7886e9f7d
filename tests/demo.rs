use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::readme::{curls, read};

/// The README's first promise: one command shows a call from the carrier to the record.
#[test]
fn the_demo_ends_well_only_if_every_check_held() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["demo", "--once", "--data"])
        .arg(data.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the demo runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}\n{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("http://127.0.0.1:8080/docs"), "{text}");
}

/// Its second: `make run` stays up, and an agent of one's own signs in with the lines of the page.
#[test]
fn after_the_demos_call_the_agents_of_the_readme_are_free_to_sign_in() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["demo", "--data"])
        .arg(data.path())
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("the demo runs");
    // Held until the end: the demo goes on to print.
    let mut lines = BufReader::new(demo.stdout.take().expect("its output")).lines();
    let mut text = String::new();
    for line in lines.by_ref() {
        text += &line.expect("a line");
        text.push('\n');
        if text.contains("The engine stays up") {
            break;
        }
    }
    let token = text.lines().find_map(|line| line.strip_prefix("Token of the API"));
    let token = token.unwrap_or_else(|| panic!("{text}")).trim();
    let client = reqwest::blocking::Client::new();
    let mut answers = Vec::new();
    for path in curls(&read("README.md")) {
        let url = format!("http://127.0.0.1:8080{path}");
        let answer = client.post(url).bearer_auth(token).send().expect("POST");
        answers.push((path, answer.status().as_u16()));
    }
    // It has no file of its own: what it was started with stays, and flows are read anew.
    let get = |path: &str| {
        let answer = client.get(format!("http://127.0.0.1:8080{path}")).bearer_auth(token).send();
        answer.expect("GET").text().expect("a body")
    };
    let queues = get("/v1/queues");
    for path in ["/v1/config/reload", "/v1/dialplans/reload"] {
        let url = format!("http://127.0.0.1:8080{path}");
        let answer = client.post(url).bearer_auth(token).send().expect("POST");
        let status = answer.status().as_u16();
        answers.push((format!("{path}: {}", answer.text().unwrap_or_default()), status));
    }
    assert!(queues.contains("complaint"), "{queues}");
    assert_eq!(get("/v1/queues"), queues);
    let killed = Command::new("kill").arg(demo.id().to_string()).status();
    assert!(killed.expect("kill runs").success());
    assert!(demo.wait().expect("the demo ends").success());
    assert!(answers.iter().all(|(_, status)| *status < 300), "{answers:?}\n{text}");
}
