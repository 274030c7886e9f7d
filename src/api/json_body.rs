use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header;
use serde::de::DeserializeOwned;
use utoipa::PartialSchema;

use crate::api::limits::{BODY_MAX, too_large};
use crate::api::names::keys;
use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::api::shared::House;

/// A JSON body as an argument of a handler; keys that it does not have are refused by name.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned + PartialSchema> FromRequest<House> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &House) -> Result<Self, Problem> {
        let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let kind = kind.and_then(|kind| kind.split(';').next()).map(str::trim).unwrap_or_default();
        if !kind.eq_ignore_ascii_case("application/json") {
            let detail = "the body must come with Content-Type: application/json";
            return Err(Problem::new(Kind::WrongMediaType, detail));
        }
        let patience = house.pace.body;
        let read = to_bytes(request.into_body(), BODY_MAX);
        let Ok(read) = tokio::time::timeout(patience, read).await else {
            let detail = format!("the body did not arrive within {} s", patience.as_secs());
            return Err(Problem::new(Kind::TooSlow, detail));
        };
        // The limit is the one failure that the client is told of; after others nobody listens.
        let bytes = read.map_err(|_| too_large())?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| {
            let keys = keys::<T>().join(", ");
            let detail: String = error.to_string().chars().take(200).collect();
            Problem::new(Kind::BadBody, detail).about("body", format!("a JSON object with {keys}"))
        })
    }
}
