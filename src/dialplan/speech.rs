use std::sync::Arc;

use crate::say::{self, Kind, Language, Value};

use super::prompt::Prompt;
use super::read::{Fields, Reading};
use super::template::{Filling, Template};
use super::yaml::Tree;

/// The most parts of one sentence.
const MAX_PARTS: usize = 16;
/// The most prompts that one sentence may become.
const MAX_SPOKEN: usize = 64;

/// A sentence put together from prompts and values.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Speech {
    parts: Vec<Part>,
}

#[derive(Clone, PartialEq, Debug)]
enum Part {
    Prompt(Template),
    /// A value, said by the grammar of the caller's language.
    Value(Kind, Template),
}

impl Speech {
    /// Reads the list under the key `name` of `fields`.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        fields: &mut Fields<'_>,
        name: &'static str,
    ) -> Self {
        let Some((line, items)) = fields.list(&mut reading.report, name, MAX_PARTS) else {
            let what = format!("is missing: a list of {}", kinds());
            reading.fault(fields.line, fields.path_of(name), what);
            return Self { parts: Vec::new() };
        };
        if items.is_empty() {
            reading.fault(line, fields.path_of(name), "is empty");
        }
        let mut parts = Vec::new();
        for (at, item) in items.iter().enumerate() {
            let path = format!("{}[{at}]", fields.path_of(name));
            parts.extend(Part::read(reading, &path, item));
        }
        Self { parts }
    }

    /// The prompts that say it now, possibly none.
    pub(crate) fn prompts(&self, language: &Arc<str>, from: Filling<'_>) -> Vec<Prompt> {
        let grammar = Language::of(language);
        let mut prompts = Vec::new();
        for part in &self.parts {
            match part {
                Part::Prompt(id) => prompts.push(Prompt::new(language, &id.fill(from))),
                Part::Value(kind, text) => {
                    let pieces = say::say(grammar, *kind, &text.fill(from));
                    prompts.extend(pieces.iter().map(|id| Prompt::new(language, id)));
                }
            }
        }
        prompts.truncate(MAX_SPOKEN);
        prompts
    }
}

impl Part {
    fn read(reading: &mut Reading<'_>, path: &str, item: &Tree) -> Option<Self> {
        let mut fields = Fields::of(&mut reading.report, path, item.line, item)?;
        let prompt = fields.text(&mut reading.report, "prompt");
        let mut values = Vec::new();
        for kind in Kind::ALL {
            values.extend(fields.text(&mut reading.report, kind.name()).map(|word| (kind, word)));
        }
        fields.finish(&mut reading.report);
        match (prompt, values.as_slice()) {
            (Some(word), []) => {
                let key = format!("{path}.prompt");
                let id = Template::read(reading, word.line, &key, &word.text, false);
                match id.fixed() {
                    Some(id) => reading.expect_prompt(word.line, &key, id),
                    None => {
                        let (start, end) = id.ends();
                        reading.expect_prompt_like(word.line, &key, start, end);
                    }
                }
                Some(Self::Prompt(id))
            }
            (None, [(kind, word)]) => {
                let key = format!("{path}.{}", kind.name());
                reading.expect_pieces(word.line, &key, *kind);
                let text = Template::read(reading, word.line, &key, &word.text, false);
                if let Some(fault) = text.fixed().and_then(|fixed| Value::read(*kind, fixed).err())
                {
                    reading.fault(word.line, &key, fault.to_string());
                }
                Some(Self::Value(*kind, text))
            }
            _ => {
                let what = format!("must have exactly one of {}", kinds());
                reading.fault(item.line, path, what);
                None
            }
        }
    }
}

/// The keys that a part may have, for people.
fn kinds() -> String {
    let names: Vec<_> = Kind::ALL.iter().map(|kind| format!("`{}`", kind.name())).collect();
    format!("`prompt`, {}", names.join(", "))
}
