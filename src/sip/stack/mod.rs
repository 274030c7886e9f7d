//! The front door: what comes in, what goes out, what may be asked for, what the operator set.

mod census;
mod command;
mod event;
mod flow;
mod front;
mod input;
mod invite_info;
mod output;
mod peer;
mod settings;

pub use census::Census;
pub use command::{Caller, Command, Destination};
pub use event::{DialogEnd, Event};
pub use flow::{Flow, Transport};
pub use front::Stack;
pub use input::Input;
pub use invite_info::InviteInfo;
pub use output::Output;
pub use peer::Peer;
pub use settings::{
    AccountSettings, Limits, Listener, Lockout, Settings, Source, Timers, TrunkCredentials,
    TrunkSettings,
};
