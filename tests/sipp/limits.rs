//! G1: what is full, and what is closed, has its answer, its record and nothing left behind.

use std::time::Duration;

use hotline::peer::{Call, Incoming, Phone, PhoneSettings, WaitError};
use serde_json::Value;

use crate::harness::Switch;
use crate::sipp::cdr::{check_times, end};
use crate::sipp::stage::{LIMIT, Stage};
use crate::torture::raw::{Answer, NEVER, Raw, sdp};

/// A caller of the carrier by hand: what the engine answers finally.
fn ask(switch: &Switch, called: &str, sdp: &str) -> Answer {
    let raw = Raw::new(switch.place.at(11, 0), switch.sip());
    let names = raw.names("13800138000", called);
    raw.ask(&raw.request(&names, "INVITE", 1, "", sdp))
}

fn any_sdp(switch: &Switch) -> String {
    sdp(switch.place.at(11, 30_000))
}

/// The CDR of the call that ended last.
fn newest(switch: &Switch, count: usize) -> Value {
    let cdr = switch.cdrs(count).remove(0);
    check_times(&cdr);
    cdr
}

fn up(call: &Call) {
    assert_eq!(call.wait_answer(LIMIT), Ok(()));
}

#[test]
fn without_a_free_media_port_a_caller_gets_503_and_a_record() {
    let stage = Stage::with(|config| {
        config.replace(
            "ports = [20000, 20999]",
            "ports = [20000, 20003]\nworkers = 1\nquarantine = \"1ms\"",
        )
    });
    let citizen = stage.citizen();
    let calls: Vec<_> = (0..2).map(|_| stage.call(&citizen, "9196")).collect();
    calls.iter().for_each(up);
    let answer = ask(&stage.switch, "9196", &any_sdp(&stage.switch));
    assert_eq!(answer.status, 503, "{}", answer.text);
    let cdr = newest(&stage.switch, 1);
    assert_eq!(end(&cdr), "no-media-port system null 503", "{cdr}");
    // One goes, one may come; the others never noticed anything.
    assert!(calls.iter().all(Call::is_up));
    calls[0].hang_up();
    calls[0].wait_end(LIMIT).expect("it ends");
    stage.switch.cdrs(2);
    let next = stage.call(&citizen, "9196");
    up(&next);
}

#[test]
fn an_offer_without_a_codec_of_ours_gets_488_a_record_and_leaves_no_port_taken() {
    let stage = Stage::with(|config| {
        config.replace(
            "ports = [20000, 20999]",
            "ports = [20000, 20003]\nworkers = 1\nquarantine = \"1ms\"",
        )
    });
    let g729 = any_sdp(&stage.switch)
        .replace("RTP/AVP 8 101", "RTP/AVP 18")
        .replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:18 G729/8000")
        .replace("a=rtpmap:101 telephone-event/8000\r\n", "");
    // More often than there are ports.
    for count in 1..=4 {
        let answer = ask(&stage.switch, "9196", &g729);
        assert_eq!(answer.status, 488, "{}", answer.text);
        let cdr = newest(&stage.switch, count);
        assert_eq!(end(&cdr), "no-media system null 488", "{cdr}");
    }
    let citizen = stage.citizen();
    let calls: Vec<_> = (0..2).map(|_| stage.call(&citizen, "9196")).collect();
    calls.iter().for_each(up);
}

/// A caller may ask the wrong way only in the reserve of a trunk.
const HELP: &str = "\
schema: ivr/1
flow: fcg-help
revision: 1
start: help
on_error: human
languages: [zh-CN]
nodes:
  help:
    do: transfer
    prompts: [thanks]
    trunk: emergency
    number: \"110\"
    mode: blind
    caller_id: original
    reserve: emergency
    ok: end
    fail: human
  human: { do: queue, queue: quick, answered: talk, full: end, nobody: end }
  talk: { do: bridge, agent_hangup: end, transferred: end }
  end: { do: hangup }
";

#[test]
fn beyond_its_channels_a_trunk_gets_its_answer_and_a_record() {
    let stage = Stage::with_flows(&[("help", "12397", HELP)], |config| {
        config
            .replace("id = \"carrier\"", "id = \"carrier\"\nchannels = 3\nbeyond = \"486\"")
            .replace("channels = 4\n", "channels = 2\nreserve = 1\n")
    });
    let mut settings = PhoneSettings::new("110");
    settings.bind = stage.switch.place.sip(13);
    settings.incoming = Incoming::AnswerAfter(Duration::ZERO);
    let outside = Phone::start(settings).expect("a phone starts");
    let citizen = stage.citizen();
    // One channel of two is for everybody: the second call outside does not get it.
    let first = stage.call(&citizen, "12398");
    up(&first);
    let refused = stage.call(&citizen, "12398");
    assert!(matches!(refused.wait_answer(LIMIT), Err(WaitError::Ended(_))));
    let cdr = newest(&stage.switch, 1);
    assert_eq!(end(&cdr), "no-channel flow null 503", "{cdr}");
    // The reserve is there for who needs help.
    let help = stage.call(&citizen, "12397");
    let _ring = outside.wait_call(LIMIT).expect("the first call outside");
    let rescue = outside.wait_call(LIMIT).expect("help is called");
    assert_eq!(rescue.wait_answer(LIMIT), Ok(()));
    // And the carrier has three channels.
    let third = stage.call(&citizen, "9196");
    up(&third);
    let answer = ask(&stage.switch, "9196", &any_sdp(&stage.switch));
    assert_eq!(answer.status, 486, "{}", answer.text);
    let cdr = newest(&stage.switch, 2);
    assert_eq!(end(&cdr), "no-channel system null 486", "{cdr}");
    for call in [first, help, third] {
        assert!(call.is_up());
        call.hang_up();
    }
    // All channels come back.
    stage.switch.cdrs(5);
    let (_, trunks) = stage.switch.get("/v1/trunks");
    for trunk in trunks["rows"].as_array().expect("rows") {
        assert_eq!(trunk["calls"], 0, "{trunk}");
    }
}

/// The phone of account 1001, which is no agent's.
fn desk(stage: &Stage) -> Phone {
    let mut settings = PhoneSettings::new("1001");
    settings.bind = stage.switch.place.at(41, 0);
    settings.server = Some(stage.switch.sip());
    settings.password = Some("secret-1001".to_owned());
    let phone = Phone::start(settings).expect("a phone starts");
    phone.register(LIMIT);
    phone
}

const ACCOUNT: &str = "[[account]]\nid = \"1001\"\npassword = \"secret-1001\"\n";

#[test]
fn beyond_its_cap_an_account_is_busy() {
    let stage = Stage::with(|config| config + ACCOUNT + "calls_max = 1\n");
    let phone = desk(&stage);
    let first = stage.call(&phone, "9196");
    up(&first);
    let second = stage.call(&phone, "9196");
    assert!(matches!(second.wait_answer(LIMIT), Err(WaitError::Ended(_))));
    let cdr = newest(&stage.switch, 1);
    assert_eq!(end(&cdr), "no-channel system null 486", "{cdr}");
    assert_eq!(cdr["account"], "1001", "{cdr}");
    assert!(first.is_up());
    first.hang_up();
    stage.switch.cdrs(2);
    let third = stage.call(&phone, "9196");
    up(&third);
}

/// Nobody who has a password may call the world by it: only numbers that lead into a flow exist.
#[test]
fn the_plan_for_calls_outside_is_closed() {
    let stage = Stage::with(|config| config + ACCOUNT);
    let place = stage.switch.place;
    let trunks = [Raw::new(place.sip(11), place.sip(10)), Raw::new(place.sip(13), place.sip(10))];
    let phone = desk(&stage);
    let there = place.sip(13);
    let numbers = ["110", "13900139000", "0085212345678", "+8613900139000", "9001", "carrier"];
    for (count, number) in numbers.into_iter().enumerate() {
        let call = stage.call(&phone, number);
        assert!(matches!(call.wait_answer(LIMIT), Err(WaitError::Ended(_))), "{number}");
        let cdr = newest(&stage.switch, count + 1);
        assert_eq!(end(&cdr), "no-route system null 404", "{number}: {cdr}");
        assert_eq!((&cdr["account"], &cdr["called"]), (&"1001".into(), &number.into()), "{cdr}");
    }
    // Nor is anything passed on to an address that it names, be that a trunk's.
    let raw = Raw::new(place.at(11, 0), place.sip(10));
    for uri in
        [format!("sip:110@{there}"), format!("sip:110@{};maddr={}", place.sip(10), there.ip())]
    {
        let mut names = raw.names("13800138000", "110");
        names.uri = uri;
        let more = format!("Route: <sip:{there};lr>\r\n");
        let answer = raw.ask(&raw.request(&names, "INVITE", 1, &more, &any_sdp(&stage.switch)));
        assert!((400..500).contains(&answer.status), "{}", answer.text);
    }
    for trunk in trunks {
        assert_eq!(trunk.next(NEVER), None, "nothing leaves");
    }
}
