use std::sync::Arc;

use super::facts::Facts;
use super::read::{Reading, VarUse};
use super::vars::Vars;

/// The most bytes that a filled template may have; more is cut off.
const MAX_FILLED: usize = 256;

/// A text in which `{name}` stands for a variable or a fact.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Template {
    pieces: Vec<Piece>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Piece {
    Text(Arc<str>),
    Fact(Fact),
    Var(Arc<str>),
}

/// What every call has.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fact {
    Agent,
    Call,
    Caller,
    Called,
    Region,
}

const FACTS: [(&str, Fact); 5] = [
    ("agent.no", Fact::Agent),
    ("call.id", Fact::Call),
    ("caller", Fact::Caller),
    ("called", Fact::Called),
    ("region", Fact::Region),
];

/// Whether `name` is taken by a fact and can't be a variable.
pub(crate) fn is_fact(name: &str) -> bool {
    FACTS.iter().any(|(known, _)| *known == name)
}

/// What a template is filled from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Filling<'a> {
    pub(crate) facts: &'a Facts,
    pub(crate) vars: &'a Vars,
    pub(crate) agent_number: &'a str,
}

impl Template {
    /// Reads `text`; faults are noted under `key`. `outward`: the filled text leaves the engine.
    pub(crate) fn read(
        reading: &mut Reading<'_>,
        line: u64,
        key: &str,
        text: &str,
        outward: bool,
    ) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let (before, brace) = rest.split_at(at);
            if !before.is_empty() {
                pieces.push(Piece::Text(Arc::from(before)));
            }
            let Some((name, after)) =
                brace.strip_prefix('{').and_then(|inner| inner.split_once('}'))
            else {
                reading.fault(line, key, "a brace without its partner; `{name}` names a variable");
                return Self { pieces };
            };
            if let Some((_, fact)) = FACTS.iter().find(|(known, _)| *known == name) {
                pieces.push(Piece::Fact(*fact));
            } else {
                let (name, key) = (name.to_owned(), key.to_owned());
                pieces.push(Piece::Var(Arc::from(name.as_str())));
                reading.uses.push(VarUse { name, line, key, outward });
            }
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(Arc::from(rest)));
        }
        Self { pieces }
    }

    /// The text, when nothing in it varies.
    pub(crate) fn fixed(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// What stands before the first and after the last part that varies.
    pub(crate) fn ends(&self) -> (&str, &str) {
        (self.pieces.first().map_or("", Piece::text), self.pieces.last().map_or("", Piece::text))
    }

    /// The text with everything filled in; control characters are left out.
    pub(crate) fn fill(&self, from: Filling<'_>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Var(name) => text.push_str(from.vars.get(name)),
                Piece::Fact(fact) => fact.fill(from, &mut text),
            }
        }
        text.retain(|c| !c.is_control());
        if text.len() > MAX_FILLED {
            text.truncate(text.floor_char_boundary(MAX_FILLED));
        }
        text
    }
}

impl Piece {
    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }
}

impl Fact {
    fn fill(self, from: Filling<'_>, text: &mut String) {
        match self {
            Self::Agent => text.push_str(from.agent_number),
            Self::Call => {
                if let Some(call) = from.facts.call {
                    text.push_str(&call.to_string());
                }
            }
            Self::Caller => text.push_str(&from.facts.caller),
            Self::Called => text.push_str(&from.facts.called),
            Self::Region => text.push_str(&from.facts.region),
        }
    }
}
