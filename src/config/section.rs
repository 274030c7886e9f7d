use std::cell::RefCell;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::base::{Fault, Faults};

/// Keys whose values are told to nobody.
const SECRETS: [&str; 4] = ["password", "secret", "ha1_md5", "ha1_sha256"];

/// What is shared by all sections of one file while it is read: the text, the faults found so far,
/// and the keys that the program asked for (the reference page is checked against them).
#[derive(Debug)]
pub(crate) struct Reading<'t> {
    file: PathBuf,
    text: &'t str,
    faults: RefCell<Vec<Fault>>,
    asked: RefCell<BTreeSet<String>>,
}

impl<'t> Reading<'t> {
    pub(crate) fn new(file: PathBuf, text: &'t str) -> Self {
        Self { file, text, faults: RefCell::default(), asked: RefCell::default() }
    }

    /// The whole file as a section; syntax faults are noted and what could be understood is read on.
    pub(crate) fn root(&self) -> Section<'_, 't> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let line = error.span().map_or(0, |span| self.line(span.start));
            self.fault(line, String::new(), error.message().to_owned());
        }
        Section {
            reading: self,
            path: String::new(),
            line: 0,
            table: Some(table.into_inner()),
            used: BTreeSet::new(),
        }
    }

    fn line(&self, offset: usize) -> u64 {
        let before = self.text.as_bytes().get(..offset).unwrap_or_default();
        before.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>() + 1
    }

    pub(crate) fn fault(&self, line: u64, key: String, what: String) {
        self.faults.borrow_mut().push(Fault { file: self.file.clone(), line, key, what });
    }

    /// The keys that were asked for, and all that was wrong, in the order of lines.
    pub(crate) fn finish(self) -> (BTreeSet<String>, Faults) {
        let mut faults = self.faults.into_inner();
        faults.sort();
        faults.dedup();
        (self.asked.into_inner(), Faults(faults))
    }
}

/// One table of the file. Each getter notes a fault and gives the default (or a harmless value) when
/// the key is wrong, so that reading goes on and all faults come at once. [`Section::finish`] says
/// which keys nobody asked for.
pub(crate) struct Section<'r, 't> {
    reading: &'r Reading<'t>,
    path: String,
    line: u64,
    table: Option<DeTable<'t>>,
    used: BTreeSet<&'static str>,
}

impl<'r, 't> Section<'r, 't> {
    /// The line on which the section begins, 0 for the whole file or when it is absent.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    fn take(&mut self, key: &'static str) -> Option<(u64, DeValue<'t>)> {
        self.used.insert(key);
        self.reading.asked.borrow_mut().insert(self.path_of(key));
        let value: &Spanned<DeValue<'t>> = self.table.as_ref()?.get(key)?;
        Some((self.reading.line(value.span().start), value.get_ref().clone()))
    }

    /// Notes that `key` is wrong: `what` says what is there and what is allowed.
    pub(crate) fn fault(&self, line: u64, key: &str, what: impl Into<String>) {
        self.reading.fault(line, self.path_of(key), what.into());
    }

    fn wrong<T>(&self, line: u64, key: &str, value: &DeValue<'_>, allowed: &str, or: T) -> T {
        // A fault is logged and answered to whoever asked for a reload: no secret stands in it.
        let is_secret = SECRETS.contains(&key);
        let value = if is_secret { "what stands there".to_owned() } else { shown(value) };
        self.fault(line, key, format!("{value} is not allowed; allowed: {allowed}"));
        or
    }

    fn missing(&self, key: &str, allowed: &str) {
        self.fault(self.line, key, format!("is missing; allowed: {allowed}"));
    }

    /// Text, or `None` when absent.
    pub(crate) fn text_or_none(&mut self, key: &'static str) -> Option<String> {
        let (line, value) = self.take(key)?;
        match &value {
            DeValue::String(text) => Some(text.to_string()),
            other => self.wrong(line, key, other, "text in quotes", None),
        }
    }

    /// Text with a default.
    pub(crate) fn text(&mut self, key: &'static str, default: &str) -> String {
        self.text_or_none(key).unwrap_or_else(|| default.to_owned())
    }

    /// Text that must be there and not empty.
    pub(crate) fn required(&mut self, key: &'static str) -> String {
        match self.text_or_none(key) {
            Some(text) if !text.is_empty() => text,
            Some(_) => {
                self.fault(self.line, key, "is empty; allowed: text of at least one character");
                String::new()
            }
            None => {
                if self.table.as_ref().is_none_or(|table| !table.contains_key(key)) {
                    self.missing(key, "text in quotes");
                }
                String::new()
            }
        }
    }

    /// A whole number within `range`.
    pub(crate) fn number(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: u64,
    ) -> u64 {
        let Some((line, value)) = self.take(key) else { return default };
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        let number = match &value {
            DeValue::Integer(number) => {
                u64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
            }
            _ => None,
        };
        match number {
            Some(number) if range.contains(&number) => number,
            _ => self.wrong(line, key, &value, &allowed, default),
        }
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &'static str, default: bool) -> bool {
        let Some((line, value)) = self.take(key) else { return default };
        match &value {
            DeValue::Boolean(flag) => *flag,
            other => self.wrong(line, key, other, "true or false", default),
        }
    }

    /// A time such as `"500ms"`, `"20s"`, `"2m"`, `"1h"`, `"7d"`, within `range`.
    pub(crate) fn time(
        &mut self,
        key: &'static str,
        range: RangeInclusive<Duration>,
        default: Duration,
    ) -> Duration {
        let Some((line, value)) = self.take(key) else { return default };
        match value.as_str().and_then(read_time) {
            Some(time) if range.contains(&time) => time,
            _ => {
                let allowed = format!(
                    "a time from {} to {}, such as \"500ms\", \"20s\", \"2m\", \"1h\", \"7d\"",
                    show_time(*range.start()),
                    show_time(*range.end())
                );
                self.wrong(line, key, &value, &allowed, default)
            }
        }
    }

    /// One of a few words.
    pub(crate) fn choice<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        default: T,
    ) -> T {
        let Some((line, value)) = self.take(key) else { return default };
        let found =
            value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text).copied());
        match found {
            Some((_, choice)) => choice,
            None => self.wrong(line, key, &value, &one_of(words), default),
        }
    }

    /// Several of a few words, in the operator's order.
    pub(crate) fn choices<T: Copy>(
        &mut self,
        key: &'static str,
        words: &[(&str, T)],
        default: &[T],
    ) -> Vec<T> {
        let Some((line, value)) = self.take(key) else { return default.to_vec() };
        let found: Option<Vec<T>> = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| {
                    let text = item.get_ref().as_str()?;
                    words.iter().find(|(word, _)| *word == text).map(|(_, choice)| *choice)
                })
                .collect()
        });
        match found {
            Some(found) if !found.is_empty() => found,
            _ => {
                let allowed = format!("a list of {}", one_of(words));
                self.wrong(line, key, &value, &allowed, default.to_vec())
            }
        }
    }

    /// A list of texts, each read by `read`, which says what is allowed when it cannot.
    pub(crate) fn list<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Vec<T> {
        let Some((line, value)) = self.take(key) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            return self.wrong(line, key, &value, "a list of texts", Vec::new());
        };
        let mut list = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_str().map(&read) {
                Some(Ok(value)) => list.push(value),
                Some(Err(what)) => self.fault(line, key, what),
                None => self.wrong(line, key, item.get_ref(), "text in quotes", ()),
            }
        }
        list
    }

    /// A value that `read` makes of a text; it says what is allowed when it cannot.
    pub(crate) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let (line, value) = self.take(key)?;
        match value.as_str().map(read) {
            Some(Ok(value)) => Some(value),
            Some(Err(what)) => {
                self.fault(line, key, what);
                None
            }
            None => self.wrong(line, key, &value, "text in quotes", None),
        }
    }

    /// `"address:port"`.
    pub(crate) fn socket(&mut self, key: &'static str) -> Option<SocketAddr> {
        self.read(key, |text| {
            text.parse().map_err(|_| {
                format!("{text:?} is not allowed; allowed: an IP address and port such as \"192.0.2.1:5060\" or \"[2001:db8::1]:5060\"")
            })
        })
    }

    /// An IP address.
    pub(crate) fn ip(&mut self, key: &'static str) -> Option<IpAddr> {
        self.read(key, |text| {
            text.parse().map_err(|_| {
                format!("{text:?} is not allowed; allowed: an IP address such as \"192.0.2.1\"")
            })
        })
    }

    /// `[low, high]`, both within `range`, low below high.
    pub(crate) fn span(
        &mut self,
        key: &'static str,
        range: RangeInclusive<u64>,
        default: (u64, u64),
    ) -> (u64, u64) {
        let Some((line, value)) = self.take(key) else { return default };
        let ends: Option<Vec<u64>> = value.as_array().and_then(|items| {
            items
                .iter()
                .map(|item| match item.get_ref() {
                    DeValue::Integer(number) => number.as_str().replace('_', "").parse().ok(),
                    _ => None,
                })
                .collect()
        });
        match ends.as_deref() {
            Some([low, high]) if low < high && range.contains(low) && range.contains(high) => {
                (*low, *high)
            }
            _ => {
                let allowed = format!(
                    "[low, high] with low below high, both from {} to {}",
                    range.start(),
                    range.end()
                );
                self.wrong(line, key, &value, &allowed, default)
            }
        }
    }

    /// The table `key`; an absent one reads as empty.
    pub(crate) fn section(&mut self, key: &'static str) -> Section<'r, 't> {
        let path = self.path_of(key);
        let (line, table) = match self.take(key) {
            None => (0, None),
            Some((line, DeValue::Table(table))) => (line, Some(table)),
            Some((line, other)) => {
                self.wrong(line, key, &other, &format!("a table [{path}]"), ());
                (line, None)
            }
        };
        Section { reading: self.reading, path, line, table, used: BTreeSet::new() }
    }

    /// The tables `[[key]]`.
    pub(crate) fn sections(&mut self, key: &'static str) -> Vec<Section<'r, 't>> {
        let path = self.path_of(key);
        let Some((line, value)) = self.take(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value else {
            return self.wrong(line, key, &value, &format!("tables [[{path}]]"), Vec::new());
        };
        let mut sections = Vec::new();
        for item in items {
            let line = self.reading.line(item.span().start);
            match item.into_inner() {
                DeValue::Table(table) => sections.push(Section {
                    reading: self.reading,
                    path: path.clone(),
                    line,
                    table: Some(table),
                    used: BTreeSet::new(),
                }),
                other => self.wrong(line, key, &other, &format!("tables [[{path}]]"), ()),
            }
        }
        sections
    }

    /// Ends the section: every key that nobody asked for is a fault.
    pub(crate) fn finish(self) {
        let Some(table) = &self.table else { return };
        for (key, value) in table {
            let name: &str = key.get_ref();
            if !self.used.contains(name) {
                let line = self.reading.line(value.span().start);
                let known = self.used.iter().copied().collect::<Vec<_>>().join(", ");
                self.fault(line, name, format!("is not a key of this section; its keys: {known}"));
            }
        }
    }
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    words.iter().map(|(word, _)| format!("{word:?}")).collect::<Vec<_>>().join(", ")
}

fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => format!("{:?}", text.chars().take(80).collect::<String>()),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "this list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

fn read_time(text: &str) -> Option<Duration> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let ms = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(ms).map(Duration::from_millis)
}

fn show_time(time: Duration) -> String {
    let ms = time.as_millis();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000)] {
        if ms >= size && ms.is_multiple_of(size) {
            return format!("\"{}{unit}\"", ms / size);
        }
    }
    format!("\"{ms}ms\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_come_at_once_with_line_key_and_what_is_allowed() {
        let text = "a = 5\nb = \"x\"\ntypo = 1\n[c]\nd = \"10y\"\ne = [3, 2]\n[[f]]\n";
        let reading = Reading::new("hotline.toml".into(), text);
        let mut root = reading.root();
        assert_eq!(root.number("a", 1..=4, 2), 2);
        assert!(root.flag("b", true));
        let mut c = root.section("c");
        let second = Duration::from_secs(1);
        assert_eq!(c.time("d", second..=second * 60, second), second);
        assert_eq!(c.span("e", 1..=9, (1, 9)), (1, 9));
        c.finish();
        let mut f = root.sections("f");
        assert_eq!(f[0].required("id"), "");
        root.finish();
        let faults = reading.finish().1.to_string();
        assert_eq!(
            faults,
            "hotline.toml:1: a: 5 is not allowed; allowed: a whole number from 1 to 4\n\
             hotline.toml:2: b: \"x\" is not allowed; allowed: true or false\n\
             hotline.toml:3: typo: is not a key of this section; its keys: a, b, c, f\n\
             hotline.toml:5: c.d: \"10y\" is not allowed; allowed: a time from \"1s\" to \"1m\", \
             such as \"500ms\", \"20s\", \"2m\", \"1h\", \"7d\"\n\
             hotline.toml:6: c.e: this list is not allowed; allowed: [low, high] with low below \
             high, both from 1 to 9\n\
             hotline.toml:7: f.id: is missing; allowed: text in quotes"
        );
    }
}
