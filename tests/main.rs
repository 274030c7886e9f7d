//! The whole engine against real peers: one binary, one module a subject.

#![expect(clippy::disallowed_methods, reason = "these tests wait for real peers in real time")]

mod harness;

mod demo;
mod house;
mod load;
mod simulation;
mod sipp;
mod softphone;
mod survival;
mod torture;
