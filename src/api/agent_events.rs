use axum::Json;
use axum::extract::State;

use crate::api::fields::Ask;
use crate::api::in_path::InPath;
use crate::api::list::List;
use crate::api::openapi::{Absent, Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::api::span_query::SpanQuery;
use crate::base::AgentId;
use crate::store::AgentEventRow;

/// An agent's work log (工作日志): changes of status and state, the newest first.
#[utoipa::path(get, path = "/v1/agents/{id}/events", tag = "agents", operation_id = "agent_events",
    params(("id" = String, Path, description = "The agent.", example = "lan"), SpanQuery),
    responses(
    (status = 200, description = "A page of the log.", body = List<AgentEventRow>, example = json!({
        "rows": [{"id": "01JD7ZQKFW0000000000000000", "at": 1772323209000000_i64, "agent": "lan",
            "status": "ready", "reason": null, "state": "talking",
            "call": "01JD7ZQK3V0000000000000000", "previous_ms": 4000}], "next": null})),
    Refused, Absent, Away,
))]
pub(crate) async fn list(
    State(house): State<House>,
    InPath(agent): InPath<AgentId>,
    Ask(query): Ask<SpanQuery>,
) -> Result<Json<List<AgentEventRow>>, Problem> {
    let SpanQuery { from, to, cursor, limit } = query;
    let door = &house.door;
    let page = door.database.agent_events(&door.tenant, Some(&agent), (from, to), cursor, limit);
    let page = page.await?;
    // One who is no longer configured still has a log.
    if page.rows.is_empty() && door.live.agent(&agent).is_none() {
        return Err(Problem::unknown("agent"));
    }
    Ok(Json(page.into()))
}
