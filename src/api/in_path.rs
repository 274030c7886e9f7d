use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::api::problem::Problem;
use crate::base::{AgentId, CallId, QueueId, RecordingId};

/// What the `{id}` in a path may name.
pub(crate) trait Id: Sized {
    /// What it is called when there is none.
    const NOUN: &'static str;

    /// Reads it; `None` when no such thing can have this id.
    fn read(text: &str) -> Option<Self>;
}

/// The `{id}` of a path. What cannot be an id is unknown (404), like any other that nobody has.
pub(crate) struct InPath<T>(pub(crate) T);

impl<S: Sync + Send, T: Id> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let id = text.ok().and_then(|Path(text)| T::read(&text));
        id.map(Self).ok_or_else(|| Problem::unknown(T::NOUN))
    }
}

macro_rules! lasting {
    ($($id:ident $noun:literal)*) => {$(
        impl Id for $id {
            const NOUN: &'static str = $noun;

            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )*};
}

macro_rules! named {
    ($($id:ident $noun:literal)*) => {$(
        impl Id for $id {
            const NOUN: &'static str = $noun;

            fn read(text: &str) -> Option<Self> {
                (text.len() <= 256).then(|| Self::new(text))
            }
        }
    )*};
}

lasting! { CallId "call" RecordingId "recording" }
named! { AgentId "agent" QueueId "queue" }
