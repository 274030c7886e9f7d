use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::{BoxId, QueueId, TrunkId};

/// What the configuration and the sounds have, for the checker. `None` means "not checked".
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Known {
    /// The queues.
    pub queues: Option<BTreeSet<QueueId>>,
    /// The trunks.
    pub trunks: Option<BTreeSet<TrunkId>>,
    /// The voicemail boxes.
    pub boxes: Option<BTreeSet<BoxId>>,
    /// The caller lists, such as `block` and `vip`.
    pub lists: Option<BTreeSet<Arc<str>>>,
    /// The ids of all prompts by language.
    pub prompts: Option<BTreeMap<Arc<str>, BTreeSet<Arc<str>>>>,
    /// The ids of all music.
    pub music: Option<BTreeSet<Arc<str>>>,
}
