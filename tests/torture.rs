//! What a running engine does with messages, media and peers that mean harm (reliability.md R1–R12).

pub(crate) mod digest;
mod guessing;
mod half_open;
mod mutated;
mod nat;
mod process;
pub(crate) mod raw;
mod reload;
pub(crate) mod rfc;
mod rtp;
mod shapes;
mod slow;
pub(crate) mod talker;
mod third;
mod transfers;
mod trust;
