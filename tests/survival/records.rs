use std::time::Duration;

use crate::survival::line::Line;
use crate::survival::stage::{self, AGENT_HZ, Stage};

const GUARD: Duration = Duration::from_secs(20);
const CALLS: usize = 6;

/// R20: the spool's disk is full. Records go to the reserve, events are published from there, and
/// nothing is lost: neither when there is space again nor when the engine dies before.
#[test]
fn a_full_spool_loses_nothing() {
    let mut stage = Stage::prepare(CALLS, "[records]\nreserve_mib = 1\n");
    stage.run_piped();
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    let call = |stage: &Stage| {
        let report = stage.call(CALLS, Duration::from_millis(700)).join().expect("callers");
        assert_eq!(report.answered(), CALLS, "{report}");
        stage.quiet();
        stage.switch.until("agents are ready again", |switch| {
            let idle =
                |n| switch.get(&format!("/v1/agents/{}", stage::agent(n))).1["state"] == "idle";
            (0..CALLS).all(idle).then_some(())
        });
    };
    call(&stage);
    stage.switch.cdrs(CALLS);
    for (round, dies) in [(2, false), (3, true)] {
        stage.limit_files(Some(stage.longest("spool")));
        call(&stage);
        stage::alarm(&stage.switch, "spool-disk", true);
        assert!(stage.switch.log().contains("spool-disk"), "a line in the log");
        if dies {
            stage.switch.kill();
            stage.run_piped();
        } else {
            stage.limit_files(None);
            stage::alarm(&stage.switch, "spool-disk", false);
        }
        stage::well(&stage.switch);
        let cdrs = stage.switch.cdrs(round * CALLS);
        assert_eq!(stage::causes(&cdrs).get("answered"), Some(&(round * CALLS)), "{cdrs:#?}");
        stage::one_cdr_each(&stage::events(&stage.switch));
    }
    let events = stage::events(&stage.switch);
    assert_eq!(stage::alarm_events(&events, "spool-disk")[..2], [false, true]);
}

/// R20: disk, reserve and memory are full: new calls are refused for this cause, what is up goes on.
#[test]
fn without_any_room_for_records_new_calls_are_refused() {
    let mut stage = Stage::prepare(2, "[records]\nreserve_mib = 1\nmemory_mib = 1\n");
    stage.run_piped();
    let _phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    let callers = stage.call(2, Duration::from_secs(12));
    stage.talking(2);
    stage.limit_files(Some(1));
    let line = Line::new(stage.switch.place.sip(11), stage.switch.sip());
    let mut sent = 0;
    let refused = loop {
        sent += 1;
        assert!(sent < 5_000, "memory is never full");
        let call_id = format!("call-{sent}");
        line.invite("nowhere", &call_id);
        let heard = line.outcome(&call_id, GUARD).expect("an answer");
        line.ack("nowhere", &heard);
        match heard.status {
            404 => {}
            503 => break heard,
            other => panic!("{other}: {}", heard.text),
        }
    };
    println!("full after {sent} calls");
    assert!(refused.text.contains("\r\nRetry-After:"), "{}", refused.text);
    stage::alarm(&stage.switch, "records-full", true);
    assert_eq!(stage::in_phase(&stage.switch, "talking"), 2, "calls that are up go on");
    std::thread::sleep(Duration::from_secs(1));
    stage.limit_files(None);
    stage::alarm(&stage.switch, "records-full", false);
    stage::well(&stage.switch);
    line.invite("nowhere", "again");
    assert_eq!(line.outcome("again", GUARD).expect("an answer").status, 404);

    let report = callers.join().expect("callers");
    for call in &report.calls {
        assert!(call.heard.tone_windows(AGENT_HZ) >= 105, "audio all the time: {:?}", call.heard);
    }
    let events = stage.switch.until("all records", |switch| {
        let events = stage::events(switch);
        let cdrs = events.iter().filter(|event| event["type"] == "cdr").count();
        (cdrs == sent + 3).then_some(events)
    });
    stage::one_cdr_each(&events);
    let count = |cause: &str| {
        events.iter().filter(|event| event["type"] == "cdr" && event["cause"] == cause).count()
    };
    assert_eq!((count("no-route"), count("records-full"), count("answered")), (sent, 1, 2));
}
