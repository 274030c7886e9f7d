use crate::acd::{State, Status};
use crate::base::{AgentId, Instant, QueueId, TicketId};

/// An agent now, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AgentNow<'a> {
    /// Who.
    pub id: &'a AgentId,
    /// The name for people.
    pub name: &'a str,
    /// The spoken agent number (工号).
    pub number: &'a str,
    /// What the person chose.
    pub status: &'a Status,
    /// What the person chose for after the call; `None`: as it is.
    pub next: Option<&'a Status>,
    /// What the desk does with the agent.
    pub state: State,
    /// Since when status and state are so.
    pub since: Instant,
    /// Whether the phone can be reached.
    pub reachable: bool,
    /// The caller that rings or talks, or is written up.
    pub ticket: Option<TicketId>,
    /// The queues served.
    pub queues: &'a [QueueId],
}

/// A queue now, for people.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueNow<'a> {
    /// Which.
    pub id: &'a QueueId,
    /// The name for people.
    pub name: &'a str,
    /// Callers waiting, those that ring at an agent included.
    pub waiting: u32,
    /// The earliest clock among them.
    pub oldest: Option<Instant>,
    /// Agents signed in that serve this queue.
    pub signed_in: u32,
    /// Of these, the ones who would be rung now: ready, idle, reachable, not paused.
    pub free: u32,
    /// Of these, with a caller (talking or held).
    pub talking: u32,
}

/// How much the desk holds. When everybody has hung up, all but `busy` are zero, and `busy` counts
/// calls of the agents' own.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Census {
    /// Callers who wait and are not being offered.
    pub waiting: usize,
    /// Offers that are out.
    pub offers: usize,
    /// Callers who talk or are held.
    pub talking: usize,
    /// Agents in calls of their own.
    pub busy: usize,
    /// Agents who write up a call.
    pub wrap_up: usize,
    /// Deadlines set: rings, wrap-ups, pauses.
    pub deadlines: usize,
}
