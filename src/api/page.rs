use axum::Router;

use axum::response::Html;
use axum::routing::get;
use utoipa::openapi::OpenApi;

use crate::api::shared::House;

pub(crate) fn routes(_openapi: &OpenApi) -> Router<House> {
    Router::new().route("/docs", get(|| async { Html("") }))
}
