//! Transactions (RFC 3261 §17, RFC 6026): what is sent again, until when, and what is news.

mod backoff;
mod client;
mod client_invite;
mod client_other;
mod ids;
mod server;
mod server_invite;
mod server_other;
#[cfg(test)]
mod tests;

pub(crate) use backoff::Backoff;
pub(crate) use client::{Client, ClientInput, ClientOutput};
pub(crate) use client_invite::ClientInvite;
pub(crate) use client_other::ClientOther;
pub(crate) use ids::{ClientId, ServerId};
pub(crate) use server::{Server, ServerInput, ServerOutput};
pub(crate) use server_invite::ServerInvite;
pub(crate) use server_other::ServerOther;
