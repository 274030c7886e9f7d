use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::api::shared::House;

/// Bytes of a body.
pub(crate) const BODY_MAX: usize = 64 << 10;

/// Refuses bodies that say that they are too long, and ends what takes too long.
pub(crate) async fn limit(State(house): State<House>, request: Request, next: Next) -> Response {
    if says_too_long(request.headers()) {
        return too_large().into_response();
    }
    match tokio::time::timeout(house.pace.answer, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let detail = format!("there was no answer within {} s", house.pace.answer.as_secs());
            Problem::new(Kind::TookTooLong, detail).retry_after(5).into_response()
        }
    }
}

/// The body has more bytes than are taken.
pub(crate) fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, format!("a body has at most {BODY_MAX} bytes"))
}

fn says_too_long(headers: &HeaderMap) -> bool {
    let Some(length) = headers.get(header::CONTENT_LENGTH) else { return false };
    let length: Option<usize> = length.to_str().ok().and_then(|length| length.parse().ok());
    length.is_none_or(|length| length > BODY_MAX)
}
