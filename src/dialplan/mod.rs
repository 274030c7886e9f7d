//! The flow language: strict YAML read with every fault named by file and line, the checker, and the
//! pure machine that walks one caller through a flow. The reference is `docs/dialplan.md`.

mod calendar;
mod check;
mod condition;
mod facts;
mod flow;
mod flows;
mod input;
mod known;
mod node;
mod prompt;
mod read;
mod speech;
mod step;
mod template;
mod vars;
mod walk;
mod yaml;

#[cfg(test)]
mod tests;

pub use facts::Facts;
pub use flow::Flow;
pub use flows::Flows;
pub use input::{DialEnd, Input, QueueEvent, TalkEnd};
pub use known::Known;
pub use prompt::Prompt;
pub use step::{CallerId, Dial, DialTarget, Step, Tone};
pub use walk::Walk;
