//! A softswitch and ACD engine for public-service hotlines; see ARCHITECTURE.md.

pub mod base;
pub mod call;
pub mod peer;
