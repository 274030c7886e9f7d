use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

use super::Call;
use super::dial::Target;

/// The numbers of police, fire, ambulance and traffic police.
const EMERGENCY: [&str; 4] = ["110", "119", "120", "122"];

/// Passes the caller on to a number outside; when that fails the flow goes on.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Transfer {
    pub(crate) call: Call,
    /// May use the channels of the trunk that are kept free for it.
    pub(crate) reserved: bool,
    /// The talk with the party is over.
    pub(crate) ok: Exit,
    pub(crate) fail: Exit,
}

impl Transfer {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let call = Call::read(reading, fields, false);
        if let Some(word) = fields.text(&mut reading.report, "mode") {
            let what = match word.text.as_str() {
                "blind" => None,
                "consult" | "conference" => Some(format!(
                    "mode `{}` does not exist yet in this version; `blind` does",
                    word.text
                )),
                other => Some(format!("`{other}` is no mode; `blind` is")),
            };
            if let Some(what) = what {
                reading.fault(word.line, fields.path_of("mode"), what);
            }
        }
        let reserved = match fields.text(&mut reading.report, "reserve") {
            None => false,
            Some(word) if word.text == "emergency" => true,
            Some(word) => {
                let what = format!("`{}` is no reserve; `emergency` is", word.text);
                reading.fault(word.line, fields.path_of("reserve"), what);
                false
            }
        };
        Self {
            call,
            reserved,
            ok: fields.need_exit(reading, "ok", "where to go when the talk is over"),
            fail: fields.need_exit(reading, "fail", "where to go when nobody could be reached"),
        }
    }

    /// Whether somebody's life may hang on it.
    pub(crate) fn is_emergency(&self) -> bool {
        let number = match &self.call.target {
            Target::Number(number) => number.fixed(),
            Target::Uri(_) => None,
        };
        self.reserved || number.is_some_and(|number| EMERGENCY.contains(&number))
    }
}
