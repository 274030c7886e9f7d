use std::fmt::Display;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use crate::base::Key;
use crate::dialplan::flow::Exit;
use crate::dialplan::yaml::{Tree, Value, Word};

use super::reading::{Reading, Report, nearest};
use super::value;

/// The keys of one map. Each reader asks for the keys it knows; what nobody asked for is a fault.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    /// Where the map stands, such as `nodes.main_menu`; empty at the top.
    pub(crate) path: String,
    /// The line of the map's own key, or of its beginning.
    pub(crate) line: u64,
    rest: Vec<(&'a Word, &'a Tree)>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The keys of `tree`; none, and a fault, when it is no map.
    pub(crate) fn of(
        report: &mut Report,
        path: impl Display,
        line: u64,
        tree: &'a Tree,
    ) -> Option<Self> {
        let path = path.to_string();
        let Value::Map(entries) = &tree.value else {
            report.fault(tree.line, &path, format!("must be a map of keys, not {}", tree.kind()));
            return None;
        };
        let mut rest: Vec<(&Word, &Tree)> = Vec::with_capacity(entries.len());
        for (word, tree) in entries {
            if let Some((first, _)) = rest.iter().find(|(known, _)| known.text == word.text) {
                let what = format!("stands here twice; the first is in line {}", first.line);
                report.fault(word.line, join(&path, &word.text), what);
            } else {
                rest.push((word, tree));
            }
        }
        Some(Self { path, line, rest, asked: Vec::new() })
    }

    /// The path of the key `name` in this map.
    pub(crate) fn path_of(&self, name: &str) -> String {
        join(&self.path, name)
    }

    /// The line of the key `name`, 0 when it is not there or was taken.
    pub(crate) fn line_of(&self, name: &str) -> u64 {
        self.rest.iter().find(|(word, _)| word.text == name).map_or(0, |(word, _)| word.line)
    }

    /// Takes the value of `name`, and the line of its key.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<(u64, &'a Tree)> {
        self.asked.push(name);
        let at = self.rest.iter().position(|(word, _)| word.text == name)?;
        let (word, tree) = self.rest.remove(at);
        Some((word.line, tree))
    }

    /// Takes all keys that are left; for maps whose keys the author chooses.
    pub(crate) fn take_all(&mut self) -> Vec<(&'a Word, &'a Tree)> {
        std::mem::take(&mut self.rest)
    }

    /// Takes `name`, which must be there.
    pub(crate) fn need(
        &mut self,
        report: &mut Report,
        name: &'static str,
        why: &str,
    ) -> Option<(u64, &'a Tree)> {
        let found = self.take(name);
        if found.is_none() {
            report.fault(self.line, self.path_of(name), format!("is missing: {why}"));
        }
        found
    }

    /// Names keys that later versions of the engine will know.
    pub(crate) fn later(&mut self, report: &mut Report, names: &[&'static str]) {
        for name in names {
            let Some(at) = self.rest.iter().position(|(word, _)| word.text == *name) else {
                continue;
            };
            let (word, _) = self.rest.remove(at);
            report.fault(word.line, self.path_of(name), "does not exist yet in this version");
        }
    }

    /// Faults every key that nobody asked for.
    pub(crate) fn finish(self, report: &mut Report) {
        for (word, _) in &self.rest {
            let near = nearest(&word.text, self.asked.iter().copied());
            let hint = near.map_or_else(String::new, |near| format!(" (is `{near}` meant?)"));
            let what = format!("unknown key{hint}; allowed here: {}", self.asked.join(", "));
            report.fault(word.line, self.path_of(&word.text), what);
        }
    }

    /// The text of `name`, if it is there. Text that YAML would read as another type must be quoted.
    pub(crate) fn text(&mut self, report: &mut Report, name: &'static str) -> Option<&'a Word> {
        let (_, tree) = self.take(name)?;
        text(report, &self.path_of(name), tree)
    }

    /// The text of `name`, which must be there.
    pub(crate) fn need_text(
        &mut self,
        report: &mut Report,
        name: &'static str,
        why: &str,
    ) -> Option<&'a Word> {
        let (_, tree) = self.need(report, name, why)?;
        text(report, &self.path_of(name), tree)
    }

    /// The key `schema`, which must be there and say `expected`.
    pub(crate) fn schema(&mut self, report: &mut Report, expected: &str) {
        let why = format!("the version of the language, `{expected}`");
        if let Some(word) = self.need_text(report, "schema", &why)
            && word.text != expected
        {
            let what = format!("`{}` is not known; this version reads `{expected}`", word.text);
            report.fault(word.line, self.path_of("schema"), what);
        }
    }

    /// `true` or `false`, `default` when it is not there.
    pub(crate) fn flag(&mut self, report: &mut Report, name: &'static str, default: bool) -> bool {
        let Some((_, tree)) = self.take(name) else { return default };
        match &tree.value {
            Value::Text(Word { text, quoted: false, .. }) if text == "true" => true,
            Value::Text(Word { text, quoted: false, .. }) if text == "false" => false,
            _ => {
                report.fault(tree.line, self.path_of(name), "must be true or false");
                default
            }
        }
    }

    /// A whole number in `range`, `default` when it is not there.
    pub(crate) fn number(
        &mut self,
        report: &mut Report,
        name: &'static str,
        range: RangeInclusive<i64>,
        default: i64,
    ) -> i64 {
        let Some((_, tree)) = self.take(name) else { return default };
        let number = match &tree.value {
            Value::Text(Word { text, quoted: false, .. }) => text.parse().ok(),
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => number,
            _ => {
                let shown = shown(tree);
                let what = format!(
                    "{shown} is not a whole number from {} to {}",
                    range.start(),
                    range.end()
                );
                report.fault(tree.line, self.path_of(name), what);
                default
            }
        }
    }

    /// A whole number in `range` that must be there.
    pub(crate) fn need_number(
        &mut self,
        report: &mut Report,
        name: &'static str,
        range: RangeInclusive<i64>,
        why: &str,
    ) -> i64 {
        if self.rest.iter().all(|(word, _)| word.text != name) {
            self.asked.push(name);
            report.fault(self.line, self.path_of(name), format!("is missing: {why}"));
            return *range.start();
        }
        let start = *range.start();
        self.number(report, name, range, start)
    }

    /// A duration in `range`, none when it is not there (or wrong, with its fault).
    pub(crate) fn duration(
        &mut self,
        report: &mut Report,
        name: &'static str,
        range: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let (_, tree) = self.take(name)?;
        let time = match &tree.value {
            Value::Text(word) => value::duration(&word.text),
            _ => None,
        };
        if let Some(time) = time
            && range.contains(&time)
        {
            return Some(time);
        }
        let what = format!(
            "{} is not a duration from {} to {} such as `500ms`, `6s` or `3m`",
            shown(tree),
            value::duration_text(*range.start()),
            value::duration_text(*range.end())
        );
        report.fault(tree.line, self.path_of(name), what);
        Some(*range.start())
    }

    /// A duration in `range` that must be there.
    pub(crate) fn need_duration(
        &mut self,
        report: &mut Report,
        name: &'static str,
        range: RangeInclusive<Duration>,
        why: &str,
    ) -> Duration {
        let start = *range.start();
        let found = self.duration(report, name, range);
        if found.is_none() {
            report.fault(self.line, self.path_of(name), format!("is missing: {why}"));
        }
        found.unwrap_or(start)
    }

    /// The items of the list `name`, at most `most`; a single value counts as a list of one.
    pub(crate) fn list(
        &mut self,
        report: &mut Report,
        name: &'static str,
        most: usize,
    ) -> Option<(u64, &'a [Tree])> {
        let (line, tree) = self.take(name)?;
        let items = match &tree.value {
            Value::List(items) => items.as_slice(),
            _ => std::slice::from_ref(tree),
        };
        if items.len() > most {
            let what = format!("{} entries; at most {most}", items.len());
            report.fault(line, self.path_of(name), what);
        }
        Some((line, items.get(..most.min(items.len())).unwrap_or_default()))
    }

    /// The words of a list, each as a shared text.
    pub(crate) fn words(report: &mut Report, key: &str, items: &[Tree]) -> Vec<(u64, Arc<str>)> {
        items
            .iter()
            .filter_map(|item| text(report, key, item))
            .map(|word| (word.line, Arc::from(word.text.as_str())))
            .collect()
    }

    /// The exit `name`, if it is there.
    pub(crate) fn exit(&mut self, reading: &mut Reading<'_>, name: &'static str) -> Option<Exit> {
        let (_, tree) = self.take(name)?;
        let key = self.path_of(name);
        let Some(word) = text(&mut reading.report, &key, tree) else {
            reading.torn = true;
            return Some(Exit::nowhere(tree.line));
        };
        Some(reading.exit(tree.line, &key, &word.text))
    }

    /// The exit `name`, which must be there.
    pub(crate) fn need_exit(
        &mut self,
        reading: &mut Reading<'_>,
        name: &'static str,
        why: &str,
    ) -> Exit {
        self.exit(reading, name).unwrap_or_else(|| {
            reading.torn = true;
            reading.fault(self.line, self.path_of(name), format!("is missing: {why}"));
            Exit::nowhere(self.line)
        })
    }

    /// The keys of a telephone that are keys of the map `name`, each quoted, with what they stand for.
    pub(crate) fn phone_keys(
        &mut self,
        report: &mut Report,
        name: &'static str,
    ) -> Vec<(u64, Key, &'a Tree)> {
        let Some((line, tree)) = self.take(name) else { return Vec::new() };
        let path = self.path_of(name);
        let Some(mut fields) = Fields::of(report, &path, line, tree) else { return Vec::new() };
        let mut keys: Vec<(u64, Key, &Tree)> = Vec::new();
        for (word, tree) in fields.take_all() {
            match phone_key(word) {
                Ok(key) if keys.iter().any(|(_, known, _)| *known == key) => {
                    report.fault(word.line, join(&path, &word.text), "stands here twice");
                }
                Ok(key) => keys.push((word.line, key, tree)),
                Err(what) => report.fault(word.line, join(&path, &word.text), what),
            }
        }
        keys
    }
}

/// `path.name`, or `name` at the top.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// The text of a single value that can't be meant as anything else.
pub(crate) fn text<'a>(report: &mut Report, key: &str, tree: &'a Tree) -> Option<&'a Word> {
    let Value::Text(word) = &tree.value else {
        report.fault(tree.line, key, format!("must be a text, not {}", tree.kind()));
        return None;
    };
    if word.is_null() || word.text.is_empty() {
        report.fault(word.line, key, "is empty");
        return None;
    }
    if word.looks_typed() {
        let what = format!("text must be quoted here: \"{}\"", word.text);
        report.fault(word.line, key, what);
        return None;
    }
    if word.text.len() > 1_024 || word.text.chars().any(char::is_control) {
        report.fault(word.line, key, "must be one line of at most 1024 bytes");
        return None;
    }
    Some(word)
}

/// A telephone key, which must be quoted.
pub(crate) fn phone_key(word: &Word) -> Result<Key, String> {
    let mut chars = word.text.chars();
    let key = match (chars.next(), chars.next()) {
        (Some(c), None) => Key::try_from(c).ok(),
        _ => None,
    };
    match key {
        Some(_) if !word.quoted => Err(format!("keys must be quoted: \"{}\"", word.text)),
        Some(key) => Ok(key),
        None => Err("is no telephone key; allowed are 0-9 * # A-D, quoted".to_owned()),
    }
}

/// The value as it was written, for a fault's text.
fn shown(tree: &Tree) -> String {
    match &tree.value {
        Value::Text(word) => format!("`{}`", word.text.chars().take(40).collect::<String>()),
        _ => tree.kind().to_owned(),
    }
}
