use std::fmt;

use serde::{Deserialize, Serialize};

/// A telephone key, with the numbers of RFC 4733 §3.2 table 3 (events 0–15).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "char", into = "char")]
pub struct Key(u8);

/// The character is not one of `0`–`9`, `*`, `#`, `A`–`D`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0:?} is no telephone key; allowed are 0-9 * # A-D")]
pub struct UnknownKey(pub char);

const KEYS: [char; 16] =
    ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '#', 'A', 'B', 'C', 'D'];

impl Key {
    /// The key with RFC 4733 event number `event`, 0–15.
    #[must_use]
    pub const fn from_event(event: u8) -> Option<Self> {
        if event < 16 { Some(Self(event)) } else { None }
    }

    /// The RFC 4733 event number, 0–15.
    #[must_use]
    pub const fn event(self) -> u8 {
        self.0
    }

    /// The character on the key.
    #[must_use]
    pub fn as_char(self) -> char {
        KEYS[usize::from(self.0 & 15)]
    }
}

impl TryFrom<char> for Key {
    type Error = UnknownKey;

    fn try_from(c: char) -> Result<Self, UnknownKey> {
        let upper = c.to_ascii_uppercase();
        KEYS.iter()
            .position(|k| *k == upper)
            .and_then(|at| u8::try_from(at).ok())
            .map(Self)
            .ok_or(UnknownKey(c))
    }
}

impl From<Key> for char {
    fn from(key: Key) -> Self {
        key.as_char()
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_events_are_one_to_one() {
        for event in 0..16 {
            let key = Key::from_event(event).unwrap();
            assert_eq!(Key::try_from(key.as_char()), Ok(key));
        }
        assert_eq!(Key::from_event(16), None);
        assert_eq!(Key::try_from('x'), Err(UnknownKey('x')));
    }
}
