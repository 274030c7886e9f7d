use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::acd::{State, Status};
use crate::base::{AgentId, Instant, OfferId, QueueId, TicketId};

/// Everything that the desk may ask for or tell.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Output {
    /// Ring this agent for this caller; the agent is already reserved. Ends by `Answered`,
    /// `Declined` or [`Output::Withdraw`].
    Offer {
        /// This ring.
        offer: OfferId,
        /// For whom.
        ticket: TicketId,
        /// Whom.
        agent: AgentId,
        /// Out of which queue.
        queue: QueueId,
    },
    /// Stop ringing; the offer is already forgotten.
    Withdraw {
        /// Which ring.
        offer: OfferId,
        /// Who rings.
        agent: AgentId,
        /// For whom.
        ticket: TicketId,
        /// Why.
        why: Withdrawal,
    },
    /// The caller got no place; the desk does not know the ticket.
    NotTaken {
        /// Whose.
        ticket: TicketId,
        /// Why.
        why: NotTaken,
    },
    /// The caller waits in another queue now. An offer that was out is withdrawn before this is told.
    Moved {
        /// Whose.
        ticket: TicketId,
        /// Where.
        queue: QueueId,
    },
    /// The other queue has no place; the caller is where it was.
    NotMoved {
        /// Whose.
        ticket: TicketId,
        /// Where it should have gone.
        queue: QueueId,
        /// Why.
        why: NotTaken,
    },
    /// The caller's offer came to nothing: waits again, in the place of the original clock.
    Returned {
        /// Whose.
        ticket: TicketId,
    },
    /// The last agent who serves the caller's queue signed out, or the queue is no longer
    /// configured. The caller stays until `Leave`. While an agent rings for the caller it is told
    /// again when that ring ends without an answer.
    NobodyLeft {
        /// Whose.
        ticket: TicketId,
        /// Which queue: the caller may be in another one by the time this is read.
        queue: QueueId,
    },
    /// One of the agent's two axes changed.
    AgentChanged {
        /// Who.
        agent: AgentId,
        /// The status now.
        status: Status,
        /// The state now.
        state: State,
        /// Since when: now.
        since: Instant,
        /// The status before.
        was_status: Status,
        /// The state before.
        was_state: State,
        /// How long the former pair lasted.
        previous: Duration,
        /// The caller that rings or talks now, or is written up.
        ticket: Option<TicketId>,
    },
    /// What [`QueueNow`](crate::acd::QueueNow) shows changed; at most once a queue in one step.
    QueueChanged {
        /// Which.
        queue: QueueId,
    },
    /// An agent that is no longer configured has finished the last call and is forgotten.
    AgentGone {
        /// Who.
        agent: AgentId,
    },
    /// A queue that is no longer configured is empty and is forgotten.
    QueueGone {
        /// Which.
        queue: QueueId,
    },
}

/// Why a caller got no place.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotTaken {
    /// The queue holds as many callers as it may.
    Full,
    /// Nobody who serves the queue is signed in.
    Nobody,
    /// There is no such queue.
    UnknownQueue,
}

/// Why an offer was withdrawn.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Withdrawal {
    /// The caller left the queue while it rang, for another one or for good.
    CallerLeft,
    /// The ring limit passed; the agent is not ready, "no answer".
    NoAnswer,
    /// A supervisor signed the agent out.
    SignedOut,
    /// The agent began a call of its own.
    Busy,
}
