//! The whole engine against real peers: one binary, one module a subject.

mod harness;

mod demo;
mod load;
mod softphone;
