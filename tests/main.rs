//! The whole engine against real peers: one binary, one module a subject.
#![expect(clippy::disallowed_methods, reason = "tests live in the world: they wait for it")]
#![expect(unreachable_pub, reason = "the harness is written as a room of its own")]

mod harness;

mod demo;
mod house;
mod load;
mod open_leg;
mod prompts;
mod readme;
mod simulation;
mod sipp;
mod softphone;
mod survival;
mod torture;
