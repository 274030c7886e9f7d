use std::time::Duration;

use crate::sim::trail::Trail;
use crate::sim::world::World;
use crate::sim::{Failure, Figures, Plan, Verdict};

/// After everybody has hung up the run goes on for so long; then nothing may be left.
pub(super) const AFTER: Duration = Duration::from_secs(7 * 60);
/// Steps before a failure that are told.
const TOLD: u64 = 40;

/// Plays a plan. A run that fails is played again to tell its last steps.
#[must_use]
pub fn run(plan: &Plan) -> Verdict {
    let verdict = play(plan, Trail::default());
    match &verdict.failure {
        None => verdict,
        Some(failure) => play(plan, Trail::from(failure.step.saturating_sub(TOLD))),
    }
}

fn play(plan: &Plan, trail: Trail) -> Verdict {
    let mut world = match World::new(plan.clone(), trail) {
        Ok(world) => world,
        Err(what) => {
            let (seed, trail) = (plan.seed, Vec::new());
            let at = crate::base::Instant::ZERO;
            let failure = Failure { seed, step: 0, at, what, trail };
            let figures = Figures::default();
            return Verdict { seed, steps: 0, hash: 0, figures, failure: Some(failure) };
        }
    };
    let end = world.now + plan.length + AFTER;
    let result = world.play(end).and_then(|()| world.settle()).and_then(|()| world.check_end());
    let failure = result.err().map(|what| Failure {
        seed: plan.seed,
        step: world.step,
        at: world.now,
        what,
        trail: std::mem::take(&mut world.trail).into_lines(),
    });
    let mut figures = std::mem::take(&mut world.witness.figures);
    figures.datagrams = (world.network.sent, world.network.lost);
    figures.length = plan.length + AFTER;
    Verdict { seed: plan.seed, steps: world.step, hash: world.hash.0, figures, failure }
}
