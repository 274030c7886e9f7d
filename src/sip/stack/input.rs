use bytes::Bytes;

use crate::sip::stack::{Command, Flow};

/// What may come into the stack.
#[derive(Clone, Debug)]
pub enum Input {
    /// One message: a datagram, or one message of a TCP stream as the framer cut it.
    Received {
        /// Where it came from.
        flow: Flow,
        /// The message.
        bytes: Bytes,
    },
    /// A TCP connection is gone.
    Closed {
        /// Which one, as `node` counts them.
        connection: u64,
    },
    /// What was given as `Output::Send` for this flow could not be sent.
    SendFailed {
        /// The flow exactly as it stood in `Output::Send`.
        flow: Flow,
    },
    /// The conductor wants something.
    Command(Command),
    /// `Stack::deadline` has come.
    Deadline,
}
