use std::sync::Arc;

use crate::base::{Instant, Wall};

use super::{Facts, Flow, Input, Step};

/// One caller's way through one flow.
#[derive(Clone, Debug)]
pub struct Walk {
    flow: Arc<Flow>,
    facts: Facts,
    node: Arc<str>,
}

impl Walk {
    /// A walk that waits for [`Input::Begin`].
    #[must_use]
    pub fn start(flow: Arc<Flow>, facts: Facts) -> Self {
        Self { flow, facts, node: Arc::from("") }
    }

    /// Takes one input, pushes what must be done, returns the walk; none after [`Step::Hangup`].
    pub fn handle(
        self,
        _now: Instant,
        _wall: Wall,
        input: Input,
        out: &mut Vec<Step>,
    ) -> Option<Self> {
        if input == Input::Begin {
            out.push(Step::Hangup { status: 480, refused: !self.facts.caller.is_empty() });
            return None;
        }
        Some(self)
    }

    /// When `handle` wants [`Input::Deadline`] if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The flow that is walked.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// The node where the caller is, empty before the beginning.
    #[must_use]
    pub fn node(&self) -> &Arc<str> {
        &self.node
    }

    /// Whether a key pressed now could mean something, so that keys must be listened for.
    #[must_use]
    pub fn expects_keys(&self) -> bool {
        false
    }

    /// Whether a key pressed now is part of a secret and must be kept out of logs and records.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        false
    }

    /// The language that the caller hears now.
    #[must_use]
    pub fn language(&self) -> &str {
        ""
    }
}
