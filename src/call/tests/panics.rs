use std::time::Duration;

use crate::call::input::Input;
use crate::call::tests::Bench;
use crate::call::tests::bench::{carrier, phone};
use crate::call::{Cause, EndedBy, Fact};
use crate::media::Command;

/// R26: the step of one call panics half-way, with things taken that nothing was said about yet.
#[test]
fn one_calls_panic_hurts_no_other() {
    let mut bench = Bench::new(2);
    let (victim, neighbour) = (bench.call(), bench.call());
    assert_eq!((bench.requests("INVITE", phone(1)), bench.requests("INVITE", phone(2))), (1, 1));
    bench.pass(Duration::from_secs(5));
    let (sent, media) = (bench.sent.len(), bench.media.len());
    let (id, other) = (bench.id(&victim), bench.id(&neighbour));
    let held = bench.core.calls[&id].holdings.streams.clone();
    assert_eq!(held.len(), 2);

    let mut out = Vec::new();
    bench.core.step(bench.now, id, Input::Break, &mut out);
    bench.take(out);
    // What the desk says about it is told with the next event.
    bench.event(crate::call::Event::Deadline);

    // Both legs of the one call get BYE, the other call hears nothing of it.
    let told: Vec<_> =
        bench.sent[sent..].iter().filter(|(_, text)| text.starts_with("BYE")).collect();
    let to: Vec<_> = told.iter().map(|(to, _)| *to).collect();
    assert_eq!(to.len(), 2, "{told:?}");
    assert!(to.contains(&carrier()) && to.contains(&phone(1)), "{to:?}");
    // Its recording ends, its streams are closed; no worker ever heard of that of the broken step.
    let (mut closed, mut stopped) = (0, 0);
    for command in &bench.media[media..] {
        match command {
            Command::Close { .. } => closed += 1,
            Command::StopRecord { .. } => stopped += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((closed, stopped), (2, 1));

    let cdrs = bench.cdrs();
    assert_eq!(cdrs.len(), 1);
    let cdr = cdrs[0];
    assert_eq!(
        (cdr.call, cdr.cause, cdr.ended_by),
        (Some(id), Cause::InternalError, EndedBy::System)
    );
    assert_eq!((cdr.talk_ms, cdr.agent.clone()), (5_000, Some("1".into())));
    let ended = bench.records.iter().find_map(|record| match record.fact {
        Fact::RecordingEnded { call, length_ms, .. } => Some((call, length_ms)),
        _ => None,
    });
    assert_eq!(ended, Some((id, 5_000)), "the length of its recording is known");

    // The neighbour goes on; the agent is free for the next caller after wrap-up.
    assert!(bench.core.calls.contains_key(&other));
    bench.pass(Duration::from_secs(2));
    let third = bench.call();
    assert_eq!(bench.requests("INVITE", phone(1)), 2, "the agent takes calls again");
    bench.pass(Duration::from_secs(3));
    for call in [&neighbour, &third] {
        bench.hang_up(call);
    }
    bench.pass(Duration::from_secs(3));
    let cdrs = bench.cdrs();
    let rest: Vec<_> = cdrs[1..].iter().map(|cdr| (cdr.cause, cdr.talk_ms)).collect();
    assert_eq!(rest, [(Cause::Answered, 10_000), (Cause::Answered, 3_000)]);
    bench.check_empty();
}

/// A caller who waits, and one whose agent rings, are freed just so.
#[test]
fn a_panic_in_the_queue_frees_the_place() {
    let mut bench = Bench::new(1);
    let first = bench.call();
    let (waiting, next) = (bench.call(), bench.call());
    let id = bench.id(&waiting);
    let mut out = Vec::new();
    bench.core.step(bench.now, id, Input::Break, &mut out);
    bench.take(out);
    bench.event(crate::call::Event::Deadline);
    assert_eq!(bench.cdrs()[0].cause, Cause::InternalError);
    bench.hang_up(&first);
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.requests("INVITE", phone(1)), 2, "the next caller got the agent");
    bench.hang_up(&next);
    bench.pass(Duration::from_secs(3));
    assert_eq!(bench.cdrs().len(), 3);
    bench.check_empty();
}

fn alarms(bench: &Bench) -> Vec<bool> {
    let alarm = |record: &crate::call::Record| match &record.fact {
        Fact::Alarm { id, cleared, .. } if id == "internal-error" => Some(*cleared),
        _ => None,
    };
    bench.records.iter().filter_map(alarm).collect()
}

/// R26 outside a call's step: the stack runs into a fault over one message.
#[test]
fn a_message_that_breaks_the_stack_costs_itself_and_is_an_alarm() {
    let mut bench = Bench::new(2);
    let (one, other) = (bench.call(), bench.call());
    bench.receive(carrier(), "OPTIONS sip:x@10.0.0.1 SIP/2.0\r\nX-Break: stack\r\n\r\n".to_owned());
    bench.receive(carrier(), "OPTIONS sip:x@10.0.0.1 SIP/2.0\r\nX-Break: stack\r\n\r\n".to_owned());
    assert_eq!(alarms(&bench), [false], "once");
    bench.pass(Duration::from_secs(2));
    for call in [&one, &other] {
        assert!(bench.core.calls.contains_key(&bench.id(call)));
        bench.hang_up(call);
    }
    bench.pass(Duration::from_secs(3));
    assert!(bench.cdrs().iter().all(|cdr| cdr.cause == Cause::Answered && cdr.talk_ms == 2_000));
    bench.pass(Duration::from_secs(3_600));
    assert_eq!(alarms(&bench), [false, true]);
    bench.check_empty();
}

/// The step of one dialog breaks: its call is over, and nobody else's.
#[test]
fn a_dialog_that_breaks_costs_its_call_only() {
    let mut bench = Bench::new(2);
    let (victim, neighbour) = (bench.call(), bench.call());
    let (id, other) = (bench.id(&victim), bench.id(&neighbour));
    bench.pass(Duration::from_secs(1));
    let dialog = bench.core.calls[&id].holdings.dialogs[0];
    let broken = crate::sip::Command::Probe { dialog };
    bench.core.world.stack.break_next_dialog = true;
    let mut out = Vec::new();
    bench.core.stack_step(bench.now, crate::sip::Input::Command(broken), &mut out);
    bench.core.settle(bench.now, &mut out);
    bench.take(out);
    assert_eq!(alarms(&bench), [false]);
    let cdrs = bench.cdrs();
    assert_eq!((cdrs.len(), cdrs[0].call, cdrs[0].cause), (1, Some(id), Cause::InternalError));
    assert_eq!(bench.requests("BYE", phone(1)), 1, "the agent is told");
    assert!(bench.core.calls.contains_key(&other));
    bench.hang_up(&neighbour);
    bench.pass(Duration::from_secs(3_700));
    assert_eq!(bench.cdrs()[1].cause, Cause::Answered);
    bench.check_empty();
}

/// An INVITE whose numbers cannot even be looked at is refused, and has its record.
#[test]
fn an_invite_that_breaks_its_arrival_is_refused_and_recorded() {
    let mut bench = Bench::new(1);
    let talk = bench.call();
    bench.invite_from("break-arrival");
    assert!(
        bench.sent.iter().any(|(to, text)| *to == carrier() && text.starts_with("SIP/2.0 500"))
    );
    assert_eq!((bench.cdrs().len(), bench.cdrs()[0].cause), (1, Cause::InternalError));
    assert_eq!(alarms(&bench), [false]);
    bench.hang_up(&talk);
    bench.pass(Duration::from_secs(3_700));
    assert_eq!(bench.cdrs()[1].cause, Cause::Answered);
    bench.check_empty();
}

/// The desk breaks over one agent's wish: who asked hears of it, the agent signs in again.
#[test]
fn a_wish_that_breaks_the_desk_costs_the_agent_a_sign_in() {
    let mut bench = Bench::new(2);
    let talk = bench.call();
    let agent: crate::base::AgentId = "2".into();
    let reason = "break the desk".to_owned();
    bench.command(crate::call::Command::NotReady { agent: agent.clone(), reason });
    assert_eq!(alarms(&bench), [false]);
    bench.command(crate::call::Command::SignIn { agent: agent.clone() });
    bench.command(crate::call::Command::Ready { agent });
    let next = bench.call();
    assert_eq!(bench.requests("INVITE", phone(2)), 1, "the agent works again");
    for call in [&talk, &next] {
        bench.hang_up(call);
    }
    bench.pass(Duration::from_secs(3));
    assert!(bench.cdrs().iter().all(|cdr| cdr.cause == Cause::Answered));
    bench.check_empty();
}

/// The desk breaks over the agent's 200, when it has forgotten the offer already.
#[test]
fn an_answer_that_breaks_the_desk_costs_the_call_and_leaves_nothing_of_it() {
    let mut bench = Bench::new(1);
    bench.core.desk.break_next_answer = true;
    let lost = bench.call();
    assert_eq!(alarms(&bench), [false]);
    assert_eq!(bench.cdrs().len(), 1, "its call is over");
    assert_eq!(bench.cdrs()[0].cause, Cause::InternalError);
    assert_eq!(bench.requests("BYE", carrier()), 1);
    let agent: crate::base::AgentId = "1".into();
    bench.command(crate::call::Command::SignIn { agent: agent.clone() });
    bench.command(crate::call::Command::Ready { agent });
    let next = bench.call();
    bench.pass(Duration::from_secs(1));
    assert_ne!(bench.id(&next), bench.cdrs()[0].call.unwrap(), "{lost:?}");
    bench.hang_up(&next);
    bench.pass(Duration::from_secs(3_700));
    assert_eq!(bench.cdrs()[1].cause, Cause::Answered);
    bench.check_empty();
}
