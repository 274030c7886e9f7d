//! The desk of the call centre: who waits, who is free, and who is rung for whom.
//!
//! [`Desk`] is a pure machine and the only owner of every agent's state, so a reservation needs no
//! lock: two callers can never take one agent, two agents never keep one caller.

mod desk;
pub use desk::Desk;
mod input;
pub use input::{Decline, Input};
mod output;
pub use output::{NotTaken, Output, Withdrawal};
mod denied;
pub use denied::Denied;
mod settings;
pub use settings::{AgentSettings, QueueSettings, Settings};
mod status;
pub use status::{Reason, State, Status};
mod view;
pub use view::{AgentNow, Census, QueueNow};

mod agent;
mod queue;
mod ticket;

mod moving;
mod offer;
mod person;
mod talk;

mod check;
mod reload;

#[cfg(test)]
mod tests;
