//! The demo's people: a citizen who calls through a carrier and agents who answer, with every
//! step told on a terminal and checked.

mod plan;
mod run;
mod timeline;
mod verdict;

pub use plan::{DemoAgent, DemoPlan, Talk};
pub use run::{Hooks, run};
pub use timeline::Timeline;
pub use verdict::{Check, Verdict};
