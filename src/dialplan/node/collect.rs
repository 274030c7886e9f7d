use std::sync::Arc;
use std::time::Duration;

use crate::base::Key;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, LANGUAGE_VAR, Reading, is_name, text};
use crate::dialplan::template::is_fact;
use crate::dialplan::yaml::{Value, Word};

use super::Prompts;

/// Takes a row of digits into a variable.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Collect {
    pub(crate) prompts: Prompts,
    pub(crate) min: usize,
    pub(crate) max: usize,
    /// Ends the row; none: only length or silence does.
    pub(crate) end_key: Option<Key>,
    pub(crate) into: Arc<str>,
    /// How long to wait for each digit.
    pub(crate) timeout: Duration,
    pub(crate) tries: u32,
    /// Said before a new try.
    pub(crate) retry: Prompts,
    pub(crate) secret: bool,
    pub(crate) ok: Exit,
    pub(crate) fail: Exit,
}

impl Collect {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let prompts = Prompts::need(reading, fields, "prompts");
        let min = fields.number(&mut reading.report, "min", 1..=32, 1);
        let max_line = fields.line_of("max");
        let max = fields.need_number(&mut reading.report, "max", 1..=32, "the most digits");
        if max < min {
            let what = format!("{max} is less than `min`, {min}");
            reading.fault(max_line, fields.path_of("max"), what);
        }
        let end_key = read_end_key(reading, fields);
        let into = read_into(reading, fields);
        let range = Duration::from_secs(1)..=Duration::from_secs(60);
        let why = "how long to wait for each digit, such as `8s`";
        let timeout = fields.need_duration(&mut reading.report, "timeout", range, why);
        let tries = fields.number(&mut reading.report, "tries", 1..=100, 2);
        let retry = Prompts::read(reading, fields, "retry").unwrap_or_default();
        let secret = fields.flag(&mut reading.report, "secret", false);
        if !into.is_empty() {
            let known = reading.vars.entry(into.clone()).or_insert(false);
            *known |= secret;
        }
        let ok = fields.need_exit(reading, "ok", "where to go with the digits");
        let fail = fields.need_exit(reading, "fail", "where to go after the last try");
        let length = |number: i64| usize::try_from(number).unwrap_or(1);
        Self {
            prompts,
            min: length(min),
            max: length(max),
            end_key,
            into,
            timeout,
            tries: u32::try_from(tries).unwrap_or(1),
            retry,
            secret,
            ok,
            fail,
        }
    }
}

fn read_end_key(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Key> {
    let Some((line, tree)) = fields.take("end_key") else { return Key::try_from('#').ok() };
    let path = fields.path_of("end_key");
    match &tree.value {
        Value::Text(Word { text, quoted: true, .. }) if text == "#" || text == "*" => {
            let key = text.chars().next().and_then(|c| Key::try_from(c).ok());
            if key.is_some_and(|key| reading.global.contains(&key)) {
                reading.fault(line, path, "has a meaning everywhere by `global_keys`");
            }
            key
        }
        Value::Text(Word { text, quoted: false, .. }) if text == "none" => None,
        _ => {
            reading.fault(tree.line, path, "must be \"#\", \"*\" (quoted) or none");
            None
        }
    }
}

fn read_into(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Arc<str> {
    let path = fields.path_of("into");
    let listed = fields.need(&mut reading.report, "into", "the variable for the digits");
    let Some(word) = listed.and_then(|(_, tree)| text(&mut reading.report, &path, tree)) else {
        return Arc::from("");
    };
    if !is_name(&word.text) || is_fact(&word.text) || word.text == LANGUAGE_VAR {
        let what = format!("`{}` can't be a variable for digits", word.text);
        reading.fault(word.line, path, what);
    }
    Arc::from(word.text.as_str())
}
