use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

use bytes::Bytes;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A piece of text that is a slice of the datagram it came with: cheap to clone, never copied.
///
/// Some equipment writes display names in encodings other than UTF-8. Such a header reads with
/// U+FFFD in place of what is no UTF-8, and is written with the bytes that it came with.
#[derive(Clone, Default)]
pub struct Text {
    /// Always UTF-8.
    shown: Bytes,
    /// What came, when it was no UTF-8.
    raw: Option<Box<[u8]>>,
}

impl Text {
    /// Text without an allocation.
    #[must_use]
    pub const fn from_static(text: &'static str) -> Self {
        Self { shown: Bytes::from_static(text.as_bytes()), raw: None }
    }

    /// The bytes as text; what is no UTF-8 reads as U+FFFD and is kept for the writer.
    #[must_use]
    pub fn from_bytes(bytes: Bytes) -> Self {
        if std::str::from_utf8(&bytes).is_ok() {
            return Self { shown: bytes, raw: None };
        }
        let shown = String::from_utf8_lossy(&bytes).into_owned();
        Self { shown: Bytes::from(shown), raw: Some(bytes.as_ref().into()) }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.shown).expect("every constructor checks")
    }

    /// The bytes as they came, and as they are written.
    #[must_use]
    pub fn wire(&self) -> &[u8] {
        self.raw.as_deref().unwrap_or(&self.shown)
    }

    /// A part of this text, which must come from `as_str` of this text.
    pub(crate) fn part(&self, part: &str) -> Self {
        if part.is_empty() {
            return Self::default();
        }
        Self { shown: self.shown.slice_ref(part.as_bytes()), raw: None }
    }

    /// A copy with its own memory: what outlives its message by long should not hold the datagram.
    #[must_use]
    pub fn detached(&self) -> Self {
        Self { shown: Bytes::copy_from_slice(&self.shown), raw: self.raw.clone() }
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self { shown: Bytes::copy_from_slice(text.as_bytes()), raw: None }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self { shown: Bytes::from(text), raw: None }
    }
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.as_str().to_owned()
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.shown == other.shown
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.shown == other.as_bytes()
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.shown == other.as_bytes()
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.shown.cmp(&other.shown)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::from)
    }
}
