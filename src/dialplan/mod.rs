//! The flow language: strict YAML read with every fault named by file and line, the checker, and the
//! pure machine that walks one caller through a flow. The reference is `docs/dialplan.md`.

mod facts;
mod flows;
mod input;
mod known;
mod prompt;
mod step;
mod walk;

pub use facts::Facts;
pub use flows::{Flow, Flows};
pub use input::{DialEnd, Input, QueueEvent, TalkEnd};
pub use known::Known;
pub use prompt::Prompt;
pub use step::{CallerId, Dial, DialTarget, Step, Tone};
pub use walk::Walk;
