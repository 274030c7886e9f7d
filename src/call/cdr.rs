use serde::{Deserialize, Serialize};

use crate::base::{AccountId, AgentId, CallId, QueueId, RecordingId, TrunkId, Wall};
use crate::call::Cause;

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
    /// The recording of the talk.
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
    /// Packets that came too late (over 300 ms after their time) to be in the recording.
    #[serde(default)]
    pub unrecorded: u64,
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
