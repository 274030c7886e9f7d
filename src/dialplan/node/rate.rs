use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

/// Keeps the caller's rating.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Rate {
    /// 1–5, 5 is best.
    pub(crate) score: u8,
    pub(crate) next: Exit,
}

impl Rate {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let score = fields.need_number(&mut reading.report, "score", 1..=5, "1 to 5, 5 is best");
        Self {
            score: u8::try_from(score).unwrap_or(1),
            next: fields.need_exit(reading, "next", "without it this is a dead end"),
        }
    }
}
