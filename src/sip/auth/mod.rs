//! Digest authentication (RFC 3261 §22, RFC 8760): challenges, nonces, their counts, and lock-outs.

mod algorithm;
mod answer;
mod authority;
mod lockouts;
mod nonce;
mod respond;
mod window;

pub use algorithm::{Algorithm, ha1};
pub(crate) use answer::Answer;
pub(crate) use authority::{Authority, Claim, Verdict};
use lockouts::Lockouts;
pub use lockouts::source_of;
use nonce::Nonce;
pub(crate) use respond::respond;
use window::Window;
