use serde_saphyr::granit_parser::{Event, Options, Parser, ScalarStyle};

use super::{Tree, Value, Word};

/// The largest file that is read, bytes.
pub(crate) const MAX_BYTES: usize = 256 * 1024;
/// The most keys and values in one file.
const MAX_VALUES: usize = 20_000;
/// The deepest nesting.
const MAX_DEPTH: usize = 16;

/// Why a text is no tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SyntaxFault {
    /// From 1; 0 when it belongs to no line.
    pub(crate) line: u64,
    /// What is wrong and what is allowed.
    pub(crate) what: String,
}

/// Reads one YAML document. Anchors, aliases, tags and directives are no part of the language, so a
/// short text can't stand for a long one.
///
/// # Errors
/// The first thing that is wrong; after it the rest of the text has no certain meaning.
pub(crate) fn parse(text: &str) -> Result<Tree, SyntaxFault> {
    if text.len() > MAX_BYTES {
        return Err(fault(0, format!("{} bytes; at most {MAX_BYTES} are read", text.len())));
    }
    let mut builder = Builder::default();
    for event in Parser::new_from_str_with_options(text, options()) {
        let (event, span) = event.map_err(|error| {
            fault(line(error.marker().line()), format!("not YAML: {}", error.info()))
        })?;
        builder.push(event, line(span.start.line()))?;
    }
    builder.root.ok_or_else(|| fault(1, "the file is empty".to_owned()))
}

fn options() -> Options {
    let mut options = Options::default();
    options.disallow_directives = true;
    options.flow_nesting_limit = MAX_DEPTH;
    options.block_nesting_limit = MAX_DEPTH;
    options.set_emit_comments(false);
    options
}

fn line(line: usize) -> u64 {
    u64::try_from(line).unwrap_or(u64::MAX)
}

const fn fault(line: u64, what: String) -> SyntaxFault {
    SyntaxFault { line, what }
}

/// A list or map whose end has not come yet.
enum Open {
    List { line: u64, items: Vec<Tree> },
    Map { line: u64, entries: Vec<(Word, Tree)>, key: Option<Word> },
}

#[derive(Default)]
struct Builder {
    root: Option<Tree>,
    open: Vec<Open>,
    values: usize,
}

impl Builder {
    fn push(&mut self, event: Event<'_>, line: u64) -> Result<(), SyntaxFault> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                no_extras(line, anchor, tag.is_some())?;
                let quoted = style != ScalarStyle::Plain;
                let word = Word { line, text: text.into_owned(), quoted };
                self.place(Tree { line, value: Value::Text(word) })
            }
            Event::SequenceStart(_, anchor, tag) => {
                no_extras(line, anchor, tag.is_some())?;
                self.start(Open::List { line, items: Vec::new() })
            }
            Event::MappingStart(_, anchor, tag) => {
                no_extras(line, anchor, tag.is_some())?;
                self.start(Open::Map { line, entries: Vec::new(), key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { line, items }) => {
                    self.place(Tree { line, value: Value::List(items) })
                }
                Some(Open::Map { line, entries, .. }) => {
                    self.place(Tree { line, value: Value::Map(entries) })
                }
                None => Ok(()),
            },
            Event::Alias(_) | Event::UnresolvedAlias(_) | Event::Anchor(..) => {
                Err(fault(line, "aliases (*name) are no part of the language".to_owned()))
            }
            _ => Ok(()),
        }
    }

    fn start(&mut self, open: Open) -> Result<(), SyntaxFault> {
        let line = match &open {
            Open::List { line, .. } | Open::Map { line, .. } => *line,
        };
        if self.open.len() >= MAX_DEPTH {
            return Err(fault(line, format!("nested deeper than {MAX_DEPTH}")));
        }
        if let Some(Open::Map { key: None, .. }) = self.open.last() {
            return Err(fault(line, "a key must be a single value".to_owned()));
        }
        self.open.push(open);
        Ok(())
    }

    fn place(&mut self, tree: Tree) -> Result<(), SyntaxFault> {
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(fault(tree.line, format!("more than {MAX_VALUES} keys and values")));
        }
        match self.open.last_mut() {
            None if self.root.is_none() => self.root = Some(tree),
            None => return Err(fault(tree.line, "a second document; one a file".to_owned())),
            Some(Open::List { items, .. }) => items.push(tree),
            Some(Open::Map { entries, key, .. }) => match (key.take(), tree.value) {
                (Some(word), value) => entries.push((word, Tree { line: tree.line, value })),
                (None, Value::Text(word)) => *key = Some(word),
                (None, _) => {
                    return Err(fault(tree.line, "a key must be a single value".to_owned()));
                }
            },
        }
        Ok(())
    }
}

fn no_extras(line: u64, anchor: usize, tagged: bool) -> Result<(), SyntaxFault> {
    if anchor != 0 {
        return Err(fault(line, "anchors (&name) are no part of the language".to_owned()));
    }
    if tagged {
        return Err(fault(line, "tags (!name) are no part of the language".to_owned()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_and_values_know_their_lines() {
        let tree = parse("a: 1\nb:\n  - x\n  - \"y\"\n").unwrap();
        let Value::Map(entries) = tree.value else { panic!() };
        assert_eq!((entries[0].0.line, entries[1].0.line), (1, 2));
        let Value::List(items) = &entries[1].1.value else { panic!() };
        assert_eq!((items[0].line, items[1].line), (3, 4));
        assert!(matches!(&items[1].value, Value::Text(word) if word.quoted && word.text == "y"));
    }

    #[test]
    fn what_could_grow_is_refused_with_its_line() {
        let check = |text: &str, line: u64, part: &str| {
            let fault = parse(text).unwrap_err();
            assert!(fault.what.contains(part), "{text:?}: {fault:?}");
            assert_eq!(fault.line, line, "{text:?}: {fault:?}");
        };
        check("a: &x [1]\nb: *x\n", 1, "anchors");
        check("a: 1\nb: *x\n", 2, "not YAML");
        check("a: !!str 1\n", 1, "tags");
        check("a: 1\n---\nb: 2\n", 3, "second document");
        check("{a: b\n", 1, "not YAML");
        check("? [a]\n: b\n", 1, "single value");
        check("", 1, "empty");
        check("%YAML 1.2\n---\na: 1\n", 1, "not YAML");
        check(&"[".repeat(40), 1, "not YAML");
        check(&"a\n".repeat(MAX_BYTES), 0, "at most");
        check(&format!("[{}]", "1,".repeat(MAX_VALUES + 2)), 1, "more than");
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n";
        check(bomb, 1, "anchors");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ \\-:\\[\\]{}#&*!|>'\"%@`a-c0-2,?\n\t~]{0,80}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_characters_panic(text in "\\PC{0,60}") {
            let _ = parse(&text);
        }
    }
}
