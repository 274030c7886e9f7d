use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::api::fields::{Ask, Nothing};
use crate::api::openapi::Refused;
use crate::api::problem::{Body, Problem};
use crate::api::shared::House;

/// What a reload has done.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"needs_restart": ["media.ports"]}))]
pub struct Reloaded {
    /// Keys that have changed and are read at the start only: until a restart the engine goes on with
    /// their old values. All else is in use.
    pub needs_restart: Vec<String>,
}

/// Reads flows and configuration anew and puts them into use, all or nothing.
///
/// Calls in progress keep the flows that they began with.
#[utoipa::path(post, path = "/v1/dialplans/reload", tag = "engine",
    operation_id = "reload_dialplans", responses(
    (status = 200, description = "In use from now on, but for what needs a restart.", body = Reloaded),
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
) -> Result<Json<Reloaded>, Problem> {
    reload(&house).await
}

/// The same as `/v1/dialplans/reload`: flows and configuration belong together.
#[utoipa::path(post, path = "/v1/config/reload", tag = "engine", operation_id = "reload_config",
    responses(
        (status = 200, description = "In use from now on, but for what needs a restart.", body = Reloaded),
        (status = 422, description = "Faults in the files; nothing changed.", body = Body,
            content_type = "application/problem+json"),
        Refused,
    ))]
pub(crate) async fn config(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Result<Json<Reloaded>, Problem> {
    reload(&house).await
}

async fn reload(house: &House) -> Result<Json<Reloaded>, Problem> {
    Ok(Json((house.door.reload)().await?))
}
