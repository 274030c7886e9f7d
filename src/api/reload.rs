use axum::extract::State;
use axum::http::StatusCode;

use crate::api::fields::{Ask, Nothing};
use crate::api::openapi::Refused;
use crate::api::problem::{Body, Problem};
use crate::api::shared::House;

/// Reads flows and configuration anew and puts them into use, all or nothing.
///
/// Calls in progress keep the flows that they began with.
#[utoipa::path(post, path = "/v1/dialplans/reload", tag = "engine",
    operation_id = "reload_dialplans", responses(
    (status = 204, description = "In use from now on."),
    (status = 422, description = "Faults in the files; nothing changed.", body = Body,
        content_type = "application/problem+json", example = json!({
            "type": "/docs#problem-bad-files", "title": "Faults in the files", "status": 422,
            "detail": "1 fault(s); what was in use before still is",
            "faults": [{"file": "dialplans/fcg/12345.flow.yaml", "line": 14,
                "key": "nodes.main_menu.timeout", "what": "is \"soon\"; a duration such as 5s"}]})),
    Refused,
))]
pub(crate) async fn dialplans(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Result<StatusCode, Problem> {
    reload(&house).await
}

/// The same as `/v1/dialplans/reload`: flows and configuration belong together.
#[utoipa::path(post, path = "/v1/config/reload", tag = "engine", operation_id = "reload_config",
    responses(
        (status = 204, description = "In use from now on."),
        (status = 422, description = "Faults in the files; nothing changed.", body = Body,
            content_type = "application/problem+json"),
        Refused,
    ))]
pub(crate) async fn config(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Result<StatusCode, Problem> {
    reload(&house).await
}

async fn reload(house: &House) -> Result<StatusCode, Problem> {
    (house.door.reload)().await?;
    Ok(StatusCode::NO_CONTENT)
}
