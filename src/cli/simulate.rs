use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotline::sim::{Figures, Manners, Plan, Weather, run};

/// `hotline simulate`.
#[derive(Args, Debug)]
pub(crate) struct Simulate {
    /// The seed: the same one plays the same run.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Play so many seeds, from --seed on, and tell which fail.
    #[arg(long, default_value_t = 1)]
    runs: u64,
    /// Hours that callers keep coming. Without this and --agents the wild run of the seed is played,
    /// as the tests do.
    #[arg(long)]
    hours: Option<f64>,
    /// Agents, each with a phone.
    #[arg(long)]
    agents: Option<usize>,
    /// Mean of calls an hour; 10 for each agent without it.
    #[arg(long)]
    calls_per_hour: Option<f64>,
    /// Mean of the talk, such as 150s.
    #[arg(long, value_parser = seconds)]
    talk_mean: Option<Duration>,
    /// Mean of the patience in the queue, such as 180s.
    #[arg(long, value_parser = seconds)]
    patience_mean: Option<Duration>,
    /// Wrap-up after each call, such as 30s.
    #[arg(long, value_parser = seconds)]
    wrap_up: Option<Duration>,
    /// Datagrams that are lost, percent; above 0 some are doubled and overtaken too.
    #[arg(long)]
    loss: Option<f64>,
    /// Stop at this step and tell what led there.
    #[arg(long)]
    stop_at: Option<u64>,
    /// Everybody does anything at any moment.
    #[arg(long)]
    wild: bool,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix('s').unwrap_or(text);
    match number.parse::<f64>() {
        Ok(value) if (0.0..=86_400.0).contains(&value) => Ok(Duration::from_secs_f64(value)),
        _ => Err(format!("{text:?} is not allowed; allowed: 0s to 86400s, such as 150s")),
    }
}

impl Simulate {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        if self.runs > 1 {
            return self.run_many();
        }
        let plan = self.plan(self.seed)?;
        let verdict = run(&plan);
        println!("seed {} · {} steps · hash {:016x}\n", verdict.seed, verdict.steps, verdict.hash);
        print!("{}", verdict.figures);
        match verdict.failure {
            None => {
                println!("\nevery promise was kept");
                Ok(ExitCode::SUCCESS)
            }
            Some(failure) => {
                eprintln!("\n{failure}");
                Ok(ExitCode::FAILURE)
            }
        }
    }

    fn run_many(&self) -> anyhow::Result<ExitCode> {
        let (mut failed, mut steps) = (0, 0);
        let mut figures = Figures::default();
        for seed in self.seed..self.seed.saturating_add(self.runs) {
            let verdict = run(&self.plan(seed)?);
            steps += verdict.steps;
            figures.add(&verdict.figures);
            if let Some(failure) = verdict.failure {
                failed += 1;
                let (step, at) = (failure.step, failure.at);
                println!("seed {seed} step {step} at {at}: {}", failure.what);
            }
        }
        print!("{figures}");
        println!("{} runs, {steps} steps, {failed} failed", self.runs);
        Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn plan(&self, seed: u64) -> anyhow::Result<Plan> {
        let mut plan = match (self.hours, self.agents) {
            (None, None) => Plan::wild(seed),
            (hours, agents) => Plan::day(seed, hours.unwrap_or(1.0), agents.unwrap_or(10)),
        };
        let hours = plan.length.as_secs_f64() / 3_600.0;
        anyhow::ensure!((0.001..=1_000.0).contains(&hours), "--hours must be 0.001 to 1000");
        anyhow::ensure!((1..=2_000).contains(&plan.agents), "--agents must be 1 to 2000");
        plan.calls_per_hour = self.calls_per_hour.unwrap_or(plan.calls_per_hour);
        anyhow::ensure!(plan.calls_per_hour > 0.0, "--calls-per-hour must be above 0");
        plan.talk = self.talk_mean.unwrap_or(plan.talk);
        plan.patience = self.patience_mean.unwrap_or(plan.patience);
        plan.wrap_up = self.wrap_up.unwrap_or(plan.wrap_up);
        if let Some(percent) = self.loss {
            anyhow::ensure!((0.0..=50.0).contains(&percent), "--loss must be 0 to 50");
            let loss = percent / 100.0;
            plan.weather =
                if loss > 0.0 { Weather { loss, ..Weather::FOUL } } else { Weather::FAIR };
        }
        plan.stop_at = self.stop_at;
        if self.wild {
            plan.manners = Manners::Wild;
        }
        Ok(plan)
    }
}
