use std::time::Duration;

use crate::sim::Plan;
use crate::sim::trail::Trail;
use crate::sim::world::World;

/// R26: whatever a call is doing when its step panics, it costs that call only. What it held is
/// freed, its record names the fault, and all that holds for the others goes on to hold.
#[test]
fn a_panic_costs_one_call_wherever_it_is() {
    let mut panics = 0;
    for seed in 0..60 {
        let plan = Plan::wild(seed);
        let end = plan.length + Duration::from_secs(7 * 60);
        let mut world = World::new(plan, Trail::default()).expect("a world");
        world.panic_every = 23;
        let end = world.now + end;
        let result = world.play(end).and_then(|()| world.settle()).and_then(|()| world.check_end());
        if let Err(what) = result {
            panic!("seed {seed} step {}: {what}", world.step);
        }
        panics += world.witness.poisoned.len();
    }
    assert!(panics > 300, "{panics}");
}
