//! The conductor: what a call is, and the only place where SIP, media, dialplan and desk meet.

mod record;
mod view;

pub use record::{
    CallArrived, Cause, Cdr, EndedBy, Fact, LegRecord, OfferResult, QueueExit, Record,
};
pub use view::{AgentView, CallPhase, CallView, QueueView, RegistrationView, TrunkView, View};
