//! What every room may name: time, identities, causes of configuration faults, small plain types.

mod clock;
mod codec;
mod deadlines;
mod fault;
mod id;
mod instant;
mod key;
mod random;

pub use clock::{Wall, WallClock};
pub use codec::Codec;
pub use deadlines::Deadlines;
pub use fault::{Fault, Faults};
pub use id::{
    AccountId, AgentId, BoxId, CallId, CommandId, DialogId, FlowId, OfferId, QueueId, RecordId,
    RecordingId, StreamId, TenantId, TicketId, TrunkId,
};
pub use instant::Instant;
pub use key::{Key, UnknownKey};
pub use random::Random;
