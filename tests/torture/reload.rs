use std::fs;

use serde_json::{Value, json};

use crate::sipp::stage::{LIMIT, Stage, TONE};

const RELOADS: usize = 50;
const CALLS: usize = 10;

/// Flows and configuration are read anew again and again while calls go on; a bad file changes nothing.
#[test]
fn fifty_reloads_under_ten_calls_drop_none() {
    let stage = Stage::new();
    let switch = &stage.switch;
    switch.ready("8001");
    let citizen = stage.citizen();
    let calls: Vec<_> = (0..CALLS).map(|_| stage.call(&citizen, "9196")).collect();
    for call in &calls {
        assert!(call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
    }
    let echo = stage.flows.file("echo");
    let good = fs::read_to_string(&echo).expect("the flow");
    let config = fs::read_to_string(switch.config()).expect("the configuration");
    for number in 1..=RELOADS {
        let is_bad = number % 10 == 0;
        let text = good.replace("revision: 1", &format!("revision: {number}"));
        let text = if is_bad { text.replace("next: echo", "next: nowhere") } else { text };
        fs::write(&echo, text).expect("written");
        let capacity = format!("{config}\n[[queue]]\nid = \"q{number}\"\ncapacity = {number}\n");
        fs::write(switch.config(), capacity).expect("written");
        let path = if number % 2 == 0 { "/v1/dialplans/reload" } else { "/v1/config/reload" };
        let (status, body) = switch.post(path, &Value::Null);
        assert_eq!(status, if is_bad { 422 } else { 200 }, "{number}: {body}");
    }
    let (_, page) = switch.get("/v1/calls/live");
    assert_eq!(page["rows"].as_array().map(Vec::len), Some(CALLS), "{page}");
    let (_, agent) = switch.get("/v1/agents/8001");
    assert_eq!(agent["status"], json!("ready"), "{agent}");
    for call in &calls {
        assert!(call.is_up() && call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
        call.hang_up();
    }
    for call in &calls {
        call.wait_end(LIMIT).expect("it ends");
        let heard = call.hear();
        assert_eq!((heard.lost, heard.doubled, heard.foreign), (0, 0, 0));
    }
    // A new call goes by the last good revision.
    let call = stage.call(&citizen, "9196");
    assert_eq!(call.wait_answer(LIMIT), Ok(()));
    call.hang_up();
    let cdrs = switch.cdrs(CALLS + 1);
    assert_eq!(cdrs[0]["flow"], format!("fcg/echo@{}", RELOADS - 1));
    assert_eq!(cdrs.len(), CALLS + 1);
}

/// What a reload cannot change is told by its key, until it is changed back or the engine starts anew.
#[test]
fn a_reload_names_what_needs_a_restart() {
    let stage = Stage::new();
    let switch = &stage.switch;
    let config = fs::read_to_string(switch.config()).expect("the configuration");
    let reload = |text: &str| {
        fs::write(switch.config(), text).expect("written");
        let (status, body) = switch.post("/v1/config/reload", &Value::Null);
        assert_eq!(status, 200, "{body}");
        let (_, health) = switch.get("/health");
        assert_eq!(health["needs_restart"], body["needs_restart"]);
        body["needs_restart"].clone()
    };
    let changed = format!("{config}\n[records]\nspool_keep = \"9d\"\n[[queue]]\nid = \"more\"\n");
    assert_eq!(reload(&changed), json!(["records.spool_keep"]));
    let (status, queue) = switch.get("/v1/queues/more");
    assert_eq!(status, 200, "all else is in use: {queue}");
    assert_eq!(reload(&config), json!([]));
}
