//! Callers against answerers, with nothing between.

use std::time::Duration;

use crate::peer::fleet::{
    AnswerPlan, Answerers, CallerPlan, DelaysPlan, measure_delays, place_calls,
};
use crate::peer::{EndedBy, Pump};

fn any() -> std::net::SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

#[test]
fn every_packet_of_many_calls_arrives() {
    let pump = Pump::start().unwrap();
    let mut answers = AnswerPlan::new(any());
    answers.talk = Some(Duration::from_secs(2));
    let answerers = Answerers::start(answers, &pump).unwrap();
    let target = format!("sip:uas@{}", answerers.address());
    let mut plan = CallerPlan::new(any(), &target, 20, 40.0);
    plan.keys = vec![(Duration::from_millis(300), "12".to_owned())];
    let mut report = place_calls(&plan, &pump).unwrap();
    let (answers, complaints) = answerers.stop();
    assert_eq!((report.answered(), answers.len()), (20, 20), "{report}");
    assert_eq!((report.complaints.as_slice(), complaints.as_slice()), (&[][..], &[][..]));
    assert_eq!(report.heard_tone(800), 20, "{report}");
    assert_eq!(report.heard_both_ways(&answers, 440, 800), 20, "{report}");
    assert!(report.calls.iter().all(|call| call.ended == Some(EndedBy::Them)), "{report}");
    for answer in &answers {
        let heard = &answer.heard;
        assert_eq!((heard.lost, heard.tags.lost, heard.tags.doubled), (0, 0, 0), "{heard:?}");
        assert!(heard.tone_windows(440) >= 5 && heard.keys == "12", "{heard:?}");
        let caller = heard.tags.who.map(|who| format!("1380013{who:04}"));
        assert_eq!(caller.as_deref(), Some(&*answer.caller));
    }
    assert_eq!(report.sum(|heard| heard.lost + heard.doubled + heard.foreign), 0, "{report}");

    // Nothing is missing in the numbers of a leg whose audio ends too early.
    assert_eq!(report.cut_short(&answers), 0, "{report}");
    report.calls[7].lasted = Some(Duration::from_secs(5));
    assert_eq!(report.cut_short(&answers), 1, "{report}");
}

#[test]
fn set_ups_without_audio_and_single_delays_are_measured() {
    let pump = Pump::start().unwrap();
    let mut answers = AnswerPlan::new(any());
    answers.voice = None;
    let answerers = Answerers::start(answers, &pump).unwrap();
    let target = format!("sip:uas@{}", answerers.address());
    let mut plan = CallerPlan::new(any(), &target, 200, 400.0);
    plan.voice = None;
    plan.stay = Duration::ZERO;
    let report = place_calls(&plan, &pump).unwrap();
    assert_eq!((report.answered(), report.complaint_count), (200, 0), "{report}");
    assert!(report.calls.iter().all(|call| call.ended == Some(EndedBy::Us)), "{report}");
    drop(answerers);
    let callee = {
        let probe = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap()
    };
    let delays = DelaysPlan {
        caller: any(),
        callee,
        target: format!("sip:uas@{callee}"),
        calls: 5,
        per_second: 20.0,
    };
    let delays = measure_delays(&delays, &pump).unwrap();
    assert_eq!((delays.failed, delays.invite.count, delays.answer.count), (0, 5, 5), "{delays:?}");
}

#[test]
fn refusals_are_counted_as_such() {
    let pump = Pump::start().unwrap();
    let mut answers = AnswerPlan::new(any());
    answers.refuse = Some(486);
    let answerers = Answerers::start(answers, &pump).unwrap();
    let target = format!("sip:uas@{}", answerers.address());
    let report = place_calls(&CallerPlan::new(any(), &target, 5, 50.0), &pump).unwrap();
    assert_eq!(report.ends().get(&Some(EndedBy::Refused(486))), Some(&5), "{report}");
    assert_eq!(report.complaints, Vec::<String>::new());
}
