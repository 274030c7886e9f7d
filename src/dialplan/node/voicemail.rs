use std::time::Duration;

use crate::base::BoxId;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

use super::Prompts;

/// Takes a message.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Voicemail {
    pub(crate) r#box: BoxId,
    pub(crate) max: Duration,
    /// A shorter message is thrown away and asked for again.
    pub(crate) min: Duration,
    pub(crate) tries: u32,
    pub(crate) prompts: Prompts,
    pub(crate) saved: Prompts,
    pub(crate) short: Prompts,
    pub(crate) next: Exit,
}

impl Voicemail {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let key = fields.path_of("box");
        let word = fields.need_text(&mut reading.report, "box", "the voicemail box");
        if let Some(word) = word {
            reading.expect_box(word.line, &key, &word.text);
        }
        let range = Duration::from_secs(5)..=Duration::from_secs(1_800);
        let max = fields.duration(&mut reading.report, "max", range);
        let range = Duration::from_millis(500)..=Duration::from_secs(5);
        let min = fields.duration(&mut reading.report, "min", range);
        let tries = fields.number(&mut reading.report, "tries", 1..=5, 2);
        Self {
            r#box: BoxId::new(word.map_or("", |word| &word.text)),
            max: max.unwrap_or(Duration::from_secs(180)),
            min: min.unwrap_or(Duration::from_secs(2)),
            tries: u32::try_from(tries).unwrap_or(1),
            prompts: Prompts::or(reading, fields, "prompts", "leave-message"),
            saved: Prompts::or(reading, fields, "saved", "message-saved"),
            short: Prompts::or(reading, fields, "short", "message-too-short"),
            next: fields.need_exit(reading, "next", "without it this is a dead end"),
        }
    }
}
