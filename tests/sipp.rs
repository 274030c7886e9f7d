//! The scenarios of `sipp-scenarios/`, each against an engine of its own; what became of the call is
//! looked up by the API afterwards.
//!
//! sipp cannot tell what it hears. It sends every packet back (`-rtp_echo`), so that a phone on the
//! other side hears its own tone only when sound passes both ways.

mod agents;
mod answers;
mod behind_nat;
mod bench_tenant;
pub(crate) mod cdr;
mod desk_phone;
mod ear;
mod keys;
mod limits;
mod outside;
mod party;
mod queues;
mod reports;
mod secrets;
pub(crate) mod stage;
mod story;
mod strangers;
mod talks;
