use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{AgentId, CallId};
use crate::call::Settings;
use crate::dialplan::Flows;

/// What the API (or a desk application behind it) asks of the core. Each is answered by exactly one
/// [`Reply`] in `Effect::Reply`.
#[derive(Clone, Debug)]
pub enum Command {
    /// 签入: the agent begins to work, not ready at first. A phone that keeps its leg open is called
    /// for it, and the answer waits for that.
    SignIn {
        /// Who.
        agent: AgentId,
    },
    /// 签出. Only from not ready, unless `forced` by a supervisor.
    SignOut {
        /// Who.
        agent: AgentId,
    },
    /// 置闲: calls may be offered. During a call it becomes the next state. Calls a phone whose open
    /// leg is down, as a sign-in does.
    Ready {
        /// Who.
        agent: AgentId,
    },
    /// 置忙 with a reason. During a call it becomes the next state.
    NotReady {
        /// Who.
        agent: AgentId,
        /// Why, one of the configured reasons or free text up to 64 characters.
        reason: String,
    },
    /// Ends wrap-up (话后) before its limit.
    WrapUpDone {
        /// Who.
        agent: AgentId,
    },
    /// 软摘机: answers the call that rings at the agent's phone, in the way that the phone can (C3).
    Answer {
        /// Who.
        agent: AgentId,
    },
    /// 软挂机: hangs up the agent's call; the flow goes on with the caller (survey).
    HangUpAgent {
        /// Who.
        agent: AgentId,
    },
    /// 保持: the caller hears music.
    Hold {
        /// Who.
        agent: AgentId,
    },
    /// 拾回: caller and agent hear each other again.
    Retrieve {
        /// Who.
        agent: AgentId,
    },
    /// Ends a call, all its legs.
    HangUpCall {
        /// Which.
        call: CallId,
    },
    /// New settings (agents, queues, accounts, trunks, numbers) and new flows, together. Calls in
    /// progress keep the flows they began with.
    Use {
        /// Checked settings.
        settings: Arc<Settings>,
        /// Checked flows.
        flows: Arc<Flows>,
    },
}

/// The answer to a [`Command`].
pub type Reply = Result<(), CommandError>;

/// Why a [`Command`] was not carried out.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error, Serialize, Deserialize)]
pub enum CommandError {
    /// No agent of this name is configured.
    #[error("there is no agent {0}")]
    UnknownAgent(AgentId),
    /// The call has ended or never was.
    #[error("there is no live call {0}")]
    UnknownCall(CallId),
    /// The agent's state does not allow it; the text says which state it is and which are allowed.
    #[error("{0}")]
    WrongState(String),
    /// The agent's phone cannot be answered from software, or its open leg does not come up (C3);
    /// names the phone.
    #[error("{0}")]
    PhoneCannot(String),
    /// The core is too busy or stopping.
    #[error("the engine is overloaded or stopping")]
    Overloaded,
}
