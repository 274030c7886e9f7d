//! SIP: the parser and writer, transactions, dialogs, the registrar and digest authentication, and
//! the front door to all of them.

pub mod auth;
mod dialog;
pub mod registrar;
pub mod stack;
mod txn;
pub mod wire;

pub use auth::{Algorithm, ha1, source_of};
pub use registrar::Binding;
pub use stack::{
    AccountSettings, Caller, Census, Command, Destination, DialogEnd, Event, Flow, Gate, Input,
    InviteInfo, Limits, Listener, Lockout, Output, Peer, Settings, Source, Sources, Stack, Timers,
    Transport, TrunkCredentials, TrunkSettings,
};
pub use wire::{NameAddr, Text, Uri};
