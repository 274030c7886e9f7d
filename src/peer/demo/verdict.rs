/// One thing that had to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What, in Chinese and English.
    pub what: String,
    /// Whether it did.
    pub held: bool,
    /// Figures, or what was seen instead.
    pub detail: String,
}

/// How the demo went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// In the order of the call.
    pub checks: Vec<Check>,
    /// The agent who answered.
    pub agent: Option<String>,
}

impl Verdict {
    /// Every check held, and there was one.
    pub fn all_held(&self) -> bool {
        !self.checks.is_empty() && self.checks.iter().all(|check| check.held)
    }

    /// Those that did not.
    pub fn broken(&self) -> impl Iterator<Item = &Check> {
        self.checks.iter().filter(|check| !check.held)
    }
}
