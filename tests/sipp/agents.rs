use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use hotline::peer::{Algorithm, Incoming, Phone, PhoneSettings, RegisterState};
use serde_json::json;

use crate::sipp::cdr::{check_times, end, number};
use crate::sipp::party::Party;
use crate::sipp::stage::{ECHO, LIMIT, Stage, TONE};

#[test]
fn a_caller_whom_one_agent_does_not_take_gets_the_next() {
    // Busy: a pause for the agent. No answer: not ready, and the caller is first again.
    for (scenario, is_ready) in [("is-busy", true), ("rings-in-vain", false)] {
        let stage = Stage::new();
        let first = stage.sipp_agent(scenario, &[]);
        let carrier = stage.carrier("carrier-hangs-up", "12399", &["-d", "7000", ECHO[0]]);
        first.ends_well();
        let second = stage.agent("8102", Incoming::AnswerAfter(Duration::ZERO));
        let talk = second.wait_call(LIMIT).expect("the next agent's phone rings");
        assert!(talk.hears_tone(TONE, LIMIT), "{scenario}: {:?}", talk.hear());
        let (_, agent) = stage.switch.get("/v1/agents/8101");
        assert_eq!(agent["status"] == json!("ready"), is_ready, "{scenario}: {agent}");
        carrier.ends_well();
        let cdr = &stage.switch.cdrs(1)[0];
        assert_eq!(end(cdr), "answered caller 8102 0", "{scenario}: {cdr}");
        assert!(number(cdr, "offers") >= Some(2), "{scenario}: {cdr}");
        check_times(cdr);
    }
}

#[test]
fn a_caller_hangs_up_while_the_agent_rings() {
    let stage = Stage::new();
    let agent = stage.sipp_agent("rings-in-vain", &[]);
    let carrier = stage.carrier("carrier-hangs-up", "12399", &["-d", "1500"]);
    carrier.ends_well();
    agent.ends_well();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "abandoned-queue caller null 0", "{cdr}");
    check_times(cdr);
    let (_, agent) = stage.switch.get("/v1/agents/8101");
    assert_eq!((&agent["status"], &agent["state"]), (&json!("ready"), &json!("idle")));
}

#[test]
fn phones_register_over_udp_and_tcp_by_md5_and_sha_256() {
    let stage = Stage::new();
    let login = ["-s", "8101", "-au", "8101", "-ap", "secret-8101", "-t"];
    for (last, transport) in [(21, "u1"), (22, "t1")] {
        let at = stage.switch.place.sip(last);
        let options = [login.as_slice(), &[transport]].concat();
        Party::calls(&stage.switch, "agent-registers", at, &options).ends_well();
        let registered = stage.switch.until("a registration", |switch| {
            let (_, page) = switch.get("/v1/registrations");
            let rows = page["rows"].as_array()?.clone();
            rows.into_iter().find(|row| row["source"] == json!(at.to_string()))
        });
        assert_eq!(registered["account"], "8101");
        assert_eq!(registered["transport"], if transport == "u1" { "udp" } else { "tcp" });
    }
    // sipp has no SHA-256: our phone does it.
    let phone = stage.agent("8102", Incoming::Ring);
    assert_eq!(phone.complaints(), Vec::<String>::new());
}

/// What `hotline ha1` prints for a password.
fn ha1(user: &str, password: &str) -> String {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["ha1", user, "hotline"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("hotline runs");
    let mut input = child.stdin.take().expect("its input");
    writeln!(input, "{password}").expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(!text.contains(password), "{text}");
    text
}

/// The configuration may hold hashes alone; both algorithms are good by them, and one hash allows
/// only its own.
#[test]
fn phones_register_by_hashes_that_hotline_ha1_printed() {
    let both = ha1("1001", "open sesame");
    let sha = ha1("1002", "open sesame");
    let sha = sha.lines().find(|line| line.starts_with("ha1_sha256")).expect("a hash");
    let more = format!("[[account]]\nid = \"1001\"\n{both}[[account]]\nid = \"1002\"\n{sha}\n");
    let stage = Stage::with(|config| config + &more);
    for (user, algorithm, password, is_good) in [
        ("1001", Algorithm::Md5, "open sesame", true),
        ("1001", Algorithm::Sha256, "open sesame", true),
        ("1001", Algorithm::Sha256, "open sesam", false),
        ("1002", Algorithm::Sha256, "open sesame", true),
        ("1002", Algorithm::Md5, "open sesame", false),
    ] {
        let mut settings = PhoneSettings::new(user);
        settings.bind = stage.switch.place.at(41, 0);
        settings.server = Some(stage.switch.sip());
        settings.password = Some(password.to_owned());
        settings.algorithm = Some(algorithm);
        let phone = Phone::start(settings).expect("a phone starts");
        let state = phone.register(LIMIT);
        let is_on = matches!(state, RegisterState::On { .. });
        assert_eq!(is_on, is_good, "{user} by {algorithm:?}: {state:?}");
    }
}
