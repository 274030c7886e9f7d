//! A second node with a fake world: seed in, verdict out.
//!
//! The real core (SIP stack, desk, dialplan, ports) runs on a clock of its own. Around it live a
//! network that delays, loses, doubles and reorders, a carrier with citizens, phones with agents, a
//! party outside, and media that are only told about. A [`Plan`] says what is played, its seed how.
//! After every step the invariants of ARCHITECTURE.md are checked; the same seed plays the same run.

mod plan;
pub use plan::{Manners, Plan};
mod network;
pub use network::Weather;
mod verdict;
pub use verdict::{Failure, Verdict};
mod figures;
pub use figures::Figures;
mod run;
pub use run::run;

mod agenda;
mod between;
mod chance;
mod ears;
mod hash;
mod hold;
mod house;
mod people;
mod promises;
mod sound;
mod trail;
mod ua;
mod wired;
mod wires;
mod witness;
mod world;

#[cfg(test)]
mod tests;
