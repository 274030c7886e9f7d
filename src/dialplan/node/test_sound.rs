use std::time::Duration;

use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};
use crate::dialplan::step::Tone;

/// Sends the caller's own voice back, until `#` or `max`.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct EchoNode {
    pub(crate) max: Duration,
    pub(crate) next: Exit,
}

/// Plays a tone for a time.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ToneNode {
    pub(crate) tone: Tone,
    pub(crate) length: Duration,
    pub(crate) next: Exit,
}

const LONGEST: Duration = Duration::from_secs(600);

impl EchoNode {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let range = Duration::from_secs(1)..=LONGEST;
        let max = fields.duration(&mut reading.report, "max", range);
        Self {
            max: max.unwrap_or(Duration::from_secs(60)),
            next: fields.need_exit(reading, "next", "without it this is a dead end"),
        }
    }
}

impl ToneNode {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let hz_line = fields.line_of("hz");
        let hz = fields.number(&mut reading.report, "hz", 200..=3_400, 1_000);
        let hz = Tone::Test { hz: u16::try_from(hz).unwrap_or(1_000) };
        let named = fields.text(&mut reading.report, "tone");
        let tone = match (named.map(|word| word.text.as_str()), hz_line) {
            (None, 1..) => hz,
            (Some("ringback"), 0) => Tone::Ringback,
            (Some("busy"), 0) => Tone::Busy,
            (Some("congestion"), 0) => Tone::Congestion,
            (Some("call-waiting"), 0) => Tone::CallWaiting,
            (Some(other), 0) => {
                let what = format!("`{other}` is none of ringback, busy, congestion, call-waiting");
                reading.fault(named.map_or(0, |word| word.line), fields.path_of("tone"), what);
                hz
            }
            _ => {
                let what = "must have exactly one of `hz` and `tone`";
                reading.fault(fields.line, &fields.path, what);
                hz
            }
        };
        let range = Duration::from_millis(100)..=LONGEST;
        let why = "how long it sounds, such as `10s`";
        let length = fields.need_duration(&mut reading.report, "for", range, why);
        let next = fields.need_exit(reading, "next", "without it this is a dead end");
        Self { tone, length, next }
    }
}
