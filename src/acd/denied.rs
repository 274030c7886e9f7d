use crate::acd::{State, Status};
use crate::base::{AgentId, OfferId, TicketId};

/// Why an input had no effect. Nothing changed and nothing was pushed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Denied {
    /// A fault of ours in the midst of it: the party that it was about is freed.
    #[error("the desk ran into a fault of the engine; the alarm internal-error is up")]
    Fault,
    /// No agent of this name is configured.
    #[error("there is no agent {0}")]
    UnknownAgent(AgentId),
    /// The caller left, or never was here.
    #[error("ticket {0} is not at the desk")]
    UnknownTicket(TicketId),
    /// The caller does not wait: an agent has answered.
    #[error("ticket {0} is with an agent; only a caller who waits can be moved")]
    NotWaiting(TicketId),
    /// The caller is here already.
    #[error("ticket {0} is at the desk already")]
    TicketTaken(TicketId),
    /// The offer was answered, declined or withdrawn before.
    #[error("offer {0} is over")]
    UnknownOffer(OfferId),
    /// The agent's state does not allow it.
    #[error("agent {agent} is {status:?} and {state:?}; it takes {allowed}")]
    NotNow {
        /// Who.
        agent: AgentId,
        /// The status now.
        status: Status,
        /// The state now.
        state: State,
        /// Which statuses and states allow it.
        allowed: &'static str,
    },
}
