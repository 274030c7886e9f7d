use std::fmt::Display;

use axum::Json;
use axum::http::header::{self, HeaderValue};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::api::problem_kind::Kind;
use crate::base::{Fault, Faults};
use crate::call::CommandError;
use crate::store::{QueryError, ResumeError};

/// Why a request was not served, as `application/problem+json` (RFC 9457).
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Problem(Box<Body>);

/// The body of every error (RFC 9457, `application/problem+json`).
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Problem, example = json!({
    "type": "/docs#problem-bad-field", "title": "Bad value in the query", "status": 400,
    "detail": "limit is \"9999\"; it takes a whole number from 1 to 500",
    "field": "limit", "allowed": "a whole number from 1 to 500"
}))]
pub(crate) struct Body {
    /// Which kind of problem it is: a place on the docs page.
    r#type: String,
    /// The kind in a few words; the same for all problems of this `type`.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What happened this time.
    detail: String,
    /// The key of the query or the body that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    /// What that key takes.
    #[serde(skip_serializing_if = "Option::is_none")]
    allowed: Option<String>,
    /// The smallest event number from which events can be had.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<u64>,
    /// All that is wrong in the files that the operator wrote.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    faults: Vec<FaultView>,
    #[serde(skip)]
    kind: Kind,
    #[serde(skip)]
    headers: Vec<(header::HeaderName, HeaderValue)>,
}

/// One thing that is wrong in a file that the operator wrote.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct FaultView {
    /// The file.
    file: String,
    /// The line, from 1; 0 when it belongs to no line.
    line: u64,
    /// The key or node, such as `nodes.main_menu.timeout`.
    key: String,
    /// What is wrong and what is allowed.
    what: String,
}

impl From<Fault> for FaultView {
    fn from(fault: Fault) -> Self {
        let file = fault.file.display().to_string();
        Self { file, line: fault.line, key: fault.key, what: fault.what }
    }
}

impl Problem {
    /// A problem of this kind.
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Body {
            r#type: format!("/docs#problem-{}", kind.name()),
            title: kind.title(),
            status: kind.status().as_u16(),
            detail: detail.into(),
            field: None,
            allowed: None,
            oldest: None,
            faults: Vec::new(),
            kind,
            headers: Vec::new(),
        }))
    }

    /// The value of a key in the query is not what it takes.
    pub(crate) fn bad_field(field: &str, value: &str, allowed: impl Display) -> Self {
        let detail = format!("{field} is {:?}; it takes {allowed}", shortened(value));
        Self::new(Kind::BadField, detail).about(field, allowed)
    }

    /// There is none with this id, or it is not this tenant's.
    pub(crate) fn unknown(noun: &str) -> Self {
        Self::new(Kind::Unknown, format!("there is no such {noun}"))
    }

    /// Names the key at fault and what it takes.
    pub(crate) fn about(mut self, field: &str, allowed: impl Display) -> Self {
        self.0.field = Some(shortened(field));
        self.0.allowed = Some(allowed.to_string());
        self
    }

    /// Says after how many seconds a new try may help.
    pub(crate) fn retry_after(self, seconds: u32) -> Self {
        self.with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    }

    /// Adds a header to the answer.
    pub(crate) fn with_header(mut self, name: header::HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Which kind it is.
    pub(crate) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// What happened this time.
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The smallest number that events can be had from.
    pub(crate) fn oldest(&self) -> Option<u64> {
        self.0.oldest
    }
}

/// At most 64 characters of what the client sent.
fn shortened(text: &str) -> String {
    match text.char_indices().nth(64) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        let detail = error.to_string();
        match error {
            CommandError::UnknownAgent(_) => Self::unknown("agent"),
            CommandError::UnknownCall(_) => Self::unknown("live call"),
            CommandError::WrongState(_) => Self::new(Kind::WrongState, detail),
            CommandError::PhoneCannot(_) => Self::new(Kind::PhoneCannot, detail),
            CommandError::Overloaded => Self::new(Kind::Overloaded, detail).retry_after(1),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Away => Self::new(Kind::RecordsAway, error.to_string()).retry_after(5),
            QueryError::Failed(error) => {
                tracing::warn!(%error, "the database failed at a question of the API");
                let detail = "the database of records failed at this question";
                Self::new(Kind::RecordsAway, detail).retry_after(5)
            }
            QueryError::Strange { .. } => {
                tracing::error!(%error, "a row of the database is not understood");
                Self::new(Kind::Internal, "a stored record is not understood")
            }
        }
    }
}

impl From<ResumeError> for Problem {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::TooOld { oldest } => {
                let mut problem = Self::new(Kind::EventsGone, error.to_string());
                problem.0.oldest = Some(oldest);
                problem.about("after", format_args!("a number from {oldest} on"))
            }
            ResumeError::Io(error) => Self::disk(&error),
        }
    }
}

impl From<Faults> for Problem {
    fn from(faults: Faults) -> Self {
        let detail = format!("{} fault(s); what was in use before still is", faults.0.len());
        let mut problem = Self::new(Kind::BadFiles, detail);
        problem.0.faults = faults.0.into_iter().map(FaultView::from).collect();
        problem
    }
}

impl Problem {
    /// A disk failed under a question of the API.
    pub(crate) fn disk(error: &std::io::Error) -> Self {
        tracing::warn!(%error, "the disk failed at a question of the API");
        Self::new(Kind::RecordsAway, "the disk of records failed at this question").retry_after(5)
    }

    /// Work on a thread of its own did not come to an end.
    pub(crate) fn broken() -> Self {
        Self::new(Kind::Internal, "the request could not be carried out")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.0.kind.status();
        let mut response = (status, Json(&*self.0)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        for (name, value) in self.0.headers {
            headers.insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_listed_once_and_in_the_order_of_its_status() {
        let names: std::collections::BTreeSet<_> =
            Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(Kind::ALL.iter().all(|kind| kind.status().as_u16() >= 400));
    }

    #[test]
    fn what_the_client_sent_is_shown_in_part_only() {
        let problem = Problem::bad_field("limit", &"9".repeat(5_000), "a number");
        assert!(problem.detail().len() < 200, "{}", problem.detail());
        assert_eq!(shortened(&"防".repeat(65)), format!("{}…", "防".repeat(64)));
    }
}
