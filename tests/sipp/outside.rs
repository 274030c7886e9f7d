use hotline::peer::{EndedBy, Incoming, Phone, PhoneSettings};

use crate::sipp::cdr::{check_times, end, number};
use crate::sipp::party::Party;
use crate::sipp::stage::{LIMIT, Stage};

#[test]
fn a_caller_gives_up_before_anybody_answers_over_udp_and_tcp() {
    let stage = Stage::new();
    let mut settings = PhoneSettings::new("110");
    settings.bind = stage.switch.place.sip(13);
    settings.incoming = Incoming::Ring;
    let outside = Phone::start(settings).expect("a phone starts");
    for (count, transport) in [(1, "u1"), (2, "t1")] {
        let carrier = stage.carrier("carrier-cancels", "12398", &["-d", "500", "-t", transport]);
        let ring = outside.wait_call(LIMIT).expect("it rings outside");
        assert_eq!(ring.caller().number.trim_start_matches("+86"), "13800138000");
        assert_eq!(ring.wait_end(LIMIT), Some(EndedBy::Cancelled));
        carrier.ends_well();
        let cdr = &stage.switch.cdrs(count)[0];
        assert_eq!(end(cdr), "cancelled caller null 487", "{transport}: {cdr}");
        assert_eq!(number(cdr, "t_ivr"), None, "{cdr}");
        check_times(cdr);
    }
    assert_eq!(outside.complaints(), Vec::<String>::new());
}

#[test]
fn busy_and_no_answer_outside_reach_the_caller_and_the_record() {
    let stage = Stage::new();
    let outside = stage.switch.place.sip(13);
    for (count, there, here, cause) in [
        (1, "is-busy", "carrier-meets-busy", "far-busy flow null 486"),
        (2, "rings-in-vain", "carrier-gets-no-answer", "far-no-answer flow null 480"),
    ] {
        let there = Party::waits(&stage.switch, there, outside, &[]);
        let carrier = stage.carrier(here, "12398", &[]);
        there.ends_well();
        carrier.ends_well();
        let cdr = &stage.switch.cdrs(count)[0];
        assert_eq!(end(cdr), cause, "{here}: {cdr}");
        check_times(cdr);
    }
    let carrier = stage.carrier("carrier-calls-nowhere", "00000", &[]);
    carrier.ends_well();
    assert_eq!(end(&stage.switch.cdrs(3)[0]), "no-route system null 404");
}
