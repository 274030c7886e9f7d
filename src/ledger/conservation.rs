use serde::Serialize;

use crate::call::{Cause, Cdr};
use crate::store::CallRow;

/// What became of a call, for A7: exactly one of these.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// An agent or an outside party answered, however it ended then.
    Answered,
    /// The caller was gone before.
    Abandoned,
    /// The flow or the switch gave the caller all that it could: information, a message taken, a
    /// refusal.
    SelfServed,
    /// Lost for a reason of the system's before anybody answered (呼损).
    SystemLost,
    /// No CDR yet.
    InProgress,
}

impl Outcome {
    /// What became of a call that has its CDR.
    #[must_use]
    pub fn of(cdr: &Cdr) -> Self {
        if cdr.t_ans.is_some() {
            return Self::Answered;
        }
        match cdr.cause {
            cause if cause.is_system_lost() => Self::SystemLost,
            Cause::Cancelled
            | Cause::AbandonedIvr
            | Cause::AbandonedQueue
            | Cause::NoAck
            | Cause::MediaTimeout => Self::Abandoned,
            _ => Self::SelfServed,
        }
    }

    /// What became of a stored call.
    #[must_use]
    pub fn of_row(row: &CallRow) -> Self {
        if row.ended { Self::of(&row.cdr) } else { Self::InProgress }
    }
}

/// A7: `arrived = answered + abandoned + self_served + system_lost + in_progress`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, utoipa::ToSchema)]
pub struct Conservation {
    /// INVITEs of trunks and known accounts, those without records of their own too.
    pub arrived: u64,
    /// See [`Outcome`].
    pub answered: u64,
    /// See [`Outcome`].
    pub abandoned: u64,
    /// See [`Outcome`].
    pub self_served: u64,
    /// See [`Outcome`].
    pub system_lost: u64,
    /// See [`Outcome`].
    pub in_progress: u64,
}

impl Conservation {
    /// The sum over these calls. `arrived` are the arrivals counted elsewhere (the arrival events),
    /// so that the sum can fail when a call got lost.
    #[must_use]
    pub fn of<'a>(arrived: u64, rows: impl IntoIterator<Item = &'a CallRow>) -> Self {
        let mut sum = Self { arrived, ..Self::default() };
        rows.into_iter().for_each(|row| sum.count(Outcome::of_row(row)));
        sum
    }

    /// One more call became this.
    pub fn count(&mut self, outcome: Outcome) {
        *match outcome {
            Outcome::Answered => &mut self.answered,
            Outcome::Abandoned => &mut self.abandoned,
            Outcome::SelfServed => &mut self.self_served,
            Outcome::SystemLost => &mut self.system_lost,
            Outcome::InProgress => &mut self.in_progress,
        } += 1;
    }

    /// So many calls of trunks and accounts were refused without records of their own, because there
    /// were too many or no room: they arrived, and the system lost them.
    pub fn refuse(&mut self, calls: u64) {
        self.arrived += calls;
        self.system_lost += calls;
    }

    /// Adds another sum.
    pub fn add(&mut self, more: &Self) {
        self.arrived += more.arrived;
        self.answered += more.answered;
        self.abandoned += more.abandoned;
        self.self_served += more.self_served;
        self.system_lost += more.system_lost;
        self.in_progress += more.in_progress;
    }

    /// Arrivals without an outcome (positive) or outcomes without an arrival (negative); 0 is right.
    #[must_use]
    pub fn missing(&self) -> i64 {
        let known =
            self.answered + self.abandoned + self.self_served + self.system_lost + self.in_progress;
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        signed(self.arrived) - signed(known)
    }
}
