use super::{Story, agent, seconds, settings};
use crate::acd::{Denied, Input, State};
use crate::base::TicketId;

#[test]
fn a_caller_who_is_moved_keeps_the_original_clock() {
    let mut story = Story::with_ready(&["cleo"]);
    story.enter(1, "a");
    story.answered(1);
    let clock = story.now;
    story.enter(2, "a");
    for ticket in 3..6 {
        story.now = story.now + seconds(1);
        story.enter(ticket, "b");
    }
    assert_eq!(story.move_to(2, "b"), "2 moved to b");
    assert_eq!(story.desk.position(TicketId(2)), Some(1));
    assert_eq!(story.desk.queue_of(TicketId(2)), Some(&"b".into()));
    assert_eq!(story.desk.queue(&"b".into()).unwrap().oldest, Some(clock));
    assert_eq!(story.desk.queue(&"a".into()).unwrap().waiting, 0);
}

#[test]
fn a_queue_that_cannot_take_the_caller_costs_no_place() {
    let mut story = Story::with_ready(&["anna"]);
    for ticket in 1..=4 {
        story.enter(ticket, "a");
        story.now = story.now + seconds(1);
    }
    story.answered(1);
    let before = story.desk.queue(&"a".into()).unwrap().oldest;
    assert_eq!(story.move_to(2, "b"), "2 not moved to b Nobody");
    assert_eq!(story.move_to(2, "nowhere"), "2 not moved to nowhere UnknownQueue");
    assert_eq!(story.desk.position(TicketId(2)), Some(1));
    assert_eq!(story.desk.queue_of(TicketId(2)), Some(&"a".into()));
    assert_eq!(story.desk.queue(&"a".into()).unwrap().oldest, before);

    let mut story = Story::with_ready(&["anna", "cleo"]);
    story.enter(1, "a");
    for ticket in 2..=5 {
        story.enter(ticket, "b");
    }
    assert_eq!(story.move_to(1, "b"), "1 not moved to b Full");
    assert_eq!(story.state("anna"), State::Reserved, "the ring goes on");
    assert_eq!(story.answered(1), "anna Ready Talking");
}

#[test]
fn a_move_ends_the_ring_and_frees_the_agent_for_the_next() {
    let mut story = Story::with_ready(&["anna", "cleo"]);
    story.enter(1, "a");
    story.enter(2, "b");
    story.now = story.now + seconds(1);
    story.enter(3, "a");
    assert_eq!(
        story.move_to(1, "b"),
        "withdraw 1 CallerLeft, 1 moved to b, anna Ready Idle, \
         anna Ready Reserved, offer 3 of 3 in a to anna"
    );
    assert_eq!(story.desk.position(TicketId(1)), Some(1), "it came first");
}

#[test]
fn who_is_free_in_the_new_queue_rings_at_once() {
    let mut story = Story::with_ready(&["anna"]);
    story.enter(1, "a");
    story.enter(2, "a");
    for input in [
        Input::SignIn { agent: "cleo".into() },
        Input::Reachable { agent: "cleo".into(), reachable: true },
    ] {
        story.told(input);
    }
    let mut only_b = settings();
    only_b.agents[2] = agent("cleo", &["b"]);
    story.desk.reconfigure(story.now, only_b, &mut Vec::new());
    assert_eq!(story.ready("cleo"), "cleo Ready Idle");
    assert_eq!(
        story.move_to(2, "b"),
        "2 moved to b, cleo Ready Reserved, offer 2 of 2 in b to cleo"
    );
}

#[test]
fn only_who_waits_can_be_moved() {
    let mut story = Story::with_ready(&["anna", "cleo"]);
    let to_b = |ticket| Input::Move { ticket: TicketId(ticket), queue: "b".into(), priority: 0 };
    assert_eq!(story.go(to_b(1)), Err(Denied::UnknownTicket(TicketId(1))));
    story.enter(1, "a");
    story.answered(1);
    assert_eq!(story.go(to_b(1)), Err(Denied::NotWaiting(TicketId(1))));
    story.enter(2, "a");
    assert_eq!(story.move_to(2, "a"), "2 moved to a", "the ring goes on");
    assert_eq!(story.state("cleo"), State::Reserved);
}

#[test]
fn a_ring_that_ends_tells_again_that_nobody_is_left() {
    let mut story = Story::with_ready(&["cleo"]);
    story.enter(1, "b");
    let mut moved = settings();
    moved.agents[2] = agent("cleo", &["a"]);
    let mut out = Vec::new();
    story.desk.reconfigure(story.now, moved, &mut out);
    let told: Vec<_> = out.iter().filter_map(super::tell).collect();
    assert_eq!(told, ["1 nobody left"], "it is told while it rings");
    assert_eq!(
        story.pass(seconds(20)),
        "withdraw 1 NoAnswer, 1 returned, cleo NotReady(NoAnswer) Idle, 1 nobody left"
    );
    assert_eq!(story.leave(1), "");
}
