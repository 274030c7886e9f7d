//! Whole days and wild minutes of the engine, played from seeds.

use std::env;
use std::process::Command;

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

/// What `hotline simulate` prints for a small day.
fn simulate() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_hotline"))
        .args(["simulate", "--seed", "1", "--hours", "0.5", "--agents", "5"])
        .output()
        .expect("hotline runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// The number behind a name, on a line of its own.
fn figure(text: &str, name: &str) -> u64 {
    let line = text.lines().find(|line| line.trim_start().starts_with(name));
    let value = line.and_then(|line| line.trim_start()[name.len()..].split_whitespace().next());
    value.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("no {name}:\n{text}"))
}

/// The sum of the counts below a title.
fn sum_below(text: &str, title: &str) -> u64 {
    let lines = text.lines().skip_while(|line| *line != title).skip(1);
    let counts = lines.take_while(|line| line.starts_with("  "));
    counts.filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok()).sum()
}

#[test]
fn the_figures_of_a_simulated_day_agree_with_each_other() {
    let text = simulate();
    assert!(text.starts_with("seed 1 · "), "{text}");
    assert!(text.ends_with("\nevery promise was kept\n"), "{text}");
    let (arrived, asked) = (figure(&text, "calls arrived"), figure(&text, "asked for a human"));
    let (answered, gone) = (figure(&text, "answered  "), figure(&text, "abandoned in queue"));
    assert!(arrived > 10, "{text}");
    assert!(answered > 0 && answered + gone <= asked && asked <= arrived, "{text}");
    assert_eq!(sum_below(&text, "causes"), arrived, "each call has one cause\n{text}");
    let offers = figure(&text, "offers / no answers");
    assert_eq!(sum_below(&text, "ends of offers"), offers, "each offer has one end\n{text}");
    assert!(offers >= answered, "{text}");
    assert!(figure(&text, "time simulated") >= 1_800, "{text}");
    assert_eq!(simulate(), text, "a seed is a run");
}
