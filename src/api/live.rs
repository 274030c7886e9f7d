use dashmap::DashMap;

use crate::base::{AccountId, AgentId, CallId, QueueId, RecordingId, TrunkId};
use crate::call::{AgentView, CallView, QueueView, RegistrationView, TrunkView, View};

/// What can be seen now, by id. Written only by `node` from the core's effects, read only by the API;
/// the engine reads nothing back from it.
#[derive(Debug, Default)]
pub struct Live {
    calls: DashMap<CallId, CallView>,
    agents: DashMap<AgentId, AgentView>,
    queues: DashMap<QueueId, QueueView>,
    registrations: DashMap<AccountId, RegistrationView>,
    trunks: DashMap<TrunkId, TrunkView>,
}

impl Live {
    /// Takes over one change.
    pub fn show(&self, view: View) {
        match view {
            View::Call(view) => drop(self.calls.insert(view.id, view)),
            View::CallGone(id) => drop(self.calls.remove(&id)),
            View::Agent(view) => drop(self.agents.insert(view.id.clone(), view)),
            View::AgentGone(id) => drop(self.agents.remove(&id)),
            View::Queue(view) => drop(self.queues.insert(view.id.clone(), view)),
            View::QueueGone(id) => drop(self.queues.remove(&id)),
            View::Registration(view) if view.contact.is_empty() => {
                drop(self.registrations.remove(&view.account));
            }
            View::Registration(view) => {
                drop(self.registrations.insert(view.account.clone(), view));
            }
            View::Trunk(view) => drop(self.trunks.insert(view.id.clone(), view)),
            View::TrunkGone(id) => drop(self.trunks.remove(&id)),
        }
    }

    /// The live call with this id.
    #[must_use]
    pub fn call(&self, id: CallId) -> Option<CallView> {
        self.calls.get(&id).map(|entry| entry.clone())
    }

    /// All live calls, the oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<CallView> {
        let mut calls: Vec<_> = self.calls.iter().map(|entry| entry.clone()).collect();
        calls.sort_by_key(|call| (call.arrived, call.id));
        calls
    }

    /// The live call whose recording this is.
    #[must_use]
    pub fn call_recorded(&self, recording: RecordingId) -> Option<CallView> {
        let found = self.calls.iter().find(|entry| entry.recording == Some(recording));
        found.map(|entry| entry.clone())
    }

    /// How many calls are up.
    #[must_use]
    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    /// The agent with this id.
    #[must_use]
    pub fn agent(&self, id: &AgentId) -> Option<AgentView> {
        self.agents.get(id).map(|entry| entry.clone())
    }

    /// All agents by id.
    #[must_use]
    pub fn agents(&self) -> Vec<AgentView> {
        let mut agents: Vec<_> = self.agents.iter().map(|entry| entry.clone()).collect();
        agents.sort_by(|a, b| a.id.cmp(&b.id));
        agents
    }

    /// The queue with this id.
    #[must_use]
    pub fn queue(&self, id: &QueueId) -> Option<QueueView> {
        self.queues.get(id).map(|entry| entry.clone())
    }

    /// All queues by id.
    #[must_use]
    pub fn queues(&self) -> Vec<QueueView> {
        let mut queues: Vec<_> = self.queues.iter().map(|entry| entry.clone()).collect();
        queues.sort_by(|a, b| a.id.cmp(&b.id));
        queues
    }

    /// All registered accounts by id.
    #[must_use]
    pub fn registrations(&self) -> Vec<RegistrationView> {
        let mut found: Vec<_> = self.registrations.iter().map(|entry| entry.clone()).collect();
        found.sort_by(|a, b| a.account.cmp(&b.account));
        found
    }

    /// All trunks by id.
    #[must_use]
    pub fn trunks(&self) -> Vec<TrunkView> {
        let mut trunks: Vec<_> = self.trunks.iter().map(|entry| entry.clone()).collect();
        trunks.sort_by(|a, b| a.id.cmp(&b.id));
        trunks
    }
}
