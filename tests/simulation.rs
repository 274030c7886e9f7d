//! Whole days and wild minutes of the engine, played from seeds.

use std::env;

use hotline::sim::{Manners, Plan, Verdict, Weather, run};

/// Plays wild runs of these seeds; the first that fails is told with its last steps.
fn play(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        good(&Plan::wild(seed));
    }
}

fn good(plan: &Plan) -> Verdict {
    let verdict = run(plan);
    if let Some(failure) = &verdict.failure {
        panic!("{failure}\nplay it again: hotline simulate --seed {}", failure.seed);
    }
    verdict
}

/// Many seeds, in parts that the test runner can play side by side.
macro_rules! wild_seeds {
    ($($name:ident: $seeds:expr;)*) => {$(
        #[test]
        fn $name() {
            play($seeds);
        }
    )*};
}

wild_seeds! {
    wild_runs_000_to_063_keep_every_promise: 0..64;
    wild_runs_064_to_127_keep_every_promise: 64..128;
    wild_runs_128_to_191_keep_every_promise: 128..192;
    wild_runs_192_to_255_keep_every_promise: 192..256;
    wild_runs_256_to_319_keep_every_promise: 256..320;
    wild_runs_320_to_383_keep_every_promise: 320..384;
    wild_runs_384_to_447_keep_every_promise: 384..448;
    wild_runs_448_to_511_keep_every_promise: 448..512;
}

/// `SEEDS=1000..2000 cargo test --test main simulation::more_seeds -- --ignored`
#[test]
#[ignore = "as many as one likes"]
fn more_seeds() {
    let seeds = env::var("SEEDS").unwrap_or_else(|_| "1000..2000".to_owned());
    let (from, to) = seeds.split_once("..").expect("SEEDS is from..to");
    play(from.parse().expect("a number")..to.parse().expect("a number"));
}

#[test]
fn the_same_seed_is_the_same_run() {
    for seed in [3, 4, 17, 42] {
        let plan = Plan { exact_hash: true, ..Plan::wild(seed) };
        let (one, two) = (good(&plan), good(&plan));
        assert_eq!((one.steps, one.hash), (two.steps, two.hash), "seed {seed}");
    }
    let other = |seed| good(&Plan { exact_hash: true, ..Plan::wild(seed) }).hash;
    assert_ne!(other(3), other(4));
}

#[test]
fn a_day_of_1500_calls_and_30_agents() {
    let plan =
        Plan { calls_per_hour: 187.5, calls_max: 1_500, check_every: 16, ..Plan::day(1, 9.0, 30) };
    let figures = good(&plan).figures;
    assert_eq!(figures.arrived, 1_500);
    assert!(figures.service_level() > 0.9, "{figures}");
    assert!(figures.answered > 1_350, "{figures}");
    assert!((120_000..180_000).contains(&(figures.talk_ms / figures.answered)), "{figures}");
    assert_eq!(figures.causes.get("internal-error"), None, "{figures}");
}

#[test]
fn a_usual_hour_over_a_bad_line() {
    let plan = Plan { weather: Weather::FOUL, check_every: 4, ..Plan::day(2, 0.5, 10) };
    assert_eq!(plan.manners, Manners::Usual);
    let figures = good(&plan).figures;
    assert!(figures.answered > 30, "{figures}");
}
