//! The RTP of many legs on one thread.

mod leg;
#[expect(clippy::module_inception, reason = "the pump is the room's noun")]
mod pump;
mod sockets;

pub(crate) use leg::{Aim, Leg, Listening};
pub use pump::{Lag, Pump};
pub(crate) use pump::{LegId, Report};
pub(crate) use sockets::Sockets;
