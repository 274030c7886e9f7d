use std::borrow::Cow;
use std::fmt;

use crate::sip::wire::{MAX_LIST, Text, lex};

/// `;name=value` parameters of a header or a URI, in their order and as they were written.
/// Names are compared without regard to case.
#[derive(Clone, Default, PartialEq, Eq, Hash, Debug)]
pub struct Params {
    /// Empty, or well-formed and beginning with the first `;`.
    text: Text,
}

impl Params {
    /// Reads parameters from `part` of `whole`: nothing, or `;` and the first one. `None` when one is
    /// malformed or empty, when there are more than `MAX_LIST`, or when one of `once` comes twice.
    pub(crate) fn parse(whole: &Text, part: &str, once: &[&str]) -> Option<Self> {
        let part = lex::trim(part);
        let mut seen = 0_u32;
        let mut rest = part;
        for _ in 0..=MAX_LIST {
            if rest.is_empty() {
                return Some(Self { text: whole.part(part) });
            }
            let (param, after) = split(rest.strip_prefix(';')?)?;
            rest = after;
            let (name, value) = param.split_once('=').map_or((param, None), |(n, v)| (n, Some(v)));
            let name = lex::trim(name);
            if !is_name(name) || !value.is_none_or(|v| is_value(lex::trim(v))) {
                return None;
            }
            if let Some(at) = once.iter().position(|once| once.eq_ignore_ascii_case(name)) {
                if seen & 1 << at != 0 {
                    return None;
                }
                seen |= 1 << at;
            }
        }
        None
    }

    /// All parameters: name, and value as written (with its quotes, if it has any).
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        let mut rest = self.text.as_str();
        std::iter::from_fn(move || {
            let (param, after) = split(rest.strip_prefix(';')?)?;
            rest = after;
            Some(match param.split_once('=') {
                Some((name, value)) => (lex::trim(name), Some(lex::trim(value))),
                None => (lex::trim(param), None),
            })
        })
    }

    /// The value of a parameter as written; empty when it has none, `None` when it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.unwrap_or(""))
    }

    /// The value of a parameter without its quotes and backslashes.
    #[must_use]
    pub fn unquoted(&self, name: &str) -> Option<Cow<'_, str>> {
        let value = self.get(name)?;
        Some(match value.strip_prefix('"').and_then(lex::quoted) {
            Some((inner, _)) if inner.contains('\\') => Cow::Owned(lex::unescape(inner)),
            Some((inner, _)) => Cow::Borrowed(inner),
            None => Cow::Borrowed(value),
        })
    }

    /// Whether the parameter is there.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Sets a parameter: in its place, else at the end. A value that is neither token nor address is
    /// written quoted; a name that is no token is not written.
    pub fn set(&mut self, name: &str, value: Option<&str>) {
        self.change(name, Some(value));
    }

    /// Takes a parameter away.
    pub fn remove(&mut self, name: &str) {
        if self.has(name) {
            self.change(name, None);
        }
    }

    /// With a parameter set.
    #[must_use]
    pub fn with(mut self, name: &str, value: Option<&str>) -> Self {
        self.set(name, value);
        self
    }

    fn change(&mut self, name: &str, mut new: Option<Option<&str>>) {
        let mut text = String::with_capacity(self.text.len() + 48);
        for (other, value) in self.iter() {
            if !other.eq_ignore_ascii_case(name) {
                push(&mut text, other, value);
            } else if let Some(value) = new.take() {
                push(&mut text, name, value);
            }
        }
        if let Some(value) = new {
            push(&mut text, name, value);
        }
        self.text = Text::from(text);
    }
}

impl fmt::Display for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn push(text: &mut String, name: &str, value: Option<&str>) {
    if !is_name(name) {
        return;
    }
    text.push(';');
    text.push_str(name);
    match value {
        None => {}
        Some(value) if is_value(value) => {
            text.push('=');
            text.push_str(value);
        }
        Some(value) => {
            text.push('=');
            text.push_str(&lex::quote(value));
        }
    }
}

/// The parameter at the start, and what follows it, from its `;` on. `None`: an open quote.
fn split(text: &str) -> Option<(&str, &str)> {
    match lex::find_outside(text, b';').ok()? {
        Some(at) => Some((text.get(..at)?, text.get(at..)?)),
        None => Some((text, "")),
    }
}

/// A token, or what a URI's `pname` may have beyond it (`[ ] / : & $`).
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.bytes().all(|b| {
            lex::is_token_byte(b)
                || matches!(b, b'[' | b']' | b'/' | b':' | b'&' | b'$' | b'(' | b')')
        })
}

/// A quoted string, or anything without white space, separators and control characters.
fn is_value(value: &str) -> bool {
    match value.strip_prefix('"') {
        Some(rest) => lex::quoted(rest).is_some_and(|(_, after)| after.is_empty()),
        None => {
            !value.is_empty()
                && value.bytes().all(|b| {
                    b > b' ' && b != 0x7f && !matches!(b, b'"' | b',' | b';' | b'<' | b'>')
                })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Option<Params> {
        let text = Text::from(text);
        Params::parse(&text, &text, &["tag"])
    }

    #[test]
    fn parameters_are_read_as_rfc_3261_writes_them() {
        let params = params("; tag = abc ;lr; x=\"a;\\\"b\" ;Y=[::1]").unwrap();
        assert_eq!(params.get("TAG"), Some("abc"));
        assert_eq!(params.get("lr"), Some(""));
        assert_eq!(params.get("x"), Some("\"a;\\\"b\""));
        assert_eq!(params.unquoted("x").unwrap(), "a;\"b");
        assert_eq!(params.get("y"), Some("[::1]"));
        assert_eq!(params.get("z"), None);
    }

    #[test]
    fn malformed_parameters_are_refused() {
        for text in [";", ";;a", "a", ";a=", ";a=\"b", ";a=b c", ";=b", ";tag=1;TAG=2", ";a=b,c"] {
            assert_eq!(params(text), None, "{text}");
        }
        assert!(params(&";a".repeat(MAX_LIST)).is_some());
        assert!(params(&";a".repeat(MAX_LIST + 1)).is_none());
    }

    #[test]
    fn parameters_are_set_in_place() {
        let mut params = params(" ;rport ;branch=z9hG4bKx").unwrap();
        params.set("rport", Some("5060"));
        params.set("received", Some("10.0.0.1"));
        params.set("note", Some("a \"b\"\r\n"));
        params.remove("branch");
        assert_eq!(params.to_string(), ";rport=5060;received=10.0.0.1;note=\"a \\\"b\\\"  \"");
    }
}
