use std::collections::HashMap;

use crate::base::{AgentId, CallId, DialogId, StreamId, TicketId};

/// Which call owns a thing of another room. Filled and emptied by `Turn` alone, together with the
/// call's `Holdings`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    pub(crate) dialogs: HashMap<DialogId, CallId, ahash::RandomState>,
    pub(crate) streams: HashMap<StreamId, CallId, ahash::RandomState>,
    pub(crate) tickets: HashMap<TicketId, CallId, ahash::RandomState>,
    pub(crate) agents: HashMap<AgentId, CallId, ahash::RandomState>,
}

impl Index {
    /// How many entries all maps have; zero when no call is up.
    pub(crate) fn len(&self) -> usize {
        self.dialogs.len() + self.streams.len() + self.tickets.len() + self.agents.len()
    }
}
