use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotline::peer::Pump;
use hotline::peer::fleet::{AnswerPlan, Answerers, CallerPlan, place_calls};
use serde_json::json;

use crate::cli::bench::line::Sides;
use crate::cli::bench::meter::Meter;
use crate::cli::bench::sheet::{Sheet, number};

/// A rate is carried when so many of its calls are answered …
const GOOD_SHARE: f64 = 0.999;
/// … and so few messages had to be sent again.
const AGAIN_SHARE: f64 = 0.01;

/// `hotline bench setups`.
#[derive(Args, Debug)]
pub(crate) struct Setups {
    #[command(flatten)]
    sides: Sides,
    /// Call set-ups in a second, one run each, until one fails.
    #[arg(long, value_delimiter = ',', default_value = "100,200,400,600,800,1000,1200,1500,2000")]
    rates: Vec<f64>,
    /// How long each rate is kept up, in seconds.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// The user that is called.
    #[arg(long, default_value = "bridge")]
    user: String,
}

impl Setups {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let mut sheet = Sheet::default();
        let mut carried = false;
        for &rate in &self.rates {
            let good = self.step(rate, &mut sheet)?;
            carried |= good;
            if !good {
                break;
            }
        }
        sheet.table();
        Ok(if carried { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    /// Set-ups at a rate: INVITE, 200, ACK, BYE, 200 on both sides. Returns whether it was carried.
    fn step(&self, rate: f64, sheet: &mut Sheet) -> anyhow::Result<bool> {
        let pump = Pump::start()?;
        let mut answers = AnswerPlan::new(self.sides.callee);
        answers.voice = None;
        let answerers = Answerers::start(answers, &pump)?;
        let target = format!("sip:{}@{}", self.user, self.sides.target);
        let count = (rate * self.seconds) as usize;
        let mut plan = CallerPlan::new(self.sides.caller, &target, count, rate);
        plan.voice = None;
        plan.stay = Duration::ZERO;
        plan.patience = Duration::from_secs(10);
        let meter = Meter::start(self.sides.pid)?;
        let report = place_calls(&plan, &pump)?;
        let used = meter.used()?;
        let (answered, _complaints) = answerers.stop();
        let placed = report.calls.iter().map(|call| call.placed);
        let span = placed.clone().max().zip(placed.min());
        let span = span.map_or(0.0, |(last, first)| last.duration_since(first).as_secs_f64());
        let reached = count.saturating_sub(1) as f64 / span.max(0.001);
        let good = report.answered();
        let carried = good as f64 >= GOOD_SHARE * count as f64
            && (report.retransmitted as f64) < AGAIN_SHARE * count as f64
            && reached > 0.97 * rate;
        let delay = report.set_up();
        sheet.row(vec![
            ("bench", json!("setups")),
            ("per_second", number(rate)),
            ("reached", number(reached)),
            ("calls", json!(count)),
            ("answered", json!(good)),
            ("at_callee", json!(answered.len())),
            ("sent_again", json!(report.retransmitted)),
            ("cpu_ms_per_set_up", number(used.cpu_ms_per(count as f64))),
            ("p50_ms", number(delay.p50_ms)),
            ("p99_ms", number(delay.p99_ms)),
            ("carried", json!(carried)),
        ])?;
        Ok(carried)
    }
}
