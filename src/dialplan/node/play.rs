use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

use super::{Prompts, Set};

/// Plays prompts to their end, or to a key when the author allows it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Play {
    pub(crate) prompts: Prompts,
    /// A key ends it, and the key counts for the next node that listens.
    pub(crate) interruptible: bool,
    pub(crate) set: Set,
    pub(crate) next: Exit,
}

impl Play {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        Self {
            prompts: Prompts::need(reading, fields, "prompts"),
            interruptible: fields.flag(&mut reading.report, "interruptible", false),
            set: Set::read(reading, fields),
            next: fields.need_exit(reading, "next", "without it this is a dead end"),
        }
    }
}
