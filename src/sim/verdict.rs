use std::fmt;

use crate::base::Instant;
use crate::sim::Figures;

/// How a run went.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The seed.
    pub seed: u64,
    /// Events that the core took.
    pub steps: u64,
    /// Over all effects (or only what was sent, see `Plan::exact_hash`): equal for equal runs.
    pub hash: u64,
    /// What was counted.
    pub figures: Figures,
    /// What went wrong, if anything did.
    pub failure: Option<Failure>,
}

/// A broken promise.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// At which step of the core.
    pub step: u64,
    /// When, on the run's clock.
    pub at: Instant,
    /// Which promise, and who broke it.
    pub what: String,
    /// The last events and effects before it, oldest first.
    pub trail: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.trail {
            writeln!(f, "  {line}")?;
        }
        write!(f, "seed {} step {} at {}: {}", self.seed, self.step, self.at, self.what)
    }
}
