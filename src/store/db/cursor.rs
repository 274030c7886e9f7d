use std::fmt;
use std::str::FromStr;

use ulid::Ulid;

use crate::base::Wall;

/// Where the next page of a list begins: behind this row, which is the last of the page before.
/// Its text form is for URLs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cursor {
    at: i64,
    id: Ulid,
}

/// One page of a list, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// Where the next page begins; none when this is the last.
    pub next: Option<Cursor>,
}

/// The text is no cursor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("this is no cursor that was given out; leave it out to begin at the newest")]
pub struct NoCursor;

impl Cursor {
    pub(super) const fn new(at: Wall, id: Ulid) -> Self {
        Self { at: at.as_micros(), id }
    }

    pub(super) const fn at(&self) -> i64 {
        self.at
    }

    pub(super) fn id(&self) -> String {
        self.id.to_string()
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.at, self.id)
    }
}

impl FromStr for Cursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let (at, id) = text.rsplit_once('-').ok_or(NoCursor)?;
        let at = at.parse().map_err(|_| NoCursor)?;
        let id = Ulid::from_string(id).map_err(|_| NoCursor)?;
        Ok(Self { at, id })
    }
}

impl<T> Page<T> {
    /// Cuts `rows`, of which one more than `limit` was asked for, to a page.
    pub(super) fn cut(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = limit as usize;
        let is_more = rows.len() > limit;
        rows.truncate(limit);
        let next = if is_more { rows.last().map(cursor) } else { None };
        Self { rows, next }
    }
}

/// The most rows of a page.
pub(super) const ROWS_MAX: u32 = 1000;
