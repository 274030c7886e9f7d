use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use hotline::peer::fleet::{
    AnswerPlan, AnswerResult, Answerers, CallerPlan, FleetReport, place_calls,
};
use hotline::peer::{EndedBy, Pump};
use serde_json::json;

use crate::cli::bench::line::Sides;
use crate::cli::bench::meter::{Meter, Used};
use crate::cli::bench::sheet::{Sheet, number};

/// Keys that the flow of user `ivr` waits for.
const KEYS: &str = "1234";
/// Callers of prompts press them so long before their time is up.
const KEYS_BEFORE: Duration = Duration::from_secs(3);
/// A load that was late by more than this has measured itself.
const LATE_US: u64 = 100_000;

/// `hotline bench calls`, `rec`, `ivr`.
#[derive(Args, Debug)]
pub(crate) struct Calls {
    #[command(flatten)]
    sides: Sides,
    /// Calls at once, one run each.
    #[arg(long, value_delimiter = ',', default_value = "100,300,500")]
    calls: Vec<usize>,
    /// How long each call lasts, in seconds.
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// Calls begun in a second.
    #[arg(long, default_value_t = 100.0)]
    per_second: f64,
    /// The user that is called, if not the usual one.
    #[arg(long)]
    user: Option<String>,
}

impl Calls {
    pub(crate) fn run(self, name: &'static str, user: &str) -> anyhow::Result<ExitCode> {
        let user = self.user.clone().unwrap_or_else(|| user.to_owned());
        let mut sheet = Sheet::default();
        let mut good = true;
        for &count in &self.calls {
            good &= self.step(name, &user, count, &mut sheet)?;
        }
        sheet.table();
        Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }

    fn step(
        &self,
        name: &'static str,
        user: &str,
        count: usize,
        sheet: &mut Sheet,
    ) -> anyhow::Result<bool> {
        let pump = Pump::start()?;
        let prompts = name == "ivr";
        let answerers = if prompts {
            None
        } else {
            let mut plan = AnswerPlan::new(self.sides.callee);
            plan.listen_hz = vec![440];
            Some(Answerers::start(plan, &pump)?)
        };
        let target = format!("sip:{user}@{}", self.sides.target);
        let mut plan = CallerPlan::new(self.sides.caller, &target, count, self.per_second);
        plan.stay = Duration::from_secs(self.seconds);
        plan.listen_hz = vec![800];
        if prompts {
            plan.voice = Some(0);
            plan.keys = vec![(plan.stay.saturating_sub(KEYS_BEFORE), KEYS.to_owned())];
        }
        let meter = Meter::start(self.sides.pid)?;
        let report = place_calls(&plan, &pump)?;
        let used = meter.used()?;
        let answers = answerers.map(|answerers| answerers.stop().0).unwrap_or_default();
        let seen = Seen::of(&report, &answers, prompts);
        seen.write(name, count, &report, used, sheet)?;
        Ok(seen.good == count && seen.lost == 0)
    }
}

/// What the load saw of a run.
struct Seen {
    /// Calls in which everything was heard that should be.
    good: usize,
    lost: u64,
    late: u64,
    call_seconds: f64,
    delay_ms: Option<f64>,
    delay_max_ms: Option<f64>,
}

impl Seen {
    fn of(report: &FleetReport, answers: &[AnswerResult], prompts: bool) -> Self {
        let heard: Vec<_> = report
            .calls
            .iter()
            .map(|call| &call.heard)
            .chain(answers.iter().map(|answer| &answer.heard))
            .collect();
        let good = if prompts {
            let sound = |call: &&hotline::peer::fleet::CallResult| {
                call.heard.windows_loud >= 10 && call.ended == Some(EndedBy::Them)
            };
            report.calls.iter().filter(sound).count()
        } else {
            report.heard_both_ways(answers, 440, 800).saturating_sub(report.cut_short(answers))
        };
        let timed: u64 = heard.iter().map(|heard| heard.tags.timed).sum();
        let delay: u64 = heard.iter().map(|heard| heard.tags.delay_us_sum).sum();
        let longest = heard.iter().map(|heard| heard.tags.delay_us_max).max();
        Self {
            good,
            lost: heard.iter().map(|heard| heard.lost + heard.tags.lost).sum(),
            late: heard.iter().map(|heard| heard.late).sum(),
            call_seconds: report
                .calls
                .iter()
                .filter_map(|call| call.lasted)
                .map(|lasted| lasted.as_secs_f64())
                .sum(),
            delay_ms: (timed > 0).then(|| delay as f64 / 1_000.0 / timed as f64),
            delay_max_ms: longest.filter(|_| timed > 0).map(|us| us as f64 / 1_000.0),
        }
    }

    fn write(
        &self,
        name: &'static str,
        count: usize,
        report: &FleetReport,
        used: Used,
        sheet: &mut Sheet,
    ) -> anyhow::Result<()> {
        let at_once = report.at_once_max.max(1) as f64;
        sheet.row(vec![
            ("bench", json!(name)),
            ("calls", json!(count)),
            ("at_once", json!(report.at_once_max)),
            ("good", json!(self.good)),
            ("cpu_ms_per_call_second", number(used.cpu_ms_per(self.call_seconds))),
            ("memory_mib_per_call", number(used.memory_mib.map(|memory| memory / at_once))),
            ("lost", json!(self.lost)),
            ("late", json!(self.late)),
            ("delay_ms", number(self.delay_ms)),
            ("delay_max_ms", number(self.delay_max_ms)),
            ("set_up_p99_ms", number(report.set_up().p99_ms)),
            ("load_late_ms", number(report.lag.max_us as f64 / 1_000.0)),
            ("load_kept_time", json!(report.lag.max_us < LATE_US)),
            ("took_s", number(report.took.as_secs_f64())),
        ])
    }
}
