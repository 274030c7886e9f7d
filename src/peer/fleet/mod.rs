//! Load: many calls at once from few threads, with their packets counted, and the drivers of
//! the benches.

mod answerers;
mod bench;
mod callers;
mod plan;
mod report;

pub use answerers::Answerers;
pub use bench::{
    Delays, DelaysPlan, RegisterPlan, RegisterReport, measure_delays, measure_registrations,
};
pub use callers::place_calls;
pub use plan::{AnswerPlan, CallerPlan};
pub use report::{AnswerResult, CallResult, FleetReport, Percentiles};
