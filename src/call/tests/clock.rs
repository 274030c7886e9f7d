use std::time::Duration;

use crate::base::{AgentId, Wall};
use crate::call::tests::Bench;
use crate::call::tests::bench::phone;
use crate::call::{Effect, Event, View};

/// R22: the wall clock jumps at any moment of a call. Nobody is lost, and what is measured is right.
#[test]
fn a_jump_of_the_wall_bends_no_duration() {
    let hour = 3_600_000_000_i64;
    for jump in [hour, -hour, 24 * hour, -24 * hour] {
        let mut bench = Bench::new(1);
        let jump_now = |bench: &mut Bench, by: i64| {
            let wall = bench.core.world.clock.wall(bench.now);
            bench.event(Event::Clock(Wall::from_micros(wall.as_micros() + by)));
        };
        let (first, second) = (bench.call(), bench.call());
        bench.pass(Duration::from_secs(10));
        jump_now(&mut bench, jump);
        bench.pass(Duration::from_secs(5));
        assert_eq!(bench.core.census().calls, 2, "{jump}: nobody is lost");
        bench.hang_up(&first);
        bench.pass(Duration::from_secs(3));
        jump_now(&mut bench, -jump);
        bench.pass(Duration::from_secs(4));
        bench.hang_up(&second);
        bench.pass(Duration::from_secs(3));
        let cdrs = bench.cdrs();
        let told = |at: usize| (cdrs[at].wait_ms, cdrs[at].talk_ms, cdrs[at].total_ms);
        assert_eq!(told(0), (0, 15_000, 15_000), "{jump}");
        // It waited for the talk and for wrap-up (1 s).
        assert_eq!(told(1), (16_000, 6_000, 22_000), "{jump}");
        for cdr in &cdrs {
            let (from, to) = (cdr.t_in.as_micros(), cdr.t_end.as_micros());
            assert_eq!(to - from, i64::try_from(cdr.total_ms).unwrap() * 1_000, "{jump}");
        }
        assert_eq!(bench.core.bindings().count(), 1, "{jump}: the phone is still registered");
        let third = bench.call();
        assert_eq!(bench.requests("INVITE", phone(1)), 3, "{jump}");
        bench.hang_up(&third);
        bench.check_empty();
    }
}

/// The wall drifts against the clock of the machine; what an agent does began once.
#[test]
fn the_moment_since_which_an_agent_is_in_a_state_stays_while_it_is() {
    let mut bench = Bench::new(1);
    let agent: AgentId = bench.core.desk.agents().next().unwrap().id.clone();
    let since = |bench: &mut Bench| {
        let mut out = Vec::new();
        bench.core.show_agent(&agent, &mut out);
        let Some(Effect::View(view)) = out.pop() else { panic!("no view") };
        let View::Agent(view) = *view else { panic!("no agent") };
        (view.state, view.since)
    };
    let before = since(&mut bench);
    bench.pass(Duration::from_secs(1));
    let wall = bench.core.world.clock.wall(bench.now);
    bench.event(Event::Clock(Wall::from_micros(wall.as_micros() + 7)));
    assert_eq!(since(&mut bench), before);
    let _call = bench.call();
    let after = since(&mut bench);
    assert!(after.0 != before.0 && after.1 > before.1, "{before:?} {after:?}");
}
