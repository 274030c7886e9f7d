use std::time::Duration;

use crate::call::input::Input;
use crate::call::phase::Phase;
use crate::call::tests::Bench;
use crate::call::tests::bench::phone;
use crate::call::turn::Turn;
use crate::call::{Cause, Event};
use crate::sip;

/// What came too late or at the wrong leg: the call stands where it stood.
#[test]
fn an_event_that_does_not_fit_loses_no_phase() {
    let mut bench = Bench::new(1);
    let talks = bench.call();
    let waits = bench.call();
    for (sip_call_id, wanted) in [(&talks, "Talking"), (&waits, "Waiting")] {
        let id = bench.id(sip_call_id);
        let entry = bench.core.calls.get_mut(&id).unwrap();
        let mut call = entry.call.take().unwrap();
        let mut acts = Vec::new();
        let settings = bench.core.settings.clone();
        let mut turn = Turn {
            now: bench.now,
            call: id,
            settings: &settings,
            world: &mut bench.core.world,
            draft: &mut entry.draft,
            holdings: &mut entry.holdings,
            out: &mut acts,
        };
        let name = |phase: &Phase| format!("{phase:?}").split('(').next().unwrap().to_owned();
        call.ring_failed(&mut turn, 486);
        assert_eq!(name(&call.phase), wanted, "a refusal of a ring that is over");
        call.agent_answered(&mut turn, None);
        assert_eq!(name(&call.phase), wanted, "an answer to it");
        call.bridge(&mut turn);
        assert_eq!(name(&call.phase), wanted, "the end of an announcement that nobody hears");
        call.dial_answered(&mut turn, None);
        call.dial_failed(&mut turn, 486);
        call.stop_dial(&mut turn);
        assert_eq!(name(&call.phase), wanted, "a party outside that was given up");
        assert!(call.end_message(&mut turn).is_none());
        if wanted == "Waiting" {
            call.far_gone(&mut turn, true);
        }
        assert_eq!(name(&call.phase), wanted, "the end of a talk there is not");
        assert!(acts.is_empty(), "{acts:?}");
        entry.call = Some(call);
    }
    bench.hang_up(&talks);
    bench.pass(Duration::from_secs(3));
    bench.hang_up(&waits);
    bench.check_empty();
}

/// A phone that rings and does not know the call: the ring ends, and the caller keeps the place.
#[test]
fn a_ringing_phone_that_forgot_the_call_costs_the_caller_no_place() {
    let mut bench = Bench::new(1);
    bench.silent = true;
    let call = bench.call();
    let id = bench.id(&call);
    let Some(Phase::Offered(_, ringing)) = bench.core.calls[&id].call.as_ref().map(|c| &c.phase)
    else {
        panic!("no agent rings");
    };
    let dialog = ringing.leg.dialog;
    let mut out = Vec::new();
    let probed = sip::Event::Probed { dialog, alive: false };
    bench.core.step(bench.now, id, Input::Sip(probed), &mut out);
    bench.take(out);
    bench.event(Event::Deadline);
    assert_eq!(bench.requests("CANCEL", phone(1)), 1);
    bench.silent = false;
    // The pause after an unreachable phone.
    bench.pass(Duration::from_secs(6));
    assert_eq!(bench.requests("INVITE", phone(1)), 2, "rung again for the same caller");
    bench.hang_up(&call);
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.cdrs()[0].cause, Cause::Answered);
    bench.check_empty();
}
