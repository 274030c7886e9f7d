use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::speech::Speech;

use super::Set;

/// Says a sentence that is put together for this caller.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Say {
    pub(crate) speech: Speech,
    /// A key ends it, and the key counts for the next node that listens.
    pub(crate) interruptible: bool,
    pub(crate) set: Set,
    pub(crate) next: Exit,
}

impl Say {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        Self {
            speech: Speech::read(reading, fields, "parts"),
            interruptible: fields.flag(&mut reading.report, "interruptible", false),
            set: Set::read(reading, fields),
            next: fields.need_exit(reading, "next", "without it this is a dead end"),
        }
    }
}
