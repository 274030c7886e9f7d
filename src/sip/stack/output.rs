use bytes::Bytes;

use crate::sip::stack::{Event, Flow};

/// What the stack wants done.
#[derive(Clone, Debug)]
pub enum Output {
    /// A message to send.
    Send {
        /// Where to.
        flow: Flow,
        /// The message.
        bytes: Bytes,
        /// What must be written before it leaves.
        gate: Gate,
    },
    /// Something for the conductor.
    Event(Event),
}

/// What must be written (`write(2)`) before a message may leave, so that a crash makes no lie of it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Gate {
    /// Nothing.
    #[default]
    Open,
    /// The records before it: it is the 2xx that answers a call, or the same one again (R16).
    Records,
    /// The registrations as they are now: it is the 2xx of a REGISTER that changed them (R18).
    Registrations,
}
