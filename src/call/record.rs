use serde::{Deserialize, Serialize};

use crate::base::{
    AccountId, AgentId, BoxId, CallId, QueueId, RecordId, RecordingId, TenantId, TrunkId, Wall,
};
use crate::call::{Cause, Cdr};

/// One fact that must outlive everything: written ahead to the spool, loaded into the database,
/// published as a numbered event.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Record {
    /// Unique for ever; loading twice is loading once.
    pub id: RecordId,
    /// When it happened, by the wall.
    pub at: Wall,
    /// Whose it is.
    pub tenant: TenantId,
    /// What happened.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What happened.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Fact {
    /// An INVITE of a trunk or known account began a call. Its [`Cdr`] must follow.
    CallArrived(CallArrived),
    /// The engine answered the caller's INVITE.
    CallAnswered {
        /// The call.
        call: CallId,
        /// The trunk or account leg's answer.
        #[serde(rename = "t_ivr")]
        at: Wall,
    },
    /// The call is over. Exactly one for each call.
    Cdr(Box<Cdr>),
    /// The caller asked for a human or was moved to another queue.
    QueueEntered {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
    },
    /// The caller left a queue.
    QueueLeft {
        /// The call.
        call: CallId,
        /// The queue.
        queue: QueueId,
        /// Why.
        why: QueueExit,
        /// Time in this queue, ms.
        wait_ms: u64,
    },
    /// An agent was reserved for the caller and rings.
    Offered {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// The queue.
        queue: QueueId,
    },
    /// The ring of an agent ended.
    OfferEnded {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// How.
        result: OfferResult,
        /// How long it rang, ms.
        ring_ms: u64,
    },
    /// The agent and the caller hear each other.
    Connected {
        /// The call.
        call: CallId,
        /// The agent; none when the far party is an outside number.
        agent: Option<AgentId>,
    },
    /// The agent put the caller on hold.
    Held {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
    },
    /// The agent took the caller back.
    Retrieved {
        /// The call.
        call: CallId,
        /// The agent.
        agent: AgentId,
        /// How long it was held, ms.
        held_ms: u64,
    },
    /// The caller rated the service.
    Rated {
        /// The call.
        call: CallId,
        /// The agent who is rated.
        agent: Option<AgentId>,
        /// 1–5.
        score: u8,
    },
    /// An agent's status or state changed (D3, work log).
    AgentChanged {
        /// The agent.
        agent: AgentId,
        /// `signed_out`, `ready`, `not_ready`.
        status: String,
        /// Why not ready.
        reason: Option<String>,
        /// `idle`, `reserved`, `ringing`, `talking`, `held`, `wrap_up`, `busy`.
        state: String,
        /// The call it has to do with.
        call: Option<CallId>,
        /// How long the one before lasted, ms.
        previous_ms: u64,
    },
    /// The phone of an agent answered and its leg stays up (`agent.answer = "open-leg"`).
    LegUp {
        /// The agent.
        agent: AgentId,
        /// The phone's account.
        account: AccountId,
    },
    /// The leg that an agent's phone kept open is gone.
    LegDown {
        /// The agent.
        agent: AgentId,
        /// The phone's account.
        account: AccountId,
        /// What ended it.
        why: LegEnd,
        /// How long it was up, ms.
        length_ms: u64,
        /// How many offers were made on it.
        offers: u32,
    },
    /// A recording began.
    RecordingStarted {
        /// The call.
        call: CallId,
        /// The recording.
        recording: RecordingId,
        /// Left channel, right channel: who is heard there.
        channels: [String; 2],
    },
    /// A recording ended.
    RecordingEnded {
        /// The call.
        call: CallId,
        /// The recording.
        recording: RecordingId,
        /// Length, ms.
        length_ms: u64,
    },
    /// A message was left in a voicemail box.
    Voicemail {
        /// The call.
        call: CallId,
        /// The box.
        r#box: BoxId,
        /// The message.
        recording: RecordingId,
        /// Length, ms.
        length_ms: u64,
    },
    /// A phone registered, or its registration ended.
    Registration {
        /// The account.
        account: AccountId,
        /// Where it is reached, empty when it is gone.
        contact: String,
        /// Whether it is registered now.
        registered: bool,
    },
    /// Requests of a source that is neither a trunk nor an account, one row per source and minute.
    StrangersRefused {
        /// The IP address.
        source: String,
        /// How many in the minute that ended at `at`.
        count: u64,
    },
    /// INVITEs of a trunk or account that were refused while there was no room for records, beyond
    /// those that have records of their own; one row per source and minute.
    InvitesRefused {
        /// `trunk:<id>` or `account:<id>`.
        source: String,
        /// How many in the minute that ended at `at`.
        count: u64,
    },
    /// Messages that were turned away before anybody looked into them, because there were too many:
    /// one row per source and minute.
    TurnedAway(TurnedAway),
    /// An alarm came up or cleared.
    Alarm {
        /// The alarm's id, such as `recordings-disk`.
        #[serde(rename = "alarm")]
        id: String,
        /// What is the matter and what to do.
        what: String,
        /// Whether it is over.
        cleared: bool,
    },
    /// The engine started; what was up before it ended by a crash is closed by the CDRs that follow.
    Started {
        /// The version.
        version: String,
    },
    /// The engine stopped in order.
    Stopped,
}

/// An INVITE of a trunk or known account.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct CallArrived {
    /// The call.
    pub call: CallId,
    /// The trunk it came by.
    pub trunk: Option<TrunkId>,
    /// The account that made it.
    pub account: Option<AccountId>,
    /// The caller as the header had it.
    pub caller_raw: String,
    /// The caller in normal form (E.164 or the short code), empty when withheld.
    pub caller: String,
    /// The number called, as routed by.
    pub called: String,
    /// The Call-ID header.
    pub sip_call_id: String,
    /// Kind of the caller as in the [`Cdr`]; empty in records of versions that did not write it.
    #[serde(default)]
    pub caller_kind: String,
    /// Area code of the caller, empty when unknown.
    #[serde(default)]
    pub region: String,
    /// The flow that the number leads into and its revision, `fcg/12345@7`, empty when none.
    #[serde(default)]
    pub flow: String,
}

/// What was turned away of one source in the minute that ended at the record's time. Copies that were
/// sent again count, too.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TurnedAway {
    /// The IP address; `*` for all beyond the 4,096 sources that are told apart.
    pub source: String,
    /// The trunk that sends from there.
    pub trunk: Option<TrunkId>,
    /// Always `overload`.
    pub cause: Cause,
    /// How many of them would have begun a call. (No CDR exists for these.)
    pub invites: u64,
    /// How many got a 503 with Retry-After.
    pub refused: u64,
    /// How many got nothing.
    pub dropped: u64,
}

/// Why a caller left a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueExit {
    /// An agent answered.
    Answered,
    /// The caller hung up.
    Abandoned,
    /// The wait was over its limit; the flow took another way.
    Overflow,
    /// The call was ended by the engine or a command.
    Ended,
}

/// How an offer ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfferResult {
    /// The agent answered.
    Answered,
    /// It rang to its limit.
    NoAnswer,
    /// The phone was busy (486, 600).
    Busy,
    /// The agent refused (603, 480 …).
    Rejected,
    /// The phone could not be reached (timeout, transport, 404).
    Unreachable,
    /// The caller hung up or left the queue.
    CallerGone,
}

/// What ended the leg that an agent's phone kept open.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegEnd {
    /// The phone hung up.
    HungUp,
    /// The agent signed out.
    SignedOut,
    /// The phone cannot be reached, or no longer knows the leg.
    Unreachable,
    /// New settings: the agent, the account or the way to answer is another.
    Settings,
    /// The engine stops.
    Shutdown,
    /// Media could not be agreed on or failed, or a fault of the engine.
    Failed,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Wall;
    use ulid::Ulid;

    #[test]
    fn records_with_names_of_their_own_are_read_back() {
        for fact in [
            Fact::Alarm { id: "x".into(), what: "y".into(), cleared: false },
            Fact::CallAnswered { call: CallId(Ulid::nil()), at: Wall::from_micros(5) },
            Fact::TurnedAway(TurnedAway {
                source: "192.0.2.1".into(),
                trunk: Some("carrier".into()),
                cause: Cause::Overload,
                invites: 3,
                refused: 2,
                dropped: 2,
            }),
        ] {
            let record = Record {
                id: RecordId(Ulid::nil()),
                at: Wall::from_micros(1),
                tenant: "t".into(),
                fact,
            };
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record, "{text}");
        }
    }
}
