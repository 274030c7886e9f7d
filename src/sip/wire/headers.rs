use crate::sip::wire::{Name, NameAddr, Text, lex};

/// The headers of a message in their order. Content-Length is read, but the writer makes its own.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Headers(Vec<(Name, Text)>);

/// The Contacts of a message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contacts {
    /// `Contact: *` (RFC 3261 §10.2.2).
    All,
    /// The contacts of all lines in their order; none when there is no such header.
    Listed(Vec<NameAddr>),
}

impl Contacts {
    /// The first contact; `None` for `*`.
    #[must_use]
    pub fn first(&self) -> Option<&NameAddr> {
        match self {
            Self::All => None,
            Self::Listed(contacts) => contacts.first(),
        }
    }
}

impl Headers {
    /// No headers, and room for some.
    #[must_use]
    pub fn with_capacity(headers: usize) -> Self {
        Self(Vec::with_capacity(headers))
    }

    /// The value of the first line with this name.
    #[must_use]
    pub fn get(&self, name: Name) -> Option<&str> {
        self.text(&name).map(Text::as_str)
    }

    /// The value of the first line with this name, as it came.
    #[must_use]
    pub fn text(&self, name: &Name) -> Option<&Text> {
        self.0.iter().find(|(other, _)| other.is(name)).map(|(_, value)| value)
    }

    /// The value of the first line with a name that `Name` does not know, such as `X-Case`.
    #[must_use]
    pub fn other(&self, name: &str) -> Option<&Text> {
        self.0.iter().find_map(|(other, value)| match other {
            Name::Other(other) if other.eq_ignore_ascii_case(name) => Some(value),
            _ => None,
        })
    }

    /// The values of all lines with this name.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &Text> {
        self.0.iter().filter(move |(other, _)| other.is(&name)).map(|(_, value)| value)
    }

    /// The elements of a comma-joined list, of all lines with this name; empty ones are left out.
    pub fn list(&self, name: Name) -> impl Iterator<Item = Text> {
        self.all(name).flat_map(|value| {
            lex::list(value).filter(|part| !part.is_empty()).map(|part| value.part(part))
        })
    }

    /// All lines.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &Text)> {
        self.0.iter().map(|(name, value)| (name, value))
    }

    /// Whether there is a line with this name.
    #[must_use]
    pub fn has(&self, name: Name) -> bool {
        self.text(&name).is_some()
    }

    /// The number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a line at the end. Line breaks in the value are written as spaces.
    pub fn push(&mut self, name: Name, value: impl Into<Text>) {
        self.0.push((name, value.into()));
    }

    /// Adds a line before all others (a Via of our own, a Record-Route).
    pub fn push_front(&mut self, name: Name, value: impl Into<Text>) {
        self.0.insert(0, (name, value.into()));
    }

    /// Leaves one line with this name: the first in its place, else one at the end.
    pub fn set(&mut self, name: Name, value: impl Into<Text>) {
        let mut value = Some(value.into());
        self.0.retain_mut(|(other, old)| {
            if !other.is(&name) {
                return true;
            }
            value.take().map(|value| *old = value).is_some()
        });
        if let Some(value) = value {
            self.0.push((name, value));
        }
    }

    /// Takes all lines with this name away.
    pub fn remove(&mut self, name: Name) {
        self.0.retain(|(other, _)| !other.is(&name));
    }

    /// Replaces the first element of the first Via line (to add `received` and `rport`).
    pub fn set_top_via(&mut self, via: &crate::sip::wire::Via) {
        let Some((_, value)) = self.0.iter_mut().find(|(name, _)| name.is(&Name::Via)) else {
            return;
        };
        let text = match lex::find_outside(value, b',') {
            Ok(Some(at)) => format!("{via}{}", value.get(at..).unwrap_or("")),
            Ok(None) | Err(()) => via.to_string(),
        };
        *value = Text::from(text);
    }
}
