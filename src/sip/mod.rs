//! SIP: the parser and writer of messages.

pub mod wire;
