use axum::Json;
use axum::extract::State;

use crate::api::fields::{Ask, Nothing};
use crate::api::in_path::InPath;
use crate::api::list::List;
use crate::api::openapi::{Absent, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::base::AgentId;
use crate::call::AgentView;

/// All agents now, by id.
#[utoipa::path(get, path = "/v1/agents", tag = "agents", operation_id = "agents", responses(
    (status = 200, description = "The agents.", body = List<AgentView>, example = json!({"rows": [{
        "id": "lan", "name": "兰芳", "number": "8001", "status": "ready", "reason": null,
        "state": "idle", "wall": "空闲", "reachable": true, "since": 1772323200000000_i64,
        "call": null, "queues": ["complaint", "advice"]}], "next": null})),
    Refused,
))]
pub(crate) async fn list(State(house): State<House>, _none: Ask<Nothing>) -> Json<List<AgentView>> {
    Json(List::whole(house.door.live.agents()))
}

/// One agent now.
#[utoipa::path(get, path = "/v1/agents/{id}", tag = "agents", operation_id = "agent",
    params(("id" = String, Path, description = "The agent.", example = "lan")),
    responses((status = 200, description = "The agent.", body = AgentView), Refused, Absent))]
pub(crate) async fn one(
    State(house): State<House>,
    InPath(id): InPath<AgentId>,
    _none: Ask<Nothing>,
) -> Result<Json<AgentView>, Problem> {
    house.door.live.agent(&id).map(Json).ok_or_else(|| Problem::unknown("agent"))
}
