//! What a running engine does with messages, media and peers that mean harm (reliability.md R1–R12).

mod digest;
mod guessing;
mod half_open;
mod mutated;
mod nat;
mod process;
mod raw;
mod reload;
mod rfc;
mod rtp;
mod shapes;
mod slow;
mod talker;
mod third;
mod transfers;
mod trust;
