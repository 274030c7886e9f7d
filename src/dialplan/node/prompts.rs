use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dialplan::prompt::Prompt;
use crate::dialplan::read::{Fields, LANGUAGE_VAR, Reading, VarUse, read_assignments};

/// The most prompts of one key.
const MAX_PROMPTS: usize = 16;

/// Prompts one after another, by id.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Prompts(Vec<Arc<str>>);

impl Prompts {
    /// Reads the key `name`, none when it is not there. Each prompt must exist in each language.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Option<Self> {
        let (line, items) = fields.list(&mut reading.report, name, MAX_PROMPTS)?;
        let key = fields.path_of(name);
        if items.is_empty() {
            reading.fault(line, &key, "is empty");
        }
        let words = Fields::words(&mut reading.report, &key, items);
        for (line, id) in &words {
            reading.expect_prompt(*line, &key, id);
        }
        Some(Self(words.into_iter().map(|(_, id)| id).collect()))
    }

    /// Reads the key `name`, which must be there.
    pub(crate) fn need(
        reading: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Self {
        let prompts = Self::read(reading, fields, name);
        if prompts.is_none() {
            let what = "is missing: a list of the prompts to play";
            reading.fault(fields.line, fields.path_of(name), what);
        }
        prompts.unwrap_or_default()
    }

    /// Reads the key `name`; when it is not there, it is the prompt `default`.
    pub(crate) fn or(
        reading: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        name: &'static str,
        default: &str,
    ) -> Self {
        Self::read(reading, fields, name).unwrap_or_else(|| {
            reading.expect_prompt(fields.line, &fields.path_of(name), default);
            Self(vec![Arc::from(default)])
        })
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn in_language(&self, language: &Arc<str>) -> Vec<Prompt> {
        self.0.iter().map(|id| Prompt { language: language.clone(), id: id.clone() }).collect()
    }
}

/// Variables that a node sets when it is entered.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Set(pub(crate) BTreeMap<Arc<str>, Arc<str>>);

impl Set {
    /// Reads the key `set`, empty when it is not there.
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Self {
        let Some((line, tree)) = fields.take("set") else { return Self::default() };
        let path = fields.path_of("set");
        let values = read_assignments(reading, &path, line, tree);
        for (name, value) in &values {
            if &**name == LANGUAGE_VAR && !reading.languages.contains(value) {
                let languages = reading.languages.join(", ");
                let what = format!("`{value}` is none of the flow's languages: {languages}");
                reading.fault(line, &path, what);
            }
            let (name, key) = (name.to_string(), path.clone());
            reading.uses.push(VarUse { name, line, key, outward: false });
        }
        Self(values)
    }
}
