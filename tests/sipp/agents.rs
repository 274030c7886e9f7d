use std::time::Duration;

use hotline::peer::Incoming;
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
