use std::collections::BTreeMap;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use utoipa::{IntoParams, PartialSchema};

use crate::api::moment;
use crate::api::names::names;
use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::base::Wall;
use crate::store::Cursor;

/// Bytes of a query.
const QUERY_MAX: usize = 8 << 10;
/// Characters of a text in a query.
const TEXT_MAX: usize = 128;

/// The keys of a query that are not yet read. What is written twice is refused, not guessed.
pub(crate) struct Fields(BTreeMap<String, String>);

/// A query that can be read; its keys are those of its documentation, so that neither can be without
/// the other.
pub(crate) trait FromFields: IntoParams + Sized {
    /// Reads it.
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem>;
}

/// A query as an argument of a handler. Keys that it does not have are refused by name.
pub(crate) struct Ask<T>(pub(crate) T);

/// The query of what takes none.
#[derive(IntoParams)]
pub(crate) struct Nothing {}

impl FromFields for Nothing {
    fn from_fields(_: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {})
    }
}

impl<S: Sync, T: FromFields> FromRequestParts<S> for Ask<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let query = parts.uri.query().unwrap_or_default();
        if query.len() > QUERY_MAX {
            let detail = format!("the query has {} bytes; it takes up to {QUERY_MAX}", query.len());
            return Err(Problem::new(Kind::TooLong, detail));
        }
        let Ok(Query(pairs)) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri) else {
            return Err(Problem::new(Kind::BadField, "the query is not of the form key=value&…"));
        };
        let known: Vec<String> =
            T::into_params(|| None).into_iter().map(|parameter| parameter.name).collect();
        let mut fields = Fields::read(pairs, &known)?;
        T::from_fields(&mut fields).map(Self)
    }
}

impl Fields {
    fn read(pairs: Vec<(String, String)>, known: &[String]) -> Result<Self, Problem> {
        let mut fields = BTreeMap::new();
        for (key, value) in pairs {
            if !known.contains(&key) {
                let keys = match known {
                    [] => "no key at all".to_owned(),
                    _ => format!("these keys: {}", known.join(", ")),
                };
                let problem = Problem::bad_field("the query's key", &key, &keys);
                return Err(problem.about(&key, keys));
            }
            if fields.contains_key(&key) {
                return Err(Problem::bad_field(&key, &value, "one value; it is given twice"));
            }
            fields.insert(key, value);
        }
        Ok(Self(fields))
    }

    fn take<T>(
        &mut self,
        key: &str,
        allowed: impl Display,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.0.remove(key) else { return Ok(None) };
        match read(&value) {
            Some(read) => Ok(Some(read)),
            None => Err(Problem::bad_field(key, &value, allowed)),
        }
    }

    /// A short text without control characters.
    pub(crate) fn text(&mut self, key: &str) -> Result<Option<String>, Problem> {
        let allowed = format!("a text of 1 to {TEXT_MAX} characters without control characters");
        self.take(key, allowed, |value| {
            let is_short = (1..=TEXT_MAX).contains(&value.chars().count());
            let is_plain = !value.chars().any(char::is_control);
            (is_short && is_plain).then(|| value.to_owned())
        })
    }

    /// The name of something that is configured.
    pub(crate) fn name<T: for<'a> From<&'a str>>(
        &mut self,
        key: &str,
    ) -> Result<Option<T>, Problem> {
        Ok(self.text(key)?.map(|name| T::from(&name)))
    }

    /// A whole number.
    pub(crate) fn number(
        &mut self,
        key: &str,
        range: RangeInclusive<u64>,
    ) -> Result<Option<u64>, Problem> {
        let allowed = format!("a whole number from {} to {}", range.start(), range.end());
        self.take(key, allowed, |value| whole(value).filter(|number| range.contains(number)))
    }

    /// A number or two with `-` between them.
    pub(crate) fn span(
        &mut self,
        key: &str,
        range: RangeInclusive<u8>,
    ) -> Result<Option<RangeInclusive<u8>>, Problem> {
        let (low, high) = (range.start(), range.end());
        let allowed = format!("a number from {low} to {high}, or two such as {low}-{high}");
        self.take(key, allowed, |value| {
            let (from, to) = value.split_once('-').unwrap_or((value, value));
            let span = whole(from)?..=whole(to)?;
            let is_inside = range.contains(span.start()) && range.contains(span.end());
            (is_inside && !span.is_empty()).then_some(span)
        })
    }

    /// `true` or `false`.
    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>, Problem> {
        self.take(key, "true or false", |value| value.parse().ok())
    }

    /// A point of time.
    pub(crate) fn moment(&mut self, key: &str) -> Result<Option<Wall>, Problem> {
        self.take(key, moment::ALLOWED, moment::read)
    }

    /// `from` and `to`, of which `from` must be the earlier.
    pub(crate) fn between(&mut self) -> Result<(Option<Wall>, Option<Wall>), Problem> {
        let text = self.0.get("to").cloned().unwrap_or_default();
        let (from, to) = (self.moment("from")?, self.moment("to")?);
        match (from, to) {
            (Some(from), Some(to)) if from >= to => {
                Err(Problem::bad_field("to", &text, "a time later than from"))
            }
            both => Ok(both),
        }
    }

    /// What has a text form of its own, such as the id of a call.
    pub(crate) fn parsed<T>(
        &mut self,
        key: &str,
        allowed: &str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        self.take(key, allowed, parse)
    }

    /// Where the page begins.
    pub(crate) fn cursor(&mut self) -> Result<Option<Cursor>, Problem> {
        let allowed = "what `next` of the page before says; leave it out to begin at the newest";
        self.take("cursor", allowed, |value| Cursor::from_str(value).ok())
    }

    /// How many rows a page has at most.
    pub(crate) fn limit(&mut self) -> Result<u32, Problem> {
        let limit = self.number("limit", 1..=500)?.unwrap_or(100);
        Ok(u32::try_from(limit).unwrap_or(500))
    }

    /// Values of a closed list with `,` between them.
    pub(crate) fn choices<T: DeserializeOwned + PartialSchema>(
        &mut self,
        key: &str,
    ) -> Result<Vec<T>, Problem> {
        let allowed =
            format!("one or more of these with , between them: {}", names::<T>().join(", "));
        let list = self.take(key, allowed, |value| {
            let one = |name: &str| serde_json::from_value(serde_json::Value::from(name)).ok();
            value.split(',').take(64).map(one).collect()
        })?;
        Ok(list.unwrap_or_default())
    }
}

/// Digits only: no sign, no space.
fn whole<N: FromStr>(text: &str) -> Option<N> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Cause;

    fn fields(query: &[(&str, &str)]) -> Fields {
        Fields(query.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn numbers_are_digits_within_their_range() {
        let number = |value| fields(&[("n", value)]).number("n", 1..=500);
        assert_eq!(number("500"), Ok(Some(500)));
        for bad in ["0", "501", "+5", "-1", "", " 5", "5.0", "1e2", "99999999999999999999999", "５"]
        {
            assert!(number(bad).is_err(), "{bad}");
        }
        let span = |value| fields(&[("n", value)]).span("n", 1..=5);
        assert_eq!(span("4"), Ok(Some(4..=4)));
        assert_eq!(span("1-2"), Ok(Some(1..=2)));
        for bad in ["0", "6", "2-1", "1-", "-", "1-2-3", "300"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_closed_list_names_all_that_it_takes() {
        let causes = |value| fields(&[("cause", value)]).choices::<Cause>("cause");
        assert_eq!(causes("answered,far-busy"), Ok(vec![Cause::Answered, Cause::FarBusy]));
        let problem = causes("answered,nonsense").unwrap_err();
        assert!(
            problem.detail().contains("abandoned-queue, overflow, voicemail"),
            "{}",
            problem.detail()
        );
    }
}
