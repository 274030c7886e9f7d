use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::base::{CallId, RecordId, RecordingId, Wall};
use crate::store::db::database::QueryError;

/// A closed enum's text in the database: the same as in JSON, without the quotes.
pub(super) fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The value that [`name_of`] named.
pub(super) fn value_of<T: DeserializeOwned>(
    what: &'static str,
    name: String,
) -> Result<T, QueryError> {
    serde_json::from_value(serde_json::Value::String(name.clone()))
        .map_err(|_| QueryError::Strange { what, value: name })
}

pub(super) fn json_of<T: DeserializeOwned>(
    what: &'static str,
    text: String,
) -> Result<T, QueryError> {
    serde_json::from_str(&text).map_err(|_| QueryError::Strange { what, value: text })
}

/// SQLite's integers are signed.
pub(super) fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(super) fn wall(us: Option<i64>) -> Option<Wall> {
    us.map(Wall::from_micros)
}

macro_rules! ids {
    ($($read:ident $id:ident $what:literal)*) => {$(
        pub(super) fn $read(text: String) -> Result<$id, QueryError> {
            $id::parse(&text).ok_or(QueryError::Strange { what: $what, value: text })
        }
    )*};
}

ids! {
    call_id CallId "a call"
    recording_id RecordingId "a recording"
    record_id RecordId "a record"
}
