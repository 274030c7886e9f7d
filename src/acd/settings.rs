use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{AgentId, QueueId};

/// Everything that the operator decides about the desk.
///
/// The desk takes it as it comes: an agent's queue that is not configured and a repeated id have no
/// effect. Telling the operator so is the business of whoever read the file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Settings {
    /// The queues (skill groups).
    pub queues: Vec<QueueSettings>,
    /// The people who may sign in.
    pub agents: Vec<AgentSettings>,
    /// How long an agent whose phone was busy, rejected the call or could not be reached is left
    /// alone before the next offer. Default 5 s.
    pub pause: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self { queues: Vec::new(), agents: Vec::new(), pause: Duration::from_secs(5) }
    }
}

/// One queue.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct QueueSettings {
    /// Its identity.
    pub id: QueueId,
    /// Its name for people.
    pub name: String,
    /// The most callers that it holds, those that ring at an agent included.
    pub capacity: u32,
    /// How long an offer may go unanswered, counted from the offer, before the agent is taken out
    /// and the caller goes back to the head.
    pub ring: Duration,
    /// How long an agent may write up a call of this queue (话后). Zero: no wrap-up.
    pub wrap_up: Duration,
}

impl QueueSettings {
    /// A queue for 200 callers that rings for 20 s and gives 30 s of wrap-up.
    #[must_use]
    pub fn new(id: QueueId, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            capacity: 200,
            ring: Duration::from_secs(20),
            wrap_up: Duration::from_secs(30),
        }
    }
}

/// One person who takes calls.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AgentSettings {
    /// Its identity.
    pub id: AgentId,
    /// The name for people.
    pub name: String,
    /// The spoken agent number (工号).
    pub number: String,
    /// The queues served, all with the same right.
    pub queues: Vec<QueueId>,
}
