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
        /// Whether it is the 2xx that answers a call (or the same one again): it may leave only when
        /// the record of the answer is written.
        gate: bool,
    },
    /// Something for the conductor.
    Event(Event),
}
