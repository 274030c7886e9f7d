use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{Faults, FlowId};

use super::Known;

/// All flows that were read together. Calls in progress keep the flow that they began with.
#[derive(Clone, Debug, Default)]
pub struct Flows {
    flows: BTreeMap<FlowId, Arc<Flow>>,
}

/// One flow, read and checked.
#[derive(Clone, Debug)]
pub struct Flow {
    /// `<tenant folder>/<file without .flow.yaml>`, such as `fcg/12345`.
    pub id: FlowId,
    /// The number its author raises on every publish.
    pub revision: u64,
}

impl Flows {
    /// Reads and checks `sources`, which are all files `<tenant>/*.flow.yaml` and
    /// `<tenant>/calendars.yaml` with the path to be named in faults; the folder that a file lies in
    /// is its tenant.
    ///
    /// # Errors
    /// Every fault of every file.
    pub fn read(_sources: Vec<(PathBuf, String)>, _known: &Known) -> Result<Self, Faults> {
        Ok(Self::default())
    }

    /// The flow with this id.
    #[must_use]
    pub fn get(&self, id: &FlowId) -> Option<&Arc<Flow>> {
        self.flows.get(id)
    }

    /// All flows in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Flow>> {
        self.flows.values()
    }
}
