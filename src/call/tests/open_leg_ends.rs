use std::sync::Arc;
use std::time::Duration;

use crate::acd::{self, Reason, State, Status};
use crate::base::StreamId;
use crate::call::input::Input;
use crate::call::tests::Bench;
use crate::call::tests::bench::{carrier, phone, settings};
use crate::call::tests::open_leg::{SECOND, asleep, leg_down, now, one, ready, state};
use crate::call::{AnswerBy, Cause, Command, CommandError, EndedBy, Event, LegEnd};
use crate::media;

/// The stream of the leg.
fn opened(bench: &Bench) -> StreamId {
    let opened = bench.media.iter().find_map(|command| match command {
        media::Command::Open { stream, .. } => Some(*stream),
        _ => None,
    });
    opened.expect("the leg is up")
}

/// The last answer is a 409 that names the phone and says this.
fn denied(bench: &Bench, what: &str) {
    match bench.replies.last() {
        Some(Err(CommandError::PhoneCannot(text))) => {
            assert!(text.contains("phone 1 of agent 1") && text.contains(what), "{text}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_phone_that_does_not_come_up_leaves_its_agent_signed_out() {
    for (answer, what) in [("486 Busy Here", "busy"), ("603 Decline", "603"), ("404 No", "404")] {
        let mut bench = asleep(1);
        bench.answers = Some(answer);
        bench.command(Command::SignIn { agent: one() });
        denied(&bench, what);
        assert_eq!(now(&bench).0, Status::SignedOut);
        bench.check_empty();
    }
    let mut bench = asleep(1);
    bench.answers = None;
    bench.command(Command::SignIn { agent: one() });
    assert!(bench.replies.is_empty(), "it rings");
    bench.command(Command::Ready { agent: one() });
    assert!(matches!(bench.replies.last(), Some(Err(CommandError::WrongState(_)))));
    bench.command(Command::SignIn { agent: one() });
    assert!(matches!(bench.replies.last(), Some(Err(CommandError::WrongState(_)))));
    bench.pass(SECOND * 31);
    denied(&bench, "did not answer within 30 s");
    assert_eq!((bench.replies.len(), now(&bench).0), (3, Status::SignedOut));
    bench.check_empty();
    // The registration has run out.
    bench.pass(SECOND * 3_600);
    bench.command(Command::SignIn { agent: one() });
    denied(&bench, "is not registered");
    bench.check_empty();
}

#[test]
fn a_sign_out_calls_the_phone_off() {
    let mut bench = asleep(1);
    bench.answers = None;
    bench.command(Command::SignIn { agent: one() });
    bench.command(Command::SignOut { agent: one() });
    assert_eq!(bench.replies.last(), Some(&Ok(())));
    assert!(matches!(bench.replies.first(), Some(Err(CommandError::PhoneCannot(_)))));
    assert_eq!((bench.replies.len(), now(&bench).0), (2, Status::SignedOut));
    bench.check_empty();
}

#[test]
fn who_hangs_up_an_idle_leg_is_not_ready_until_it_is_up_again() {
    let mut bench = ready(1);
    bench.pass(SECOND * 60);
    bench.phone_hangs_up(1);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    assert_eq!(leg_down(&bench), [(LegEnd::HungUp, 60_000, 0)]);
    assert_eq!(bench.core.leg_state(&one()), Some("down"));
    let call = bench.call();
    bench.pass(SECOND);
    assert_eq!(state(&bench), State::Idle, "nobody is rung who cannot hear it");
    bench.answers = Some("486 Busy Here");
    bench.command(Command::Ready { agent: one() });
    denied(&bench, "busy");
    assert_eq!(now(&bench).0, Status::NotReady(Reason::PhoneLost));
    bench.answers = Some("200 OK");
    bench.command(Command::Ready { agent: one() });
    assert_eq!(bench.replies.last(), Some(&Ok(())));
    assert_eq!(state(&bench), State::Ringing, "the caller who waited");
    bench.hang_up(&call);
    bench.phone_hangs_up(1);
    bench.check_empty();
}

#[test]
fn who_hangs_up_the_phone_in_a_call_ends_call_and_leg() {
    let mut bench = ready(1);
    bench.call();
    bench.command(Command::Answer { agent: one() });
    bench.pass(SECOND * 4);
    bench.phone_hangs_up(1);
    assert_eq!(bench.requests("BYE", carrier()), 1, "the flow ends, as after any agent");
    assert_eq!(state(&bench), State::WrapUp);
    bench.pass(SECOND * 3);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    assert_eq!(leg_down(&bench), [(LegEnd::HungUp, 4_000, 1)]);
    let cdr = bench.cdrs()[0];
    assert_eq!((cdr.cause, cdr.ended_by, cdr.talk_ms), (Cause::Answered, EndedBy::Agent, 4_000));
    bench.check_empty();
}

#[test]
fn who_hangs_up_the_phone_while_it_rings_sends_the_caller_back() {
    let mut bench = ready(1);
    let call = bench.call();
    bench.phone_hangs_up(1);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    assert_eq!(bench.core.census().desk.waiting, 1);
    bench.hang_up(&call);
    bench.check_empty();
}

#[test]
fn a_silent_phone_that_knows_nothing_of_its_leg_loses_it() {
    let mut bench = ready(1);
    let (stream, since) = (opened(&bench), bench.now);
    bench.gone.push(phone(1));
    bench.event(Event::Media(media::Event::Silent { stream, since }));
    assert_eq!(bench.requests("OPTIONS", phone(1)), 1);
    bench.pass(SECOND * 40);
    assert_eq!(leg_down(&bench)[0].0, LegEnd::Unreachable);
    assert_eq!(now(&bench).0, Status::NotReady(Reason::PhoneLost));
    bench.check_empty();
}

#[test]
fn a_phone_found_dead_while_a_caller_rings_there_sends_the_caller_back() {
    let mut bench = ready(1);
    let (stream, since) = (opened(&bench), bench.now);
    bench.gone.push(phone(1));
    bench.event(Event::Media(media::Event::Silent { stream, since }));
    bench.pass(SECOND);
    let call = bench.call();
    assert_eq!(state(&bench), State::Ringing);
    // The OPTIONS is given up before the ring is.
    bench.pass(SECOND * 17);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    assert_eq!(leg_down(&bench)[0].0, LegEnd::Unreachable);
    assert_eq!(bench.core.census().desk.waiting, 1);
    bench.gone.clear();
    bench.hang_up(&call);
    bench.check_empty();
}

#[test]
fn ready_takes_back_a_sign_out_to_come_and_calls_the_phone_for_it() {
    let mut bench = ready(1);
    bench.core.desk_step(bench.now, acd::Input::Busy { agent: one() });
    bench.command(Command::NotReady { agent: one(), reason: "tea".into() });
    bench.command(Command::SignOut { agent: one() });
    bench.phone_hangs_up(1);
    bench.command(Command::Ready { agent: one() });
    assert_eq!(bench.requests("INVITE", phone(1)), 2, "there was no leg");
    bench.core.desk_step(bench.now, acd::Input::Free { agent: one() });
    bench.event(Event::Deadline);
    assert_eq!(now(&bench), (Status::Ready, State::Idle));
    bench.phone_hangs_up(1);
    bench.check_empty();
}

/// R26: with the call goes the leg that it had; neither leaves anything behind.
#[test]
fn a_panic_of_the_call_costs_the_leg_too() {
    let mut bench = ready(1);
    let call = bench.call();
    bench.command(Command::Answer { agent: one() });
    let id = bench.id(&call);
    let mut out = Vec::new();
    bench.core.step(bench.now, id, Input::Break, &mut out);
    bench.take(out);
    bench.event(Event::Deadline);
    assert_eq!(bench.requests("BYE", phone(1)), 1);
    assert_eq!(leg_down(&bench)[0].0, LegEnd::Failed);
    bench.pass(SECOND * 3);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    bench.check_empty();
}

#[test]
fn new_settings_end_the_leg_after_the_call_that_has_it() {
    let mut bench = ready(1);
    let flows = Arc::clone(&bench.core.flows);
    let call = bench.call();
    bench.command(Command::Answer { agent: one() });
    let hand = Arc::new(settings(1, AnswerBy::Hand));
    bench.command(Command::Use { settings: hand, flows: Arc::clone(&flows) });
    bench.pass(SECOND * 2);
    assert_eq!((state(&bench), leg_down(&bench).len()), (State::Talking, 0));
    bench.hang_up(&call);
    assert_eq!(leg_down(&bench)[0].0, LegEnd::Settings);
    bench.pass(SECOND * 2);
    assert_eq!(now(&bench), (Status::Ready, State::Idle), "the next caller rings the phone");
    // And back: who has no leg is not ready.
    let open = Arc::new(settings(1, AnswerBy::OpenLeg));
    bench.command(Command::Use { settings: open, flows });
    assert_eq!(now(&bench).0, Status::NotReady(Reason::PhoneLost));
    bench.check_empty();
}

#[test]
fn an_engine_that_stops_hangs_up_its_legs_last() {
    let mut bench = ready(1);
    let call = bench.call();
    bench.command(Command::Answer { agent: one() });
    bench.event(Event::Shutdown { drain: Duration::from_secs(60) });
    bench.pass(SECOND);
    assert_eq!(bench.requests("BYE", phone(1)), 0);
    bench.hang_up(&call);
    bench.pass(SECOND * 3);
    assert_eq!(bench.requests("BYE", phone(1)), 1);
    assert_eq!(leg_down(&bench)[0].0, LegEnd::Shutdown);
    bench.command(Command::Ready { agent: one() });
    assert_eq!(bench.replies.last(), Some(&Err(CommandError::Overloaded)));
    bench.check_empty();
}

/// Lets the stack break over the dialog of the agent's leg.
fn break_dialog(bench: &mut Bench) {
    let (_, leg) = bench.core.world.open_legs.iter().next().expect("it has a leg");
    let dialog = leg.holdings.dialogs.first().copied();
    let dialog = dialog.unwrap_or_else(|| {
        let call = bench.core.calls.values().next().expect("a call has the leg");
        *call.holdings.dialogs.last().expect("it has both dialogs")
    });
    bench.core.world.stack.break_next_dialog = true;
    let mut out = Vec::new();
    let probe = crate::sip::Command::Probe { dialog };
    bench.core.stack_step(bench.now, crate::sip::Input::Command(probe), &mut out);
    bench.core.settle(bench.now, &mut out);
    bench.take(out);
}

/// R26: nothing of the leg is left, and the agent can have a new one.
#[test]
fn a_leg_whose_dialog_breaks_is_down_and_comes_up_again() {
    let mut bench = ready(1);
    bench.pass(SECOND * 60);
    break_dialog(&mut bench);
    assert_eq!(leg_down(&bench), [(LegEnd::Failed, 60_000, 0)]);
    assert_eq!(now(&bench), (Status::NotReady(Reason::PhoneLost), State::Idle));
    assert_eq!(bench.core.world.open_legs.len(), 0);
    bench.command(Command::Ready { agent: one() });
    assert_eq!(bench.replies.last(), Some(&Ok(())));
    // While a call has it, both go.
    bench.call();
    bench.command(Command::Answer { agent: one() });
    bench.pass(SECOND);
    break_dialog(&mut bench);
    assert_eq!(bench.cdrs()[0].cause, Cause::InternalError);
    assert_eq!(leg_down(&bench)[1].0, LegEnd::Failed);
    assert_eq!(bench.core.world.open_legs.len(), 0);
    bench.pass(SECOND * 3_700);
    bench.check_empty();
}

#[test]
fn a_phone_whose_dialog_breaks_while_it_rings_is_told_to_who_asked() {
    let mut bench = asleep(1);
    bench.answers = None;
    bench.command(Command::SignIn { agent: one() });
    break_dialog(&mut bench);
    denied(&bench, "internal error");
    assert_eq!((bench.replies.len(), now(&bench).0), (1, Status::SignedOut));
    assert_eq!(bench.core.world.open_legs.len(), 0);
    bench.pass(SECOND * 3_700);
    bench.check_empty();
}

/// The first contact is dead: the RTP comes from where the next one is.
#[test]
fn a_leg_hears_the_contact_that_is_called_in_the_end() {
    let mut bench = asleep(1);
    bench.answers = None;
    bench.command(Command::SignIn { agent: one() });
    let (id, leg) = bench.core.world.open_legs.iter().next().expect("it is called");
    let (id, dialog) = (*id, leg.holdings.dialogs[0]);
    let source: std::net::IpAddr = "10.0.7.7".parse().unwrap();
    let sdp = "v=0\r\no=- 1 1 IN IP4 10.0.7.7\r\ns=-\r\nc=IN IP4 10.0.7.7\r\nt=0 0\r\n\
               m=audio 4000 RTP/AVP 8\r\n";
    let mut out = Vec::new();
    for event in [
        crate::sip::Event::Redirected { dialog, source },
        crate::sip::Event::Answered { dialog, sdp: Some(sdp.into()) },
    ] {
        bench.core.step(bench.now, id, Input::Sip(event), &mut out);
    }
    bench.take(out);
    let heard = bench.media.iter().find_map(|command| match command {
        media::Command::Open { remote, .. } => Some(remote.signalling_ip),
        _ => None,
    });
    assert_eq!(heard, Some(source));
}
