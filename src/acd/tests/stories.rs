use super::{Story, agent, queue, seconds, settings};
use crate::acd::{Decline, Denied, Input, Output, Settings, State, Status};
use crate::base::{AgentId, Instant, OfferId, TicketId};

#[test]
fn a_caller_is_offered_to_whoever_is_idle_longest() {
    let mut story = Story::with_ready(&["bo", "anna"]);
    assert_eq!(story.enter(1, "a"), "bo Ready Reserved, offer 1 of 1 in a to bo");
    assert_eq!(story.told(Input::Ringing { offer: OfferId(1) }), "bo Ready Ringing");
    assert_eq!(story.answered(1), "bo Ready Talking");
    story.pass(seconds(10));
    assert_eq!(story.ended("bo"), "bo Ready WrapUp");
    assert_eq!(story.pass(seconds(30)), "bo Ready Idle");
    assert_eq!(story.enter(2, "a"), "anna Ready Reserved, offer 2 of 2 in a to anna");
    assert_eq!(story.enter(3, "a"), "bo Ready Reserved, offer 3 of 3 in a to bo");
    assert_eq!(story.enter(4, "a"), "");
    assert_eq!(story.desk.position(TicketId(4)), Some(3));
    story.answered(2);
    assert_eq!(story.desk.position(TicketId(4)), Some(2));
    assert_eq!(story.desk.position(TicketId(2)), None);
}

#[test]
fn who_becomes_free_takes_the_first_of_all_queues_served() {
    let mut story = Story::with_ready(&["cleo"]);
    story.enter(1, "a");
    story.answered(1);
    let early = story.now;
    story.now = story.now + seconds(1);
    story.enter(2, "a");
    story.enter_as(3, "b", 0, early);
    story.enter_as(4, "b", 5, story.now);
    story.ended("cleo");
    let told = story.told(Input::WrapUpDone { agent: "cleo".into() });
    assert_eq!(told, "cleo Ready Idle, cleo Ready Reserved, offer 2 of 4 in b to cleo");
    let told = story.leave(4);
    assert_eq!(
        told,
        "withdraw 2 CallerLeft, cleo Ready Idle, cleo Ready Reserved, offer 3 of 3 in b to cleo"
    );
    assert!(story.leave(3).ends_with("offer 4 of 2 in a to cleo"));
}

#[test]
fn an_unanswered_caller_goes_back_first_and_the_agent_is_taken_out() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.now = story.now + seconds(3);
    story.enter(2, "a");
    assert_eq!(
        story.pass(seconds(17)),
        "withdraw 1 NoAnswer, 1 returned, anna NotReady(NoAnswer) Idle"
    );
    assert_eq!(story.desk.position(TicketId(1)), Some(1));
    assert_eq!(story.desk.position(TicketId(2)), Some(2));
    assert_eq!(
        story.go(Input::Answered { offer: OfferId(1) }),
        Err(Denied::UnknownOffer(OfferId(1)))
    );
    assert_eq!(
        story.ready("anna"),
        "anna Ready Idle, anna Ready Reserved, offer 2 of 1 in a to anna"
    );
}

#[test]
fn an_unanswered_caller_is_rung_elsewhere_at_once() {
    let mut story = Story::with_ready(&["anna", "bo"]);
    story.enter(1, "a");
    assert_eq!(
        story.pass(seconds(20)),
        "withdraw 1 NoAnswer, 1 returned, anna NotReady(NoAnswer) Idle, \
         bo Ready Reserved, offer 2 of 1 in a to bo"
    );
}

#[test]
fn a_phone_that_cannot_take_the_call_gets_a_pause() {
    for (why, next) in
        [(Decline::Busy, "anna"), (Decline::Rejected, "anna"), (Decline::Unreachable, "bo")]
    {
        let mut story = Story::with_ready(&["anna", "bo"]);
        story.now = story.now + seconds(1);
        story.enter(1, "a");
        assert_eq!(
            story.told(Input::Declined { offer: OfferId(1), why }),
            "1 returned, anna Ready Idle, bo Ready Reserved, offer 2 of 1 in a to bo",
        );
        assert_eq!(story.enter(2, "a"), "", "{why:?}: anna is left alone");
        let told = story.pass(seconds(5));
        assert_eq!(told, "anna Ready Reserved, offer 3 of 2 in a to anna");
        story.leave(1);
        story.leave(2);
        assert!(story.enter(3, "a").ends_with(next), "{why:?}");
    }
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    let told = story.told(Input::Declined { offer: OfferId(1), why: Decline::NoAnswer });
    assert_eq!(told, "1 returned, anna NotReady(NoAnswer) Idle");
}

#[test]
fn ready_ends_a_pause() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.told(Input::Declined { offer: OfferId(1), why: Decline::Busy });
    assert_eq!(story.ready("anna"), "anna Ready Reserved, offer 2 of 1 in a to anna");
}

#[test]
fn a_caller_who_leaves_while_it_rings_frees_the_agent() {
    let mut story = Story::with_ready(&["anna", "bo"]);
    story.enter(1, "a");
    assert_eq!(story.leave(1), "withdraw 1 CallerLeft, anna Ready Idle");
    assert!(story.enter(2, "a").ends_with("to anna"), "the place in the idle order is kept");
    let offer = OfferId(1);
    for late in [
        Input::Answered { offer },
        Input::Ringing { offer },
        Input::Declined { offer, why: Decline::Busy },
    ] {
        assert_eq!(story.go(late), Err(Denied::UnknownOffer(offer)));
    }
}

#[test]
fn a_caller_who_leaves_while_talking_starts_wrap_up() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.answered(1);
    story.told(Input::Held { agent: "anna".into() });
    assert_eq!(story.leave(1), "anna Ready WrapUp");
    assert_eq!(
        story.go(Input::Leave { ticket: TicketId(1) }).unwrap_err().to_string(),
        "ticket 1 is not at the desk"
    );
}

#[test]
fn callers_without_a_place_are_told_why() {
    let mut story = Story::with_ready(&["anna"]);
    assert_eq!(story.enter(1, "b"), "1 not taken Nobody");
    assert_eq!(story.enter(1, "c"), "1 not taken UnknownQueue");
    for ticket in 1..=4 {
        story.enter(ticket, "a");
    }
    assert_eq!(story.enter(5, "a"), "5 not taken Full");
    let (ticket, clock) = (TicketId(4), story.now);
    let again = Input::Enter { ticket, queue: "a".into(), priority: 0, clock };
    assert_eq!(story.go(again), Err(Denied::TicketTaken(ticket)));
}

#[test]
fn the_last_agent_to_sign_out_leaves_nobody() {
    let mut story = Story::with_ready(&["anna", "cleo"]);
    story.enter(1, "a");
    story.enter(2, "a");
    story.enter(3, "a");
    story.enter(4, "b");
    let forced = |agent: &str| Input::SignOut { agent: agent.into(), forced: true };
    assert_eq!(
        story.told(forced("cleo")),
        "withdraw 2 SignedOut, 2 returned, cleo SignedOut Idle, 4 nobody left"
    );
    assert_eq!(
        story.told(forced("anna")),
        "withdraw 1 SignedOut, 1 returned, anna SignedOut Idle, \
         1 nobody left, 2 nobody left, 3 nobody left"
    );
    assert_eq!(story.enter(5, "a"), "5 not taken Nobody");
}

#[test]
fn the_wish_of_the_person_holds_after_the_call_and_the_latest_wins() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.answered(1);
    assert_eq!(story.not_ready("anna"), "");
    assert_eq!(story.ready("anna"), "");
    assert_eq!(story.desk.agent(&"anna".into()).unwrap().next, None);
    story.not_ready("anna");
    story.ended("anna");
    assert_eq!(story.pass(seconds(30)), "anna NotReady((\"lunch\")) Idle");
}

#[test]
fn an_unanswered_offer_does_not_overrule_the_person() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.not_ready("anna");
    assert!(story.pass(seconds(20)).ends_with("anna NotReady((\"lunch\")) Idle"));
}

#[test]
fn a_forced_sign_out_lets_the_call_end_and_skips_wrap_up() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.answered(1);
    assert_eq!(story.told(Input::SignOut { agent: "anna".into(), forced: true }), "");
    assert_eq!(story.state("anna"), State::Talking);
    assert_eq!(story.ended("anna"), "anna SignedOut Idle");
}

#[test]
fn a_call_of_her_own_makes_an_agent_unavailable() {
    let mut story = Story::with_ready(&["anna"]);
    let busy = || Input::Busy { agent: "anna".into() };
    let free = || Input::Free { agent: "anna".into() };
    assert_eq!(story.told(busy()), "anna Ready Busy");
    assert_eq!(story.enter(1, "a"), "");
    assert_eq!(story.told(busy()), "");
    assert_eq!(story.told(free()), "", "one of two");
    assert_eq!(
        story.told(free()),
        "anna Ready Idle, anna Ready Reserved, offer 1 of 1 in a to anna"
    );
    assert_eq!(story.told(busy()), "withdraw 1 Busy, 1 returned, anna Ready Busy");
    story.told(free());
    story.answered(2);
    assert_eq!(story.told(busy()), "", "a second line beside the caller");
    assert_eq!(story.ended("anna"), "anna Ready WrapUp");
    assert_eq!(story.pass(seconds(30)), "anna Ready Busy");
    assert_eq!(story.told(free()), "anna Ready Idle");
    assert!(matches!(story.go(free()), Err(Denied::NotNow { .. })));
}

#[test]
fn an_unreachable_phone_is_not_rung_and_its_owner_not_signed_out() {
    let mut story = Story::with_ready(&["anna"]);
    let reach = |reachable| Input::Reachable { agent: "anna".into(), reachable };
    story.told(reach(false));
    assert_eq!(story.enter(1, "a"), "");
    assert_eq!(story.desk.agent(&"anna".into()).unwrap().status, &Status::Ready);
    assert_eq!(story.told(reach(true)), "anna Ready Reserved, offer 1 of 1 in a to anna");
    assert_eq!(story.told(reach(false)), "", "an offer that is out goes on");
    story.answered(1);
    assert_eq!(story.ended("anna"), "anna Ready WrapUp");
}

#[test]
fn a_caller_who_comes_back_from_elsewhere_keeps_the_clock() {
    let mut story = Story::with_ready(&["cleo"]);
    story.enter(1, "a");
    story.answered(1);
    let clock = story.now;
    story.enter(2, "a");
    for ticket in 3..6 {
        story.now = story.now + seconds(1);
        story.enter(ticket, "b");
    }
    story.leave(2);
    story.enter_as(2, "b", 0, clock);
    assert_eq!(story.desk.position(TicketId(2)), Some(1));
    assert_eq!(story.desk.queue(&"b".into()).unwrap().oldest, Some(clock));
    assert_eq!(story.desk.queue(&"b".into()).unwrap().waiting, 4);
}

#[test]
fn a_buried_ticket_frees_whoever_it_held() {
    let mut story = Story::with_ready(&["anna", "bo"]);
    for ticket in 1..=3 {
        story.enter(ticket, "a");
    }
    story.answered(1);
    let mut out = Vec::new();
    for ticket in [3, 2, 1, 9] {
        story.desk.bury(story.now, TicketId(ticket), &mut out);
        story.desk.check().unwrap();
    }
    assert_eq!(story.state("anna"), State::WrapUp);
    assert_eq!(story.state("bo"), State::Idle);
}

#[test]
fn wrap_up_of_zero_is_none() {
    let mut story = Story::with_ready(&["anna"]);
    let mut settings = settings();
    settings.queues[0].wrap_up = seconds(0);
    story.desk.reconfigure(story.now, settings, &mut Vec::new());
    story.enter(1, "a");
    story.answered(1);
    assert_eq!(story.ended("anna"), "anna Ready Idle");
}

#[test]
fn a_change_says_how_long_the_former_state_lasted() {
    let mut story = Story::with_ready(&["anna"]);
    story.now = story.now + seconds(7);
    let mut out = Vec::new();
    let agent = AgentId::new("anna");
    let input = Input::NotReady { agent: agent.clone(), reason: String::new() };
    story.desk.handle(story.now, input, &mut out).unwrap();
    let Some(Output::AgentChanged { since, was_status, was_state, previous, .. }) = out.first()
    else {
        panic!("{out:?}");
    };
    assert_eq!((*since, was_status), (story.now, &Status::Ready));
    assert_eq!((*was_state, *previous), (State::Idle, seconds(7)));
}

fn reconfigured(story: &mut Story, settings: Settings) -> String {
    let mut out = Vec::new();
    story.desk.reconfigure(story.now, settings, &mut out);
    story.desk.check().unwrap();
    out.iter().filter_map(super::tell).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_reload_keeps_states_and_lets_the_removed_finish() {
    let mut story = Story::with_ready(&["anna", "bo", "cleo"]);
    story.enter(1, "a");
    story.enter(2, "a");
    story.answered(1);
    let mut fewer = settings();
    fewer.agents = vec![agent("cleo", &["a", "b"]), agent("dora", &["b"])];
    assert_eq!(reconfigured(&mut story, settings()), "");
    assert_eq!(reconfigured(&mut story, fewer), "");
    assert_eq!(story.state("anna"), State::Talking);
    assert_eq!(story.state("bo"), State::Reserved);
    assert_eq!(
        story.told(Input::Declined { offer: OfferId(2), why: Decline::Busy }),
        "2 returned, bo SignedOut Idle, bo gone, cleo Ready Reserved, offer 3 of 2 in a to cleo"
    );
    assert_eq!(story.ended("anna"), "anna SignedOut Idle, anna gone");
    assert_eq!(
        story.go(Input::SignIn { agent: "anna".into() }),
        Err(Denied::UnknownAgent("anna".into()))
    );
}

#[test]
fn a_removed_queue_keeps_its_callers_until_they_leave() {
    let mut story = Story::with_ready(&["cleo"]);
    story.enter(1, "b");
    story.enter(2, "b");
    let mut fewer = settings();
    fewer.queues.pop();
    assert_eq!(reconfigured(&mut story, fewer), "1 nobody left, 2 nobody left");
    assert_eq!(story.enter(3, "b"), "3 not taken UnknownQueue");
    assert_eq!(story.leave(2), "");
    assert_eq!(story.answered(1), "cleo Ready Talking, b gone");
    assert_eq!(story.ended("cleo"), "cleo Ready WrapUp");
}

#[test]
fn a_reload_that_gives_an_agent_a_queue_rings_for_who_waits_there() {
    let mut story = Story::with_ready(&["anna", "cleo"]);
    story.enter(1, "b");
    story.now = story.now + seconds(1);
    story.enter(2, "b");
    let mut more = settings();
    more.agents[0] = agent("anna", &["b", "b", "nowhere"]);
    assert_eq!(reconfigured(&mut story, more), "anna Ready Reserved, offer 2 of 2 in b to anna");
    let queues: Vec<_> = story.desk.agent(&"anna".into()).unwrap().queues.to_vec();
    assert_eq!(queues, ["b".into()]);
    let waiting = story.desk.queue(&"b".into()).unwrap();
    assert_eq!((waiting.signed_in, waiting.free, waiting.waiting), (2, 0, 2));
}

#[test]
fn settings_name_the_usual_limits() {
    let usual = queue("a");
    assert_eq!((usual.ring, usual.wrap_up), (seconds(20), seconds(30)));
    assert_eq!(Settings::default().pause, seconds(5));
    assert_eq!(Story::new().desk.deadline(), None);
    assert_eq!(Story::new().desk.agents().next().unwrap().since, Instant::ZERO);
}
