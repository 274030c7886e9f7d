use std::process::ExitCode;

use clap::Args;
use hotline::peer::fleet::{RegisterPlan, measure_registrations};
use hotline::peer::{Credentials, Pump};
use serde_json::json;

use crate::cli::bench::line::Sides;
use crate::cli::bench::meter::Meter;
use crate::cli::bench::sheet::{Sheet, number};

/// A rate is carried when so many are accepted …
const GOOD_SHARE: f64 = 0.999;
/// … and so few messages had to be sent again.
const AGAIN_SHARE: f64 = 0.01;

/// `hotline bench registrations`.
#[derive(Args, Debug)]
pub(crate) struct Registrations {
    #[command(flatten)]
    sides: Sides,
    /// Registrations in a second, one run each, until one fails.
    #[arg(long, value_delimiter = ',', default_value = "500,1000,2000,3000,4000,5000,6000,8000")]
    rates: Vec<f64>,
    /// How long each rate is kept up, in seconds.
    #[arg(long, default_value_t = 5.0)]
    seconds: f64,
    /// Accounts `u0000` and so on, so many.
    #[arg(long, default_value_t = 1_000)]
    users: usize,
    /// Their password.
    #[arg(long, default_value = "bench")]
    password: String,
    /// Each registration is challenged anew: two requests instead of one.
    #[arg(long)]
    challenged: bool,
}

impl Registrations {
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

    fn step(&self, rate: f64, sheet: &mut Sheet) -> anyhow::Result<bool> {
        let pump = Pump::start()?;
        let count = (rate * self.seconds) as usize;
        let users: Vec<Credentials> = (0..self.users)
            .map(|n| Credentials::new(&format!("u{n:04}"), &self.password))
            .collect();
        let plan = RegisterPlan {
            bind: self.sides.caller,
            registrar: self.sides.target,
            users,
            per_second: rate,
            count,
            expires: 600,
            always_challenged: self.challenged,
        };
        let meter = Meter::start(self.sides.pid)?;
        let report = measure_registrations(&plan, &pump)?;
        let used = meter.used()?;
        let reached = report.accepted as f64 / report.took.as_secs_f64().max(0.001);
        let carried = report.accepted as f64 >= GOOD_SHARE * count as f64
            && (report.retransmitted as f64) < AGAIN_SHARE * count as f64
            && reached > 0.95 * rate;
        sheet.row(vec![
            ("bench", json!("registrations")),
            ("challenged", json!(self.challenged)),
            ("per_second", number(rate)),
            ("reached", number(reached)),
            ("begun", json!(report.begun)),
            ("accepted", json!(report.accepted)),
            ("sent_again", json!(report.retransmitted)),
            ("cpu_ms_per_registration", number(used.cpu_ms_per(report.begun as f64))),
            ("p50_ms", number(report.delay.p50_ms)),
            ("p99_ms", number(report.delay.p99_ms)),
            ("carried", json!(carried)),
        ])?;
        Ok(carried)
    }
}
