use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use serde::Serialize;

use crate::api::AlarmView;
use crate::api::fields::{Ask, Nothing};
use crate::api::shared::House;

/// How the engine is.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(example = json!({"status": "degraded", "alarms": ["recordings-disk"]}))]
pub(crate) struct HealthView {
    /// `ok` without an alarm.
    status: Status,
    /// The ids of the alarms that are up.
    alarms: Vec<String>,
    /// The alarms with what to do; only with a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Vec<AlarmView>>,
    /// Keys of the configuration that were changed and wait for a restart; only with a token.
    #[serde(skip_serializing_if = "Option::is_none")]
    needs_restart: Option<Vec<String>>,
}

/// How the engine is, in a word.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// No alarm is up.
    Ok,
    /// It works, and an alarm is up.
    Degraded,
}

/// Whether the engine is well. Open to all; with a token it says what is the matter.
#[utoipa::path(get, path = "/health", tag = "engine", operation_id = "health", security(()),
    responses((status = 200, description = "The engine answers.", body = HealthView)))]
pub(crate) async fn show(
    State(house): State<House>,
    headers: HeaderMap,
    _none: Ask<Nothing>,
) -> Json<HealthView> {
    let health = &house.door.health;
    let alarms = health.alarms();
    let is_known = house.tokens.whose_header(&headers).is_some();
    Json(HealthView {
        status: if alarms.is_empty() { Status::Ok } else { Status::Degraded },
        alarms: alarms.iter().map(|alarm| alarm.id.clone()).collect(),
        details: is_known.then_some(alarms),
        needs_restart: is_known.then(|| health.needs_restart()),
    })
}
