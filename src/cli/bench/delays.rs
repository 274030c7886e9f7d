use std::process::ExitCode;

use clap::Args;
use hotline::peer::Pump;
use hotline::peer::fleet::{DelaysPlan, measure_delays};
use serde_json::json;

use crate::cli::bench::line::Sides;
use crate::cli::bench::sheet::{Sheet, number};

/// `hotline bench delays`.
#[derive(Args, Debug)]
pub(crate) struct Delays {
    #[command(flatten)]
    sides: Sides,
    /// How many single calls.
    #[arg(long, default_value_t = 200)]
    calls: usize,
    /// Calls in a second; few, so that they do not meet.
    #[arg(long, default_value_t = 20.0)]
    per_second: f64,
    /// The user that is called.
    #[arg(long, default_value = "bridge")]
    user: String,
}

impl Delays {
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        let plan = DelaysPlan {
            caller: self.sides.caller,
            callee: self.sides.callee,
            target: format!("sip:{}@{}", self.user, self.sides.target),
            calls: self.calls,
            per_second: self.per_second,
        };
        let delays = measure_delays(&plan, &Pump::start()?)?;
        let mut sheet = Sheet::default();
        for (step, times) in [
            ("INVITE to 100", delays.trying),
            ("INVITE to callee's INVITE", delays.invite),
            ("callee's 200 to caller's 200", delays.answer),
        ] {
            sheet.row(vec![
                ("bench", json!("delays")),
                ("step", json!(step)),
                ("calls", json!(times.count)),
                ("p50_ms", number(times.p50_ms)),
                ("p90_ms", number(times.p90_ms)),
                ("p99_ms", number(times.p99_ms)),
                ("max_ms", number(times.max_ms)),
                ("failed", json!(delays.failed)),
            ])?;
        }
        sheet.table();
        Ok(if delays.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
