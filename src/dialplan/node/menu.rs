use std::time::Duration;

use crate::base::Key;
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading, exit_of, text};

use super::{Edge, Prompts};

/// Offers a choice by one key.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Menu {
    pub(crate) prompts: Prompts,
    /// How long to wait for a key after the prompts.
    pub(crate) timeout: Duration,
    /// How often the choice is offered before `timeout_goto`.
    pub(crate) tries: u32,
    pub(crate) keys: Vec<(Key, Exit)>,
    pub(crate) invalid: Invalid,
    pub(crate) timeout_goto: Exit,
    /// Some key leads to a `rate` node: the caller is asked to rate the service.
    pub(crate) survey: bool,
}

/// What a key does that the menu does not have.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Invalid {
    pub(crate) prompts: Prompts,
    /// None: offer the choice again, while there are tries.
    pub(crate) goto: Option<Exit>,
}

impl Menu {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let prompts = Prompts::need(reading, fields, "prompts");
        let range = Duration::from_secs(1)..=Duration::from_secs(60);
        let why = "how long to wait for a key, such as `6s`";
        let timeout = fields.need_duration(&mut reading.report, "timeout", range, why);
        let tries = fields.number(&mut reading.report, "tries", 1..=10, 3);
        let mut keys = Vec::new();
        let path = fields.path_of("keys");
        let listed = fields.phone_keys(&mut reading.report, "keys");
        if listed.is_empty() {
            let what = "is missing or empty: a map from quoted keys to nodes";
            reading.fault(fields.line, &path, what);
        }
        for (line, key, tree) in listed {
            let path = format!("{path}.{key}");
            if reading.global.contains(&key) {
                reading.fault(line, &path, "has a meaning everywhere by `global_keys`");
            }
            keys.push((key, exit_of(reading, &path, tree)));
        }
        let invalid = Invalid::read(reading, fields);
        let why = "where to go after the last try without a key";
        let timeout_goto = fields.need_exit(reading, "timeout_goto", why);
        let tries = u32::try_from(tries).unwrap_or(1);
        Self { prompts, timeout, tries, keys, invalid, timeout_goto, survey: false }
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges: Vec<Edge> =
            self.keys.iter().map(|(_, exit)| Edge::person("keys", *exit)).collect();
        edges.extend(self.invalid.goto.map(|exit| Edge::person("invalid.goto", exit)));
        edges.push(Edge::itself("timeout_goto", self.timeout_goto));
        edges
    }

    pub(crate) fn exit(&self, key: Key) -> Option<Exit> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, exit)| *exit)
    }
}

impl Invalid {
    fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let why = "what happens at a wrong key, such as `{ prompts: [invalid-key], goto: again }`";
        let path = fields.path_of("invalid");
        let listed = fields.need(&mut reading.report, "invalid", why);
        let inner =
            listed.and_then(|(line, tree)| Fields::of(&mut reading.report, &path, line, tree));
        let Some(mut inner) = inner else {
            return Self { prompts: Prompts::default(), goto: None };
        };
        let prompts = Prompts::read(reading, &mut inner, "prompts").unwrap_or_default();
        let key = inner.path_of("goto");
        let goto = match inner.need(&mut reading.report, "goto", "`again` or a node") {
            None => None,
            Some((line, tree)) => match text(&mut reading.report, &key, tree) {
                Some(word) if word.text == "again" => None,
                Some(word) => Some(reading.exit(line, &key, &word.text)),
                None => None,
            },
        };
        inner.finish(&mut reading.report);
        Self { prompts, goto }
    }
}
