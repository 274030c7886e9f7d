//! A user agent as a machine: datagrams and commands in, datagrams and events out. Transactions
//! and dialogs of RFC 3261 over UDP, as small as a test tool needs them, and strict.

mod agent;
mod client;
mod commands;
mod dialog;
mod event;
mod refer;
mod registration;
mod requests;
mod responses;
mod server;
mod texts;
mod timers;

pub(crate) use agent::{Output, Ua, UaSettings};
pub(crate) use commands::Invite;
pub(crate) use event::{CallKey, Event};
pub use event::{Caller, EndedBy};
pub(crate) use refer::ReferTo;
pub(crate) use registration::Account;
pub(crate) use texts::OutText;

#[cfg(test)]
mod tests;
