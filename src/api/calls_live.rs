use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::api::fields::{Ask, Nothing};
use crate::api::in_path::InPath;
use crate::api::list::List;
use crate::api::openapi::{Absent, Denied, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::base::CallId;
use crate::call::{CallView, Command};

/// All calls that are up, the oldest first.
#[utoipa::path(get, path = "/v1/calls/live", tag = "calls", operation_id = "live_calls", responses(
    (status = 200, description = "The calls.", body = List<CallView>, example = json!({"rows": [{
        "id": "01JD7ZQK3V0000000000000000", "tenant": "fcg", "phase": "talking",
        "since": 1772323230000000_i64, "arrived": 1772323200000000_i64, "caller": "139 7701 2345",
        "region": "0770", "called": "12345", "trunk": "carrier", "account": null,
        "queue": "complaint", "position": null, "agent": "lan",
        "recording": "01JD7ZQK3V0000000000000001", "node": "fcg/12345:main_menu"}], "next": null})),
    Refused,
))]
pub(crate) async fn list(State(house): State<House>, _none: Ask<Nothing>) -> Json<List<CallView>> {
    let mut calls = house.door.live.calls();
    calls.retain(|call| call.tenant == house.door.tenant);
    Json(List::whole(calls))
}

/// One call that is up.
#[utoipa::path(get, path = "/v1/calls/live/{id}", tag = "calls", operation_id = "live_call",
    params(("id" = String, Path, description = "The call.", example = "01JD7ZQK3V0000000000000000")),
    responses((status = 200, description = "The call.", body = CallView), Refused, Absent))]
pub(crate) async fn one(
    State(house): State<House>,
    InPath(id): InPath<CallId>,
    _none: Ask<Nothing>,
) -> Result<Json<CallView>, Problem> {
    let call = house.door.live.call(id).filter(|call| call.tenant == house.door.tenant);
    call.map(Json).ok_or_else(|| Problem::unknown("live call"))
}

/// Ends a call with all its legs.
#[utoipa::path(post, path = "/v1/calls/live/{id}/hangup", tag = "calls",
    operation_id = "hang_up_call",
    params(("id" = String, Path, description = "The call.", example = "01JD7ZQK3V0000000000000000")),
    responses((status = 204, description = "It is being ended."), Refused, Denied))]
pub(crate) async fn hang_up(
    State(house): State<House>,
    InPath(call): InPath<CallId>,
    _none: Ask<Nothing>,
) -> Result<StatusCode, Problem> {
    house.door.commands.ask(Command::HangUpCall { call }).await?;
    Ok(StatusCode::NO_CONTENT)
}
