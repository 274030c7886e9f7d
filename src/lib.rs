//! A softswitch and ACD engine for public-service hotlines; see ARCHITECTURE.md.

pub mod acd;
pub mod api;
pub mod base;
pub mod call;
pub mod config;
pub mod dialplan;
pub mod ledger;
pub mod media;
pub mod node;
pub mod number;
pub mod peer;
pub mod say;
pub mod sdp;
pub mod sim;
pub mod sip;
pub mod store;
