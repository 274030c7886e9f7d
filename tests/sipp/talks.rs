use std::time::Duration;

use hotline::peer::{EndedBy, Incoming};

use crate::sipp::cdr::{check_times, end, number};
use crate::sipp::party::Party;
use crate::sipp::stage::{ECHO, LIMIT, Stage, TONE};
use crate::sipp::story::story;

const AT_ONCE: Incoming = Incoming::AnswerAfter(Duration::ZERO);

#[test]
fn a_carrier_calls_and_hangs_up_over_udp_and_tcp() {
    let stage = Stage::new();
    let agent = stage.agent("8102", AT_ONCE);
    for (count, transport) in [(1, "u1"), (2, "t1")] {
        let options = ["-t", transport, "-d", "4000", ECHO[0]];
        let carrier = stage.carrier("carrier-hangs-up", "12399", &options);
        let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
        assert!(talk.hears_tone(TONE, LIMIT), "{transport}: {:?}", talk.hear());
        assert_eq!(talk.wait_end(LIMIT), Some(EndedBy::Them), "{transport}");
        carrier.ends_well();
        let cdr = &stage.switch.cdrs(count)[0];
        assert_eq!(end(cdr), "answered caller 8102 0", "{transport}: {cdr}");
        assert_eq!(cdr["caller"], "+8613800138000", "{cdr}");
        check_times(cdr);
        assert!(number(cdr, "talk_ms") >= Some(1_000), "{cdr}");
        assert_eq!(talk.hear().lost, 0);
    }
    assert_eq!(agent.complaints(), Vec::<String>::new());
}

#[test]
fn a_carrier_is_hung_up_by_the_agent() {
    let stage = Stage::new();
    let agent = stage.agent("8102", AT_ONCE);
    let carrier = stage.carrier("carrier-is-hung-up", "12399", &ECHO);
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert!(talk.hears_tone(TONE, LIMIT), "{:?}", talk.hear());
    talk.hang_up();
    carrier.ends_well();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered agent 8102 0", "{cdr}");
    check_times(cdr);
}

#[test]
fn a_phone_of_sipp_answers_and_either_side_hangs_up() {
    let stage = Stage::new();
    let citizen = stage.citizen();
    let agent = stage.sipp_agent("agent-answers", &ECHO);
    let call = stage.call(&citizen, "12399");
    assert!(call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
    call.hang_up();
    agent.ends_well();
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8101 0", "{cdr}");
    check_times(cdr);

    let agent = Party::waits(
        &stage.switch,
        "agent-hangs-up",
        stage.switch.place.sip(21),
        &["-s", "8101", "-d", "3000", ECHO[0]],
    );
    let call = stage.call(&citizen, "12399");
    assert!(call.hears_tone(TONE, LIMIT), "{:?}", call.hear());
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Them));
    agent.ends_well();
    let cdr = &stage.switch.cdrs(2)[0];
    assert_eq!(end(cdr), "answered agent 8101 0", "{cdr}");
    check_times(cdr);
    assert!(number(cdr, "talk_ms") >= Some(2_500), "{cdr}");
    assert_eq!(citizen.complaints(), Vec::<String>::new());
}

#[test]
fn an_agent_holds_and_retrieves() {
    let stage = Stage::new();
    let citizen = stage.citizen();
    let agent = stage.sipp_agent("agent-holds", &["-d", "2000", ECHO[0]]);
    let call = stage.call(&citizen, "12399");
    assert_eq!(call.wait_end(LIMIT), Some(EndedBy::Them));
    agent.ends_well();
    // Music while it waits, itself by the echo, music on hold, and so on.
    let story = story(&call, TONE);
    assert!(story.trim_start_matches(['-', 'M']).starts_with("TMTMT"), "{story}");
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered agent 8101 0", "{cdr}");
    check_times(cdr);
    let (hold, talk) = (number(cdr, "hold_ms"), number(cdr, "talk_ms"));
    assert!(hold >= Some(3_500) && hold < talk, "{cdr}");
    assert_eq!(citizen.complaints(), Vec::<String>::new());
}

#[test]
fn a_carrier_holds_and_retrieves() {
    let stage = Stage::new();
    let agent = stage.agent("8102", AT_ONCE);
    let carrier = stage.carrier("carrier-holds", "12399", &["-d", "2000", ECHO[0]]);
    let talk = agent.wait_call(LIMIT).expect("the agent's phone rings");
    assert_eq!(talk.wait_end(LIMIT), Some(EndedBy::Them));
    carrier.ends_well();
    // Nothing comes back while the carrier does not listen.
    let story = story(&talk, TONE);
    assert!(story.trim_start_matches('-').starts_with("T-T-T"), "{story}");
    let cdr = &stage.switch.cdrs(1)[0];
    assert_eq!(end(cdr), "answered caller 8102 0", "{cdr}");
    check_times(cdr);
    assert_eq!(agent.complaints(), Vec::<String>::new());
}
