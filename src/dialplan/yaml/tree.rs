/// A value with the line where it begins.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Tree {
    /// From 1.
    pub(crate) line: u64,
    /// What is there.
    pub(crate) value: Value,
}

/// What a YAML document is made of.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Value {
    /// A scalar; its type is for the reader of the key to say.
    Text(Word),
    /// A sequence.
    List(Vec<Tree>),
    /// A mapping in the order of the file; keys may be doubled, which its reader names as a fault.
    Map(Vec<(Word, Tree)>),
}

/// A scalar as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Word {
    /// From 1.
    pub(crate) line: u64,
    /// The text, quotes and escapes resolved.
    pub(crate) text: String,
    /// Whether it stood in quotes or in a block, so that it can only be meant as text.
    pub(crate) quoted: bool,
}

impl Tree {
    /// What kind of value this is, for people.
    pub(crate) const fn kind(&self) -> &'static str {
        match &self.value {
            Value::Text(_) => "a single value",
            Value::List(_) => "a list",
            Value::Map(_) => "a map of keys",
        }
    }
}

impl Word {
    /// Whether YAML would read these unquoted characters as nothing, a boolean or a number.
    pub(crate) fn looks_typed(&self) -> bool {
        !self.quoted && (self.is_null() || self.is_boolean() || self.is_numeric())
    }

    /// Whether nothing is written here.
    pub(crate) fn is_null(&self) -> bool {
        !self.quoted && matches!(self.text.as_str(), "" | "~" | "null" | "Null" | "NULL")
    }

    fn is_boolean(&self) -> bool {
        ["true", "false", "yes", "no", "on", "off"]
            .iter()
            .any(|word| self.text.eq_ignore_ascii_case(word))
    }

    fn is_numeric(&self) -> bool {
        let digits = self.text.trim_start_matches(['+', '-']);
        digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_hexdigit() || "xob_.:".contains(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_would_take_for_a_number_or_boolean_looks_typed() {
        let plain = |text: &str| Word { line: 1, text: text.to_owned(), quoted: false };
        for text in ["", "~", "110", "0770", "-1", "1.5", "0x1f", "yes", "True", "12:30", "1e3"] {
            assert!(plain(text).looks_typed(), "{text}");
            assert!(!Word { quoted: true, ..plain(text) }.looks_typed(), "{text}");
        }
        for text in ["q_agent", "zh-CN", "30s", "fcg-7x24", "sip:a@127.0.0.1"] {
            assert!(!plain(text).looks_typed(), "{text}");
        }
    }
}
