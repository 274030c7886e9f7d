use serde::{Deserialize, Serialize};

use crate::base::{AgentId, Instant, OfferId, QueueId, TicketId};

/// Everything that may happen to the desk.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// 签入: not ready at first. Whether the phone is registered does not matter.
    SignIn {
        /// Who.
        agent: AgentId,
    },
    /// 签出. A person may do so only from not ready; during a call it becomes the next state.
    SignOut {
        /// Who.
        agent: AgentId,
        /// By a supervisor: from any state. A ringing offer is withdrawn; a call goes on and the
        /// sign-out follows it, without wrap-up.
        forced: bool,
    },
    /// 置闲. Ends a wrap-up; during a call it becomes the next state.
    Ready {
        /// Who.
        agent: AgentId,
    },
    /// 置忙. During an offer, a call or wrap-up it becomes the next state.
    NotReady {
        /// Who.
        agent: AgentId,
        /// Why.
        reason: String,
    },
    /// Ends wrap-up before its limit.
    WrapUpDone {
        /// Who.
        agent: AgentId,
    },
    /// The agent's phone has, or has lost, its last live contact. At first nobody is reachable. No
    /// `AgentChanged` follows, because neither axis changes.
    Reachable {
        /// Who.
        agent: AgentId,
        /// Whether calls can be sent there now.
        reachable: bool,
    },
    /// The leg that the agent's phone keeps open is gone: not ready, now or after what the desk does.
    PhoneLost {
        /// Who.
        agent: AgentId,
    },
    /// A caller asks for a human.
    Enter {
        /// The caller's place.
        ticket: TicketId,
        /// Where.
        queue: QueueId,
        /// Higher is served earlier; 0 is ordinary.
        priority: i32,
        /// When the caller first asked for a human: kept over queues and unanswered offers.
        clock: Instant,
    },
    /// A caller who waits goes to another queue, with the original clock. [`Output::Moved`] or
    /// [`Output::NotMoved`] answers; when the new queue has no place, the old one is kept, and the
    /// ring of an agent goes on.
    ///
    /// [`Output::Moved`]: crate::acd::Output::Moved
    /// [`Output::NotMoved`]: crate::acd::Output::NotMoved
    Move {
        /// Whose place.
        ticket: TicketId,
        /// Where to.
        queue: QueueId,
        /// Higher is served earlier; counts in the new queue.
        priority: i32,
    },
    /// The caller is gone or goes elsewhere, wherever the ticket stands: waiting, offered (the offer
    /// is withdrawn) or talking (the same as `TalkEnded`).
    Leave {
        /// Whose place.
        ticket: TicketId,
    },
    /// The agent's phone rings.
    Ringing {
        /// Which ring.
        offer: OfferId,
    },
    /// The agent has answered. When this is denied the offer was withdrawn meanwhile: end that leg.
    Answered {
        /// Which ring.
        offer: OfferId,
    },
    /// The agent's leg ended without an answer.
    Declined {
        /// Which ring.
        offer: OfferId,
        /// How.
        why: Decline,
    },
    /// 保持.
    Held {
        /// Who.
        agent: AgentId,
    },
    /// 拾回.
    Retrieved {
        /// Who.
        agent: AgentId,
    },
    /// Agent and caller are apart; wrap-up begins.
    TalkEnded {
        /// Who.
        agent: AgentId,
    },
    /// A call of the agent's own began (outbound, internal). An offer that is out is withdrawn.
    /// Calls are counted: each `Busy` needs its `Free`.
    Busy {
        /// Who.
        agent: AgentId,
    },
    /// A call of the agent's own ended.
    Free {
        /// Who.
        agent: AgentId,
    },
    /// The time that `deadline` gave has come.
    Deadline,
}

/// How an offer failed at the agent's side.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decline {
    /// The phone is in use (486): a short pause.
    Busy,
    /// It rang and nobody came (408, 480 after ringing): not ready, "no answer".
    NoAnswer,
    /// The person pressed reject (603, 480): a short pause.
    Rejected,
    /// The phone could not be reached (transport, 503, 408 without ringing): a short pause, and the
    /// agent goes to the end of the longest-idle line.
    Unreachable,
}
