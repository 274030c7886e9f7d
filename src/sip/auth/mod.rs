//! Digest authentication (RFC 3261 §22, RFC 8760): challenges, nonces, their counts, and lock-outs.

mod algorithm;
mod lockouts;
mod nonce;
mod window;

pub use algorithm::{Algorithm, ha1};
pub(crate) use lockouts::Lockouts;
pub(crate) use nonce::Nonce;
pub(crate) use window::Window;
