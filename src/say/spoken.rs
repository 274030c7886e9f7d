use super::kind::Kind;
use super::language::Language;
use super::pieces::Pieces;
use super::value::Value;
use super::{clock, digits, english, mandarin};

/// What stands before and after the digits of an agent without a recording of its own.
pub(crate) const AGENT_FRAME: (&str, &str) = ("agent-no", "at-your-service");
/// The folder of the agents' recordings.
const AGENTS: &str = "agent/";

/// The pieces that say `text` as `kind`; as digits when it is no such value, and nothing when there is
/// no digit in it either.
#[must_use]
pub fn say(language: Language, kind: Kind, text: &str) -> Vec<String> {
    let value = Value::read(kind, text).unwrap_or_else(|_| Value::Digits(text.to_owned()));
    pieces(language, &value)
}

/// The pieces that say a value.
#[must_use]
pub fn pieces(language: Language, value: &Value) -> Vec<String> {
    let mut out = Pieces::default();
    match value {
        Value::Digits(text) => digits::say(text, language, &mut out),
        Value::Phone(text) => digits::say_phone(text, language, &mut out),
        Value::Wait(seconds) => clock::wait(*seconds, &mut out),
        Value::Ahead(callers) => clock::ahead(*callers, &mut out),
        Value::Agent(number) => out.push(&format!("{AGENTS}{number}")),
        value => match language {
            Language::Mandarin => mandarin(value, &mut out),
            Language::English => english(value, &mut out),
            Language::Other => other(value, &mut out),
        },
    }
    out.0
}

/// What says an agent's number that has no recording of its own: its digits, or nothing when it has
/// none. `None` for every other piece.
#[must_use]
pub fn instead_of(language: Language, id: &str) -> Option<Vec<String>> {
    let number = id.strip_prefix(AGENTS)?;
    if !number.contains(|c: char| c.is_ascii_digit()) {
        return Some(Vec::new());
    }
    let mut out = Pieces::default();
    out.push(AGENT_FRAME.0);
    digits::say(number, language, &mut out);
    out.push(AGENT_FRAME.1);
    Some(out.0)
}

fn mandarin(value: &Value, out: &mut Pieces) {
    match *value {
        Value::Number(n) => mandarin::number(n, out),
        Value::Count(n) => mandarin::count(n, out),
        Value::Date { year, month, day } => mandarin::date(year, month, day, out),
        Value::Time { hour, minute } => mandarin::time(hour, minute, out),
        _ => common(value, out),
    }
}

fn english(value: &Value, out: &mut Pieces) {
    match *value {
        Value::Number(n) | Value::Count(n) => english::number(n, out),
        Value::Date { year, month, day } => english::date(year, month, day, out),
        Value::Time { hour, minute } => english::time(hour, minute, out),
        _ => common(value, out),
    }
}

/// What both languages say with pieces of the same names.
fn common(value: &Value, out: &mut Pieces) {
    match *value {
        Value::Ordinal(n) => out.nth("ordinal", n.into()),
        Value::Weekday(n) => out.nth("weekday", n.into()),
        Value::Duration(seconds) => clock::duration(seconds, out),
        _ => {}
    }
}

/// In a language without a grammar: whole numbers to 100, else digits.
fn other(value: &Value, out: &mut Pieces) {
    let text = match *value {
        Value::Number(n) | Value::Count(n) if n <= 100 => return out.nth("num", n),
        Value::Number(n) | Value::Count(n) => n.to_string(),
        Value::Ordinal(n) | Value::Weekday(n) => n.to_string(),
        Value::Date { year, month, day } => format!("{year}{month:02}{day:02}"),
        Value::Time { hour, minute } => format!("{hour}{minute:02}"),
        Value::Duration(seconds) => seconds.div_ceil(60).max(1).to_string(),
        _ => return,
    };
    digits::say(&text, Language::Other, out);
}
