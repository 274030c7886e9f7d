use crate::dialplan::read::{Fields, Reading};

/// Ends the call.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Hangup {
    /// Refuses a call that is not answered yet, 400–699.
    pub(crate) status: u16,
    /// The caller was turned away.
    pub(crate) refused: bool,
}

impl Hangup {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let refused = fields.flag(&mut reading.report, "refused", false);
        let default = if refused { 603 } else { 480 };
        let status = fields.number(&mut reading.report, "status", 400..=699, default);
        Self { status: u16::try_from(status).unwrap_or(480), refused }
    }
}
