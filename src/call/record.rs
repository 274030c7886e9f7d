use serde::{Deserialize, Serialize};

use crate::base::{
    AccountId, AgentId, BoxId, CallId, QueueId, RecordId, RecordingId, TenantId, TrunkId, Wall,
};

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
}

/// The record of one call: one for every INVITE of a trunk or known account (D1), with one cause.
///
/// `wait_ms + talk_ms + …` come from the monotonic clock; the wall times are those of arrival plus
/// monotonic distance, so a step of the system's clock bends neither.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Cdr {
    /// The call's ULID.
    #[schema(value_type = Option<String>)]
    pub call: Option<CallId>,
    /// The trunk it came by.
    #[schema(value_type = Option<String>)]
    pub trunk: Option<TrunkId>,
    /// The account that made it.
    #[schema(value_type = Option<String>)]
    pub account: Option<AccountId>,
    /// The caller as the header had it.
    pub caller_raw: String,
    /// The caller in normal form, empty when withheld.
    pub caller: String,
    /// `mobile`, `fixed`, `short`, `service`, `foreign`, `withheld`, `sip` or `unknown`.
    pub caller_kind: String,
    /// Area code of the caller, empty when unknown.
    pub region: String,
    /// The number called.
    pub called: String,
    /// The Call-ID header.
    pub sip_call_id: String,
    /// The flow that it went into and its revision, `fcg/12345@7`, empty when none.
    pub flow: String,
    /// The INVITE came, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub t_in: Wall,
    /// The engine answered (start of the IVR).
    #[schema(value_type = Option<i64>)]
    pub t_ivr: Option<Wall>,
    /// Asked for a human: first entry into a queue.
    #[schema(value_type = Option<i64>)]
    pub t_req: Option<Wall>,
    /// First offer to an agent.
    #[schema(value_type = Option<i64>)]
    pub t_offer: Option<Wall>,
    /// The agent's (or far party's) 200, the first.
    #[schema(value_type = Option<i64>)]
    pub t_ans: Option<Wall>,
    /// The (last) talk ended (agent or caller gone), none when there was none.
    #[schema(value_type = Option<i64>)]
    pub t_talk_end: Option<Wall>,
    /// The call ended.
    #[schema(value_type = i64)]
    pub t_end: Wall,
    /// From `t_req` to `t_ans`, or to the end when nobody answered, ms.
    pub wait_ms: u64,
    /// From `t_ans` to `t_talk_end`, hold inside, ms. Of several talks (an agent was lost and another
    /// found) the sum; the wait between them is in neither.
    pub talk_ms: u64,
    /// Of the talk, on hold, ms.
    pub hold_ms: u64,
    /// From `t_in` to `t_end`, ms.
    pub total_ms: u64,
    /// Who ended the call.
    pub ended_by: EndedBy,
    /// The one cause.
    pub cause: Cause,
    /// The SIP status that refused the call, 0 when it was answered.
    pub sip_status: u16,
    /// The last queue.
    #[schema(value_type = Option<String>)]
    pub queue: Option<QueueId>,
    /// The agent who answered.
    #[schema(value_type = Option<String>)]
    pub agent: Option<AgentId>,
    /// Rings of agents, all of them.
    pub offers: u32,
    /// Whether the caller was asked to rate.
    pub survey_invited: bool,
    /// The rating, 1–5.
    pub rating: Option<u8>,
    /// The recording of the (last) talk; of the message when nobody answered.
    #[schema(value_type = Option<String>)]
    pub recording: Option<RecordingId>,
    /// Keys pressed in menus in order (secret ones left out), at most 64.
    pub keys: String,
    /// Media of each leg.
    pub legs: Vec<LegRecord>,
}

/// The media figures of one leg.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LegRecord {
    /// `caller`, `agent:<id>` or `outside:<number>`.
    pub party: String,
    /// `PCMA`, `PCMU` or empty when no media was agreed.
    pub codec: String,
    /// RTP packets received.
    pub received: u64,
    /// RTP packets sent.
    pub sent: u64,
    /// Packets that the sequence numbers say were lost on the way to us.
    pub lost: u64,
    /// Interarrival jitter (RFC 3550 §6.4.1), µs.
    pub jitter_us: u64,
    /// Share lost on the way to the peer as its RTCP says, 0–1; none without RTCP.
    pub far_loss: Option<f32>,
    /// Round trip by RTCP, µs; none without RTCP.
    pub round_trip_us: Option<u64>,
}

/// Who ended a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndedBy {
    /// The caller hung up or cancelled.
    Caller,
    /// The agent hung up.
    Agent,
    /// The outside party hung up.
    Outside,
    /// The flow came to its end.
    Flow,
    /// The engine.
    #[default]
    System,
    /// A command of the API.
    Command,
}

/// The one machine-decided cause of a call's end.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It was answered by an agent or an outside party and ended in the usual way.
    Answered,
    /// Served by the flow alone.
    SelfServed,
    /// The caller hung up before the engine answered (CANCEL).
    Cancelled,
    /// The caller hung up in the flow, before asking for a human.
    AbandonedIvr,
    /// The caller hung up in a queue, while an agent rang included.
    AbandonedQueue,
    /// A message was left.
    Voicemail,
    /// The number called leads nowhere.
    NoRoute,
    /// The caller is on a block list, or the flow refused the call.
    Refused,
    /// The trunk's channels are all taken.
    NoChannel,
    /// No RTP port was free (G1).
    NoMediaPort,
    /// No media could be agreed on (488).
    NoMedia,
    /// The request broke the protocol (4xx of the stack).
    BadRequest,
    /// The number outside was busy.
    FarBusy,
    /// The number outside did not answer.
    FarNoAnswer,
    /// The number outside could not be reached or refused.
    FarFailed,
    /// No ACK came for the 200 (RFC 3261 §13.3.1.4).
    NoAck,
    /// RTP stopped and the peer no longer knew the call (R5).
    MediaTimeout,
    /// The longest call length was reached (G1).
    TooLong,
    /// An agent's or supervisor's command.
    Command,
    /// More than the engine could carry.
    Overload,
    /// The records' disk and reserve were full.
    RecordsFull,
    /// The engine was stopped in order (SIGTERM).
    Shutdown,
    /// The process died while the call was up; closed at the next start.
    Crash,
    /// A fault of the engine; it cost this call only.
    #[default]
    InternalError,
}

impl Cause {
    /// Whether the call was lost for a reason of the system's (呼损, A7 `system-lost`).
    #[must_use]
    pub const fn is_system_lost(self) -> bool {
        matches!(
            self,
            Self::NoChannel
                | Self::NoMediaPort
                | Self::Overload
                | Self::RecordsFull
                | Self::Shutdown
                | Self::Crash
                | Self::InternalError
        )
    }
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
