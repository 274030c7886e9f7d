use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use prometheus::{Encoder, TextEncoder};

use crate::api::fields::{Ask, Nothing};
use crate::api::openapi::Refused;
use crate::api::problem::Problem;
use crate::api::shared::House;

/// Metrics in the text form of Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "engine", operation_id = "metrics", responses(
    (status = 200, description = "The metrics.", content_type = "text/plain", body = String,
        example = "hotline_calls_live{tenant=\"fcg\"} 12\n"),
    Refused,
))]
pub(crate) async fn scrape(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Result<Response, Problem> {
    let encoder = TextEncoder::new();
    let mut text = Vec::new();
    encoder.encode(&house.door.metrics.gather(), &mut text).map_err(|error| {
        tracing::error!(%error, "the metrics cannot be written");
        Problem::broken()
    })?;
    let kind = encoder.format_type().to_owned();
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}
