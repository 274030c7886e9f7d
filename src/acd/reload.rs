use std::collections::HashSet;

use crate::acd::agent::{Agent, Doing};
use crate::acd::desk::Desk;
use crate::acd::queue::Queue;
use crate::acd::{AgentSettings, Output, Settings};
use crate::base::{AgentId, Instant, QueueId};

impl Desk {
    /// New settings. Agents keep their states and callers their places. A removed agent who has an
    /// offer or a caller finishes it first; a removed queue keeps its callers until they leave.
    pub fn reconfigure(&mut self, now: Instant, settings: Settings, out: &mut Vec<Output>) {
        self.take_queues(&settings);
        self.take_agents(now, &settings, out);
        self.recount(out);
        self.settings = settings;
        for agent in self.all_free() {
            self.serve_agent(now, &agent, out);
        }
        self.tell_marked(out);
    }

    fn take_queues(&mut self, settings: &Settings) {
        for queue in self.queues.values_mut() {
            queue.leaving = true;
        }
        for new in &settings.queues {
            let queue =
                self.queues.entry(new.id.clone()).or_insert_with(|| Queue::new(new.clone()));
            queue.leaving = false;
            queue.settings = new.clone();
        }
    }

    fn take_agents(&mut self, now: Instant, settings: &Settings, out: &mut Vec<Output>) {
        let kept: HashSet<&AgentId> = settings.agents.iter().map(|agent| &agent.id).collect();
        let mut removed: Vec<AgentId> =
            self.agents.keys().filter(|id| !kept.contains(id)).cloned().collect();
        removed.sort_unstable();
        for id in removed {
            self.change(now, &id, out, |agent| {
                agent.leaving = true;
                if !matches!(agent.doing, Doing::Offered { .. } | Doing::Talking { .. }) {
                    agent.sign_out();
                }
            });
            if let Some(agent) = self.agents.get_mut(&id) {
                agent.settings.queues.clear();
            }
        }
        for new in &settings.agents {
            let new = AgentSettings { queues: self.configured(&new.queues), ..new.clone() };
            match self.agents.get_mut(&new.id) {
                Some(agent) => {
                    agent.leaving = false;
                    agent.settings = new;
                }
                None => {
                    self.agents.insert(new.id.clone(), Agent::new(now, new));
                }
            }
        }
    }

    /// The queues that exist, each once, in the operator's order.
    fn configured(&self, queues: &[QueueId]) -> Vec<QueueId> {
        let mut seen = HashSet::new();
        let exists = |id: &QueueId| self.queues.get(id).is_some_and(|queue| !queue.leaving);
        queues.iter().filter(|id| exists(id) && seen.insert((*id).clone())).cloned().collect()
    }

    /// Counts anew what queues know of agents, after agents or their queues changed.
    fn recount(&mut self, out: &mut Vec<Output>) {
        let mut ids: Vec<QueueId> = self.queues.keys().cloned().collect();
        ids.sort_unstable();
        let mut staffed = HashSet::new();
        for id in &ids {
            self.mark(id);
            let Some(queue) = self.queues.get_mut(id) else { continue };
            if queue.signed_in > 0 {
                staffed.insert(id.clone());
            }
            queue.free.clear();
            queue.signed_in = 0;
            queue.talking = 0;
        }
        for (id, agent) in &self.agents {
            let trace = agent.trace();
            for queue in &agent.settings.queues {
                let Some(queue) = self.queues.get_mut(queue) else { continue };
                queue.signed_in += u32::from(trace.status.is_signed_in());
                queue.talking += u32::from(trace.state.has_caller());
                queue.free.extend(trace.free.map(|since| (since, id.clone())));
            }
        }
        for id in ids.into_iter().filter(|id| staffed.contains(id)) {
            if let Some(queue) = self.queues.get(&id)
                && queue.signed_in == 0
            {
                queue.tell_nobody_left(out);
            }
        }
    }

    /// Everybody who may be rung now, the longest idle first.
    fn all_free(&self) -> Vec<AgentId> {
        let mut free: Vec<_> = self
            .agents
            .iter()
            .filter_map(|(id, agent)| Some((agent.trace().free?, id.clone())))
            .collect();
        free.sort_unstable();
        free.into_iter().map(|(_, id)| id).collect()
    }
}
