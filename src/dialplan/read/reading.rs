use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::{BoxId, Fault, QueueId, TrunkId};
use crate::dialplan::calendar::Calendar;
use crate::dialplan::flow::{Exit, NodeIndex};
use crate::dialplan::known::Known;
use crate::say::{self, Kind, Language};

/// The most faults that are told of one file; with so many the reader has lost the thread.
const MAX_FAULTS: usize = 100;

/// The faults of one file.
#[derive(Debug)]
pub(crate) struct Report {
    file: PathBuf,
    faults: Vec<Fault>,
}

impl Report {
    pub(crate) const fn new(file: PathBuf) -> Self {
        Self { file, faults: Vec::new() }
    }

    /// Notes that `key` at `line` is wrong.
    pub(crate) fn fault(&mut self, line: u64, key: impl Display, what: impl Into<String>) {
        if self.faults.len() < MAX_FAULTS {
            let fault =
                Fault { file: self.file.clone(), line, key: key.to_string(), what: what.into() };
            if !self.faults.contains(&fault) {
                self.faults.push(fault);
            }
        }
    }

    pub(crate) const fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// All faults in the order of their lines.
    pub(crate) fn into_faults(mut self) -> Vec<Fault> {
        self.faults.sort();
        self.faults
    }
}

/// A place where a text names a variable; checked once all variables are known.
#[derive(Clone, Debug)]
pub(crate) struct VarUse {
    pub(crate) name: String,
    pub(crate) line: u64,
    pub(crate) key: String,
    /// Whether the value leaves the engine here, so that a secret must not be named.
    pub(crate) outward: bool,
}

/// What the reader of one flow has at hand.
#[derive(Debug)]
pub(crate) struct Reading<'a> {
    pub(crate) report: Report,
    pub(crate) known: &'a Known,
    pub(crate) calendars: &'a BTreeMap<Arc<str>, Arc<Calendar>>,
    pub(crate) nodes: BTreeMap<&'a str, NodeIndex>,
    /// The languages that the flow speaks.
    pub(crate) languages: Vec<Arc<str>>,
    /// The flow's own variables, those that callers type included, and whether they are secret.
    pub(crate) vars: BTreeMap<Arc<str>, bool>,
    pub(crate) uses: Vec<VarUse>,
    /// Keys that mean the same everywhere.
    pub(crate) global: Vec<crate::base::Key>,
    /// Whether some exit leads nowhere, so that nothing can be said about reachability.
    pub(crate) torn: bool,
}

impl Reading<'_> {
    /// Notes that `key` at `line` is wrong.
    pub(crate) fn fault(&mut self, line: u64, key: impl Display, what: impl Into<String>) {
        self.report.fault(line, key, what);
    }

    /// The node `name` as the aim of an exit.
    pub(crate) fn exit(&mut self, line: u64, key: &str, name: &str) -> Exit {
        let to = self.nodes.get(name).copied().unwrap_or_else(|| {
            self.torn = true;
            let near = nearest(name, self.nodes.keys().copied());
            let hint = near.map_or_else(String::new, |near| format!("; is `{near}` meant?"));
            self.report.fault(line, key, format!("there is no node `{name}`{hint}"));
            NodeIndex::NOWHERE
        });
        Exit { to, line }
    }

    /// Checks that the trunk is configured.
    pub(crate) fn expect_trunk(&mut self, line: u64, key: &str, name: &str) {
        if let Some(trunks) = &self.known.trunks
            && !trunks.iter().any(|trunk| trunk.as_str() == name)
        {
            let names = listed(trunks.iter().map(TrunkId::as_str));
            self.fault(line, key, format!("there is no trunk `{name}`; configured: {names}"));
        }
    }

    /// Checks that the queue is configured.
    pub(crate) fn expect_queue(&mut self, line: u64, key: &str, name: &str) {
        if let Some(queues) = &self.known.queues
            && !queues.iter().any(|queue| queue.as_str() == name)
        {
            let names = listed(queues.iter().map(QueueId::as_str));
            self.fault(line, key, format!("there is no queue `{name}`; configured: {names}"));
        }
    }

    /// Checks that the voicemail box is configured.
    pub(crate) fn expect_box(&mut self, line: u64, key: &str, name: &str) {
        if let Some(boxes) = &self.known.boxes
            && !boxes.iter().any(|r#box| r#box.as_str() == name)
        {
            let names = listed(boxes.iter().map(BoxId::as_str));
            self.fault(line, key, format!("there is no box `{name}`; configured: {names}"));
        }
    }

    /// Checks that the music is there.
    pub(crate) fn expect_music(&mut self, line: u64, key: &str, id: &str) {
        if let Some(music) = &self.known.music
            && !music.contains(id)
        {
            let names = listed(music.iter().map(|id| &**id));
            self.fault(line, key, format!("there is no music `{id}`; there is: {names}"));
        }
    }

    /// Checks that the prompt is there in each of the flow's languages.
    pub(crate) fn expect_prompt(&mut self, line: u64, key: &str, id: &str) {
        let Some(prompts) = &self.known.prompts else { return };
        let missing: Vec<&str> = self
            .languages
            .iter()
            .filter(|language| !prompts.get(*language).is_some_and(|ids| ids.contains(id)))
            .map(|language| &**language)
            .collect();
        if !missing.is_empty() {
            let what = format!("prompt `{id}` does not exist in {}", missing.join(", "));
            self.fault(line, key, what);
        }
    }

    /// Checks that all pieces of which values of a kind are said are there in each of the flow's
    /// languages.
    pub(crate) fn expect_pieces(&mut self, line: u64, key: &str, kind: Kind) {
        let Some(prompts) = &self.known.prompts else { return };
        let mut faults = Vec::new();
        for language in &self.languages {
            let there = |id: &str| prompts.get(language).is_some_and(|ids| ids.contains(id));
            let missing: Vec<String> = say::ids_of(Language::of(language), kind)
                .into_iter()
                .filter(|id| !there(id))
                .collect();
            if !missing.is_empty() {
                let names = listed(missing.iter().map(String::as_str));
                let name = kind.name();
                faults.push(format!(
                    "`{name}` needs prompts that do not exist in {language}: {names}"
                ));
            }
        }
        for what in faults {
            self.fault(line, key, what);
        }
    }

    /// Checks that a prompt with this beginning and end is there in each of the flow's languages.
    pub(crate) fn expect_prompt_like(&mut self, line: u64, key: &str, start: &str, end: &str) {
        let Some(prompts) = &self.known.prompts else { return };
        let fits = |id: &Arc<str>| {
            id.len() >= start.len() + end.len() && id.starts_with(start) && id.ends_with(end)
        };
        let missing: Vec<&str> = self
            .languages
            .iter()
            .filter(|language| !prompts.get(*language).is_some_and(|ids| ids.iter().any(fits)))
            .map(|language| &**language)
            .collect();
        if !missing.is_empty() {
            let what = format!("no prompt `{start}…{end}` exists in {}", missing.join(", "));
            self.fault(line, key, what);
        }
    }
}

/// The first names of many, for people.
fn listed<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let mut names: Vec<&str> = names.take(13).collect();
    match names.len() {
        0 => "none".to_owned(),
        13 => {
            names[12] = "…";
            names.join(", ")
        }
        _ => names.join(", "),
    }
}

/// The name that differs least, when it differs by little.
pub(crate) fn nearest<'n>(name: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let limit = 1 + name.chars().count() / 4;
    names
        .take(500)
        .map(|other| (distance(name, other), other))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, other)| other)
}

/// Levenshtein's distance of the first 64 characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().take(64).enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let above = row[j + 1];
            let change = corner + usize::from(from != *to);
            row[j + 1] = change.min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_the_name() {
        let names = ["main_menu", "q_consult", "end"];
        assert_eq!(nearest("main_manu", names.into_iter()), Some("main_menu"));
        assert_eq!(nearest("ned", names.into_iter()), None);
        assert_eq!(nearest("nothing", names.into_iter()), None);
        assert_eq!(distance("kitten", "sitting"), 3);
    }
}
