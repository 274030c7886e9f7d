//! An agent whose softphone, written by others, is called once and keeps its leg open.

use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Baresip, Place, Switch, usual};

const CITIZEN_HZ: u16 = 440;
const AGENT_HZ: u16 = 800;

fn ask(switch: &Switch, step: &str) {
    let body = if step == "not-ready" { json!({ "reason": "tea" }) } else { Value::Null };
    let (status, body) = switch.post(&format!("/v1/agents/8001/{step}"), &body);
    assert!(status < 300, "{step}: {status} {body}");
}

fn agent_is(switch: &Switch, key: &str, wanted: &str) {
    switch.until(&format!("{key} {wanted}"), |switch| {
        let (_, list) = switch.get("/v1/agents");
        let rows = list["rows"].as_array()?;
        rows.iter().find(|row| row["id"] == "8001" && row[key] == wanted).map(|_| ())
    });
}

/// How many INVITEs the phone has got.
fn invites(phone: &Baresip) -> usize {
    phone.log().matches("Incoming call from").count()
}

/// With two media workers the leg moves to that of the caller.
fn two_calls_over_one_leg(workers: u8) {
    let md5 = "algorithms = [\"md5\"]\npassword = \"secret-";
    let config = usual(Place::new())
        .replace("password = \"secret-", md5)
        .replace("ports = [20000, 20999]", &format!("ports = [20000, 20999]\nworkers = {workers}"))
        .replacen("id = \"8001\"\nnumber", "id = \"8001\"\nanswer = \"open-leg\"\nnumber", 1);
    assert!(config.contains("open-leg"), "{config}");
    let switch = Switch::start_with(&config, &format!("[[account]]\nid = \"1001\"\n{md5}1001\"\n"));

    // Nobody is at the phone yet.
    let (status, body) = switch.post("/v1/agents/8001/sign-in", &Value::Null);
    assert_eq!(status, 409, "{body}");
    assert!(body["detail"].as_str().is_some_and(|text| text.contains("8001")), "{body}");

    let mut agent = Baresip::start(&switch, "8001", "secret-8001", AGENT_HZ);
    let mut citizen = Baresip::start(&switch, "1001", "secret-1001", CITIZEN_HZ);
    thread::scope(|scope| {
        let signing = scope.spawn(|| ask(&switch, "sign-in"));
        agent.event("CALL_INCOMING");
        agent.tell("accept", "");
        agent.event("CALL_ESTABLISHED");
        signing.join().expect("signed in");
    });
    ask(&switch, "ready");
    agent_is(&switch, "leg", "up");

    for round in 0..2 {
        citizen.dial(&format!("sip:12346@{}", switch.sip()));
        citizen.event("CALL_ESTABLISHED");
        agent_is(&switch, "state", "ringing");
        assert!(agent.hears(450), "round {round}: the leg rings");
        ask(&switch, "answer");
        agent_is(&switch, "state", "talking");
        assert!(agent.hears(CITIZEN_HZ), "round {round}: the agent hears the citizen");
        assert!(citizen.hears(AGENT_HZ), "round {round}: the citizen hears the agent");
        ask(&switch, "hold");
        thread::sleep(Duration::from_millis(300));
        ask(&switch, "retrieve");
        assert!(agent.hears(CITIZEN_HZ), "round {round}: the agent hears the citizen again");
        assert!(citizen.hears(AGENT_HZ), "round {round}: the citizen hears the agent again");
        citizen.tell("hangup", "");
        citizen.event("CALL_CLOSED");
        agent_is(&switch, "state", "wrap_up");
        agent_is(&switch, "state", "idle");
    }
    assert_eq!(invites(&agent), 1, "{}", agent.log());
    for cdr in switch.cdrs(2) {
        assert_eq!((&cdr["cause"], &cdr["agent"]), (&"answered".into(), &"8001".into()), "{cdr}");
        assert!(cdr["recording"].is_string(), "{cdr}");
        let legs = cdr["legs"].as_array().expect("legs");
        let heard = |leg: &Value| leg["received"].as_u64().is_some_and(|packets| packets > 20);
        assert!(legs.len() == 2 && legs.iter().all(heard), "{cdr}");
    }

    ask(&switch, "not-ready");
    ask(&switch, "sign-out");
    agent.event("CALL_CLOSED");
    agent_is(&switch, "leg", "down");
}

#[test]
fn two_citizens_talk_over_one_leg_that_stays_up() {
    two_calls_over_one_leg(1);
}

#[test]
fn the_leg_and_the_citizens_live_on_two_media_workers() {
    two_calls_over_one_leg(2);
}
