use serde::Serialize;

use crate::base::Wall;
use crate::call::EndedBy;
use crate::ledger::Outcome;
use crate::store::CallRow;

/// A share with its counts, so that it can be opened to its calls. No value when nothing is counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, utoipa::ToSchema)]
pub struct Share {
    /// How many.
    pub part: u64,
    /// Of how many.
    pub of: u64,
}

impl Share {
    /// 0–1; none when the denominator is 0 (shown as "—").
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.part as f64 / self.of as f64)
    }
}

/// A span of time whose calls are left out of the contract's figures (突发激增, 系统故障),
/// half-open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// Its first moment.
    pub from: Wall,
    /// The first moment after it.
    pub to: Wall,
}

/// How the figures are computed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FiguresSettings {
    /// Answered within this counts as in time, ms, the limit included. Default 20,000 (the contract);
    /// 15,000 by GB/T 33358.
    pub threshold_ms: u64,
    /// Calls that came in these are left out of the contract's figures.
    pub excluded: Vec<Window>,
}

impl Default for FiguresSettings {
    fn default() -> Self {
        Self { threshold_ms: 20_000, excluded: Vec::new() }
    }
}

/// The figures over a set of calls.
#[derive(Clone, Copy, PartialEq, Default, Debug, Serialize, utoipa::ToSchema)]
pub struct Figures {
    /// Calls that came.
    pub total: u64,
    /// Of these, asked for a human (请求人工来电量).
    pub requests: u64,
    /// Requests that were answered (成功接听量).
    pub answered: u64,
    /// Requests whose caller was gone before.
    pub abandoned: u64,
    /// Of these, later than the threshold.
    pub abandoned_late: u64,
    /// Calls lost for a reason of the system's (呼损) of all calls.
    pub lost: Share,
    /// Requests answered within the threshold, of all requests.
    pub service_level_raw: Share,
    /// The contract's 20S接通率, reading A: answered, of requests without early abandons, excluded
    /// windows and system faults.
    pub service_level_a: Share,
    /// The same, reading B: answered within the threshold.
    pub service_level_b: Share,
    /// Mean wait of answered requests, ms.
    pub wait_ms_mean: Option<f64>,
    /// Longest wait of any request, ms.
    pub wait_ms_max: u64,
    /// Mean talk of answered requests, hold inside, ms.
    pub talk_ms_mean: Option<f64>,
    /// Mean hold of answered requests, ms.
    pub hold_ms_mean: Option<f64>,
    /// Calls rated, of answered requests.
    pub rated: Share,
    /// Ratings of 4 and 5, of all ratings (按键满意率 before review).
    pub satisfied: Share,
    /// Answered requests where the agent hung up and nobody was asked to rate.
    pub agent_hung_up_uninvited: u64,
}

/// Sums from which the means are taken.
#[derive(Default)]
struct Sums {
    wait_ms: u64,
    talk_ms: u64,
    hold_ms: u64,
}

impl Figures {
    /// The figures over these calls; those still in progress are counted in `total` only.
    #[must_use]
    pub fn of<'a>(settings: &FiguresSettings, rows: impl IntoIterator<Item = &'a CallRow>) -> Self {
        let mut figures = Self::default();
        let mut sums = Sums::default();
        for row in rows {
            figures.take(settings, row, &mut sums);
        }
        let mean = |sum: u64| (figures.answered > 0).then(|| sum as f64 / figures.answered as f64);
        figures.wait_ms_mean = mean(sums.wait_ms);
        figures.talk_ms_mean = mean(sums.talk_ms);
        figures.hold_ms_mean = mean(sums.hold_ms);
        figures
    }

    /// So many calls more were lost, which have no records of their own.
    pub fn refuse(&mut self, calls: u64) {
        self.total += calls;
        self.lost.of += calls;
        self.lost.part += calls;
    }

    fn take(&mut self, settings: &FiguresSettings, row: &CallRow, sums: &mut Sums) {
        let cdr = &row.cdr;
        let outcome = Outcome::of_row(row);
        self.total += 1;
        self.lost.of += 1;
        self.lost.part += u64::from(outcome == Outcome::SystemLost);
        if cdr.t_req.is_none() || outcome == Outcome::InProgress {
            return;
        }
        let is_early = cdr.wait_ms <= settings.threshold_ms;
        self.requests += 1;
        self.wait_ms_max = self.wait_ms_max.max(cdr.wait_ms);
        self.service_level_raw.of += 1;
        match outcome {
            Outcome::Answered => {
                self.answered += 1;
                self.service_level_raw.part += u64::from(is_early);
                sums.wait_ms += cdr.wait_ms;
                sums.talk_ms += cdr.talk_ms;
                sums.hold_ms += cdr.hold_ms;
                self.rated.of += 1;
                if let Some(rating) = cdr.rating {
                    self.rated.part += 1;
                    self.satisfied.of += 1;
                    self.satisfied.part += u64::from(rating >= 4);
                }
                let agent_hung_up = cdr.ended_by == EndedBy::Agent;
                self.agent_hung_up_uninvited += u64::from(agent_hung_up && !cdr.survey_invited);
            }
            Outcome::Abandoned => {
                self.abandoned += 1;
                self.abandoned_late += u64::from(!is_early);
            }
            _ => {}
        }
        let gave_up_early = outcome == Outcome::Abandoned && is_early;
        if gave_up_early || outcome == Outcome::SystemLost || is_excluded(settings, cdr.t_in) {
            return;
        }
        self.service_level_a.of += 1;
        self.service_level_b.of += 1;
        if outcome == Outcome::Answered {
            self.service_level_a.part += 1;
            self.service_level_b.part += u64::from(is_early);
        }
    }
}

fn is_excluded(settings: &FiguresSettings, at: Wall) -> bool {
    settings.excluded.iter().any(|window| window.from <= at && at < window.to)
}
