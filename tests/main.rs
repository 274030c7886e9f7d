//! The whole engine against real peers: one binary, one module a subject.

mod harness;

mod demo;
mod house;
mod load;
mod simulation;
mod sipp;
mod softphone;
mod survival;
mod torture;
