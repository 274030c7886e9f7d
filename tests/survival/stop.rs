use std::time::Duration;

use hotline::peer::EndedBy;

use crate::survival::line::Line;
use crate::survival::stage::{self, Stage};

const GUARD: Duration = Duration::from_secs(20);
/// R19.
const LIMIT: Duration = Duration::from_secs(10);

/// R19: SIGTERM lets calls end by themselves for a while, hangs up the rest, refuses new ones, and
/// every one has its record.
#[test]
fn sigterm_hangs_up_and_records_everything() {
    let mut stage = Stage::start(4);
    let phones = stage.phones(Duration::from_secs(60));
    stage.ready();
    // The first is over during the drain (2 s), the others are not; two more wait.
    let leaver = stage.call(1, Duration::from_millis(1_500));
    stage.talking(1);
    let stayers = stage.call(5, Duration::from_secs(60));
    stage.talking(4);
    stage.switch.until("two callers wait", |switch| {
        (stage::in_phase(switch, "waiting") == 2).then_some(())
    });
    let line = Line::new(stage.switch.place.sip(11), stage.switch.sip());
    line.invite("9197", "in-the-ivr");
    let heard = line.outcome("in-the-ivr", GUARD).expect("an answer");
    assert_eq!(heard.status, 200, "{}", heard.text);
    line.ack("9197", &heard);

    let late = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        line.invite("9197", "too-late");
        let heard = line.outcome("too-late", GUARD);
        if let Some(heard) = &heard {
            line.ack("9197", heard);
        }
        (line, heard)
    });
    let took = stage.switch.terminate();
    println!("stopped after {took:?}");
    assert!(took < LIMIT, "it took {took:?}");
    let (_line, late) = late.join().expect("the late caller");
    let late = late.expect("the late caller is answered");
    assert_eq!(late.status, 503, "{}", late.text);
    assert!(late.text.contains("\r\nRetry-After:"), "{}", late.text);

    let report = leaver.join().expect("a caller");
    assert_eq!(report.calls[0].ended, Some(EndedBy::Us), "it may end by itself");
    let report = stayers.join().expect("callers");
    for call in &report.calls {
        assert_eq!(call.ended, Some(EndedBy::Them), "BYE to {call:?}");
    }
    let (answers, _) = phones.stop();
    assert_eq!(answers.len(), 4);
    for answer in answers.iter().filter(|answer| answer.caller != "13800130000") {
        assert_eq!(answer.ended, Some(EndedBy::Them), "BYE to {answer:?}");
    }

    stage.switch.run();
    let cdrs = stage.switch.cdrs(8);
    let causes: Vec<_> = stage::causes(&cdrs).into_iter().collect();
    assert_eq!(causes, [("answered".to_owned(), 1), ("shutdown".to_owned(), 7)], "{cdrs:#?}");
    let refused = cdrs.iter().find(|cdr| cdr["sip_call_id"] == "too-late").expect("its record");
    assert_eq!(refused["sip_status"], 503);
    for cdr in cdrs.iter().filter(|cdr| !cdr["t_ans"].is_null()) {
        assert!(!cdr["t_talk_end"].is_null() && !cdr["recording"].is_null(), "{cdr}");
        assert_eq!(cdr["legs"].as_array().map(Vec::len), Some(2), "the figures of media: {cdr}");
    }
    let events = stage::events(&stage.switch);
    stage::one_cdr_each(&events);
    let kinds: Vec<_> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    let stopped = kinds.iter().position(|kind| *kind == "stopped").expect("it stopped in order");
    assert_eq!(kinds.get(stopped + 1), Some(&"started"), "nothing was left open");
}
