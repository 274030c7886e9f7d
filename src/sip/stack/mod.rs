//! The front door: what comes in, what goes out, what may be asked for, what the operator set.

mod admitting;
mod asked;
mod census;
mod clients;
mod command;
mod commanding;
mod dialogs;
mod drive;
mod event;
mod flow;
mod front;
mod head;
mod hunting;
mod informing;
mod input;
mod inside;
mod invite_info;
mod inviting;
mod keepalive;
mod messaged;
mod messages;
mod messaging;
mod nat;
mod net;
mod output;
mod outside;
mod peer;
mod receiving;
mod referring;
mod registering;
mod replacing;
mod responding;
mod sdp_body;
mod servers;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod ticking;
mod way;

pub use census::Census;
use clients::{Clients, Owner, Start};
pub use command::{Caller, Command, Destination};
use dialogs::Dialogs;
pub use event::{DialogEnd, Event};
pub use flow::{Flow, Transport};
pub use front::Stack;
use head::Head;
use hunting::Hunts;
use informing::info_of_unreadable;
pub use input::Input;
pub use invite_info::InviteInfo;
use keepalive::Keepalives;
use messages::Messages;
pub(crate) use net::Net;
pub use output::{Gate, Output};
pub use peer::Peer;
use registering::contact_key;
use sdp_body::{sdp, sdp_of, takes_sdp};
use servers::Servers;
pub use settings::{
    AccountSettings, Limits, Listener, Lockout, Settings, Source, Timers, TrunkCredentials,
    TrunkSettings,
};
pub use sources::Sources;
use way::Way;
