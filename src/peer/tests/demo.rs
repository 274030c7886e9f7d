//! The demo against a stand-in for a switch that plays its part with two phones.

use std::net::{SocketAddr, UdpSocket};
use std::sync::mpsc;
use std::time::Duration;

use crate::peer::demo::{DemoAgent, DemoPlan, Hooks, run};
use crate::peer::{Incoming, Phone, PhoneSettings, Source, world};

const LIMIT: Duration = Duration::from_secs(10);

/// Answers, plays a "prompt", takes a key, calls the agent, and says to each what the other
/// would: `caller_hears` and `agent_hears` in Hz.
fn stand_in(
    front: Phone,
    agent: SocketAddr,
    caller_hears: u16,
    agent_hears: u16,
) -> mpsc::Receiver<()> {
    let (done, end) = mpsc::channel();
    world::spawn("stand-in", move || {
        let call = front.wait_call(LIMIT).unwrap();
        call.wait_answer(LIMIT).unwrap();
        assert!(call.hears_keys("1", LIMIT));
        let mut settings = PhoneSettings::new("13800138000");
        settings.source = Source::tone(agent_hears);
        let back = Phone::start(settings).unwrap();
        let leg = back.call(&format!("sip:1001@{agent}")).unwrap();
        leg.wait_answer(LIMIT).unwrap();
        call.say(Source::tone(caller_hears));
        leg.wait_end(LIMIT).unwrap();
        call.say(Source::tone(300));
        assert!(call.hears_keys("15", LIMIT));
        call.hang_up();
        call.wait_end(LIMIT);
        let _gone = done.send(());
    })
    .unwrap();
    end
}

fn play(agent_hears: u16) -> (bool, String, Vec<String>) {
    let mut settings = PhoneSettings::new("12345");
    settings.incoming = Incoming::AnswerAfter(Duration::ZERO);
    settings.source = Source::tone(350);
    let front = Phone::start(settings).unwrap();
    let free = UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let plan = DemoPlan {
        server: front.address(),
        carrier: "127.0.0.1:0".parse().unwrap(),
        number: "12345".to_owned(),
        caller: "13800138000".to_owned(),
        caller_hz: 440,
        agents: vec![DemoAgent {
            number: "1001".to_owned(),
            name: "李静".to_owned(),
            password: None,
            bind: free,
            hz: 800,
        }],
        keys: vec![(Duration::from_millis(100), '1')],
        ring: Duration::from_millis(200),
        talk: Duration::from_millis(300),
        rating: Some('5'),
        limit: Duration::from_secs(3),
    };
    let end = stand_in(front, free, 800, agent_hears);
    let mut out = Vec::new();
    let mut signed_out = Vec::new();
    let mut hooks = Hooks {
        ready: &mut |_, _| Ok(()),
        talking: &mut |talk| vec![format!("link of {}", talk.agent)],
        gone: &mut |agent| {
            signed_out.push(agent.number.clone());
            Ok(())
        },
    };
    let verdict = run(&plan, &mut hooks, &mut out).unwrap();
    assert_eq!(signed_out, ["1001"]);
    end.recv_timeout(LIMIT).unwrap();
    let broken = verdict.broken().map(|check| check.what.clone()).collect();
    (verdict.all_held(), String::from_utf8(out).unwrap(), broken)
}

#[test]
fn the_demo_holds_when_everybody_does_its_part() {
    let (held, out, broken) = play(440);
    assert!(held, "{broken:?}\n{out}");
    assert!(out.contains("link of 1001") && out.contains("市民评价 5"), "{out}");
}

#[test]
fn one_way_audio_is_found() {
    let (held, out, broken) = play(999);
    assert!(!held, "{out}");
    assert!(broken[0].contains("the agent hears the citizen"), "{broken:?}\n{out}");
}
