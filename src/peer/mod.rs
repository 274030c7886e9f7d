//! The other side: an independent user agent on rsip types, with its own sockets, clock and
//! RTP, for the demo, the load tool and the tests. It names no room of the engine.

mod audio;
mod booth;
pub mod demo;
mod digest;
pub mod fleet;
mod message;
mod phone;
mod pump;
mod sdp;
mod ua;
mod world;

pub use audio::{Codec, Heard, Source, Tags, Window};
pub use digest::{Algorithm, Credentials};
pub use phone::{Call, CallView, Incoming, Phone, PhoneSettings, RegisterState, WaitError};
pub use pump::{Lag, Pump};
pub use sdp::Direction;
pub use ua::{Caller, EndedBy};

#[cfg(test)]
mod tests;
