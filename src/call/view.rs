use serde::{Deserialize, Serialize};

use crate::base::{AccountId, AgentId, CallId, QueueId, RecordingId, TenantId, TrunkId, Wall};

/// A change of what people can see now. `node` keeps the latest of each by its key; nothing in the
/// engine reads them back.
#[derive(Clone, PartialEq, Debug)]
pub enum View {
    /// A call came up or changed.
    Call(CallView),
    /// The call is over; it is found among the records from now on.
    CallGone(CallId),
    /// An agent changed.
    Agent(AgentView),
    /// The agent is no longer configured.
    AgentGone(AgentId),
    /// A queue changed.
    Queue(QueueView),
    /// The queue is no longer configured.
    QueueGone(QueueId),
    /// An account registered, refreshed or lost a contact.
    Registration(RegistrationView),
    /// A trunk changed.
    Trunk(TrunkView),
    /// The trunk is no longer configured.
    TrunkGone(TrunkId),
}

/// A live call.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct CallView {
    /// The call's ULID.
    #[schema(value_type = String, example = "01JD7ZQK3V0000000000000000")]
    pub id: CallId,
    /// The operation centre.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// Where the call stands.
    pub phase: CallPhase,
    /// When the phase began, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub since: Wall,
    /// When the INVITE came, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub arrived: Wall,
    /// The caller in display form, empty when withheld.
    pub caller: String,
    /// Region of the caller (area code), empty when unknown.
    pub region: String,
    /// The number called.
    pub called: String,
    /// The trunk it came in by.
    #[schema(value_type = Option<String>)]
    pub trunk: Option<TrunkId>,
    /// The account that made it.
    #[schema(value_type = Option<String>)]
    pub account: Option<AccountId>,
    /// The queue it waits in or came through.
    #[schema(value_type = Option<String>)]
    pub queue: Option<QueueId>,
    /// Place in the queue from 1 while it waits.
    pub position: Option<u32>,
    /// The agent that it rings at or talks with.
    #[schema(value_type = Option<String>)]
    pub agent: Option<AgentId>,
    /// The recording that runs or ran.
    #[schema(value_type = Option<String>)]
    pub recording: Option<RecordingId>,
    /// Flow and node, such as `fcg/12345:main_menu`.
    pub node: String,
}

/// Where a live call stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallPhase {
    /// The INVITE came; nothing is answered yet.
    Arriving,
    /// In a flow: prompts, menus.
    Ivr,
    /// In a queue.
    Waiting,
    /// In a queue while an agent rings.
    Offered,
    /// A number outside rings (`dial`, `transfer`).
    Dialling,
    /// With an agent or an outside party.
    Talking,
    /// Put on hold by the agent.
    Held,
    /// Being asked for a rating, or leaving a message, after or instead of talking.
    Survey,
    /// The last BYE is on its way.
    Ending,
}

/// An agent now. The two axes of the agent's state (C1, D3).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct AgentView {
    /// The agent's id.
    #[schema(value_type = String)]
    pub id: AgentId,
    /// The agent's name for people.
    pub name: String,
    /// The spoken agent number (工号).
    pub number: String,
    /// What the person chose: `signed_out`, `ready`, `not_ready`.
    pub status: String,
    /// The reason of `not_ready`.
    pub reason: Option<String>,
    /// What the engine does with the agent: `idle`, `reserved`, `ringing`, `talking`, `held`,
    /// `wrap_up`, `busy` (own call).
    pub state: String,
    /// 未登录, 空闲, 忙碌 or 通话, as the wall display shows it (D3).
    pub wall: String,
    /// Whether the phone has a live registration.
    pub reachable: bool,
    /// Of a phone that keeps its leg open: `down`, `calling`, `up`.
    pub leg: Option<String>,
    /// When the present status and state began, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub since: Wall,
    /// The call that the agent rings for or talks in.
    #[schema(value_type = Option<String>)]
    pub call: Option<CallId>,
    /// The queues served.
    #[schema(value_type = Vec<String>)]
    pub queues: Vec<QueueId>,
}

/// A queue now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct QueueView {
    /// The queue's id.
    #[schema(value_type = String)]
    pub id: QueueId,
    /// The name for people.
    pub name: String,
    /// Callers waiting, those that ring at an agent included.
    pub waiting: u32,
    /// When the first of them asked for a human, µs since the Unix epoch.
    #[schema(value_type = Option<i64>)]
    pub oldest: Option<Wall>,
    /// Agents signed in that serve this queue.
    pub signed_in: u32,
    /// Of these, ready, idle and reachable.
    pub free: u32,
    /// Of these, with a caller.
    pub talking: u32,
}

/// An account's registration now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RegistrationView {
    /// The account.
    #[schema(value_type = String)]
    pub account: AccountId,
    /// The contact URI it gave, empty when it has none now.
    pub contact: String,
    /// The address its packets come from.
    pub source: String,
    /// `udp` or `tcp`.
    pub transport: String,
    /// When it expires, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub expires: Wall,
    /// Its User-Agent header, at most 128 characters.
    pub user_agent: String,
}

/// A trunk now.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct TrunkView {
    /// The trunk.
    #[schema(value_type = String)]
    pub id: TrunkId,
    /// Calls up, in both directions.
    pub calls: u32,
    /// The most calls that it may carry.
    pub channels: u32,
    /// Whether it answered the last probes.
    pub alive: bool,
}
