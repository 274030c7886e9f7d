//! A small user agent for the fake world, on the engine's message values but with transactions and
//! dialogs of its own: what the engine believes about RFC 3261 is not what proves it.

mod body;
pub(crate) use body::Flow;
mod digest;
mod line;
use line::{Line, PendingOffer};
pub(crate) use line::{LineId, LineState};
mod client;
use client::{Client, Purpose};
mod server;
use server::Server;
mod agent;
pub(crate) use agent::{Account, Out, Ua};
mod event;
pub(crate) use event::UaEvent;
mod making;
pub(crate) use making::{Invite, Offer};
mod requests;
mod responses;
mod ticking;
