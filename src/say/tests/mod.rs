//! The grammar as tables, one a language, and what holds for all values.

mod english;
mod files;
mod mandarin;
mod values;

use super::{Kind, Language, Value, pieces};

/// How many rows a table has at least.
const ROWS_MIN: usize = 60;

/// Checks a table of (kind, value, pieces).
fn check(language: Language, rows: &[(Kind, &str, &str)]) {
    assert!(rows.len() >= ROWS_MIN, "{} rows", rows.len());
    for (kind, text, expected) in rows {
        let value = Value::read(*kind, text).unwrap_or_else(|fault| panic!("{fault}"));
        assert_eq!(pieces(language, &value).join(" "), *expected, "{} {text}", kind.name());
    }
}
