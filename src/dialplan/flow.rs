use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{FlowId, Key};

use super::node::Node;

/// The most nodes of a flow.
pub(crate) const MAX_NODES: usize = 500;

/// One flow, read and checked; it never changes.
#[derive(Clone, PartialEq, Debug)]
pub struct Flow {
    /// `<tenant folder>/<file without .flow.yaml>`, such as `fcg/12345`.
    pub id: FlowId,
    /// The number that its author raises on every publish.
    pub revision: u64,
    /// Its title by language, for people.
    pub title: BTreeMap<Arc<str>, Arc<str>>,
    /// The languages that it speaks; every prompt exists in each. The first is the default.
    pub languages: Vec<Arc<str>>,
    pub(crate) start: Exit,
    pub(crate) on_error: Exit,
    pub(crate) limits: Limits,
    pub(crate) global_keys: Vec<(Key, GlobalKey)>,
    /// Variables with their first values.
    pub(crate) vars: BTreeMap<Arc<str>, Arc<str>>,
    /// In the order of the file.
    pub(crate) nodes: Vec<Node>,
}

/// Bounds of one walk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Limits {
    /// The most nodes that may be entered, repeats included.
    pub(crate) steps: u32,
    /// The longest time in the flow, waiting in queues and talking not counted.
    pub(crate) time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps: 200, time: Duration::from_secs(1_800) }
    }
}

/// What a key does in every node that listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum GlobalKey {
    /// Say again what was said.
    Repeat,
    /// Go on in the next of the flow's languages and say it again.
    Language,
}

/// The place of a node in its flow.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct NodeIndex(pub(crate) u16);

impl NodeIndex {
    /// Stands for a node that is not there; a flow with it is never published.
    pub(crate) const NOWHERE: Self = Self(u16::MAX);
}

/// Where an exit leads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Exit {
    pub(crate) to: NodeIndex,
    /// The line that says so.
    pub(crate) line: u64,
}

impl Exit {
    pub(crate) const fn nowhere(line: u64) -> Self {
        Self { to: NodeIndex::NOWHERE, line }
    }
}

impl Flow {
    /// The node, none for [`NodeIndex::NOWHERE`].
    pub(crate) fn node(&self, index: NodeIndex) -> Option<&Node> {
        self.nodes.get(usize::from(index.0))
    }

    pub(crate) fn global_key(&self, key: Key) -> Option<GlobalKey> {
        self.global_keys.iter().find(|(known, _)| *known == key).map(|(_, means)| *means)
    }

    /// The names of all nodes in the order of the file.
    pub fn node_names(&self) -> impl Iterator<Item = &str> {
        self.nodes.iter().map(|node| &*node.name)
    }
}
