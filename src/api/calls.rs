use axum::Json;
use axum::extract::State;
use serde::Serialize;

use crate::api::calls_query::CallsPage;
use crate::api::event_body::EventBody;
use crate::api::fields::{Ask, Nothing};
use crate::api::in_path::InPath;
use crate::api::list::List;
use crate::api::openapi::{Absent, Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::base::CallId;
use crate::call::CallView;
use crate::store::CallRow;

/// All that is known of one call.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct CallDetail {
    /// What can be seen of it now; null when it is over.
    live: Option<CallView>,
    /// Its record; null when it is not stored yet. While `ended` is false it tells what is known so
    /// far.
    record: Option<CallRow>,
    /// What happened to it, in order.
    events: Vec<EventBody>,
}

/// Calls that are over, the newest first.
#[utoipa::path(get, path = "/v1/calls", tag = "calls", operation_id = "calls", params(CallsPage),
    responses(
    (status = 200, description = "A page of calls.", body = List<CallRow>, example = json!({
        "rows": [{"tenant": "fcg", "ended": true, "cdr": {
            "call": "01JD7ZQK3V0000000000000000", "trunk": "carrier", "account": null,
            "caller_raw": "\"\" <sip:013977012345@10.0.0.1>", "caller": "+8613977012345",
            "caller_kind": "mobile", "region": "0770", "called": "12345",
            "sip_call_id": "a84b4c76e66710", "flow": "fcg/12345@1", "t_in": 1772323200000000_i64,
            "t_ivr": 1772323200100000_i64, "t_req": 1772323205000000_i64,
            "t_offer": 1772323205000000_i64, "t_ans": 1772323209000000_i64,
            "t_talk_end": 1772323269000000_i64, "t_end": 1772323275000000_i64, "wait_ms": 4000,
            "talk_ms": 60000, "hold_ms": 0, "total_ms": 75000, "ended_by": "flow",
            "cause": "answered", "sip_status": 0, "queue": "complaint", "agent": "lan",
            "offers": 1, "survey_invited": true, "rating": 5,
            "recording": "01JD7ZQK3V0000000000000001", "keys": "15", "legs": []}}],
        "next": "1772323200000000-01JD7ZQK3V0000000000000000"})),
    Refused, Away,
))]
pub(crate) async fn list(
    State(house): State<House>,
    Ask(query): Ask<CallsPage>,
) -> Result<Json<List<CallRow>>, Problem> {
    let CallsPage { filter, cursor, limit } = query;
    let page = house.door.database.calls(&house.door.tenant, &filter, cursor, limit).await?;
    Ok(Json(page.into()))
}

/// One call, whether it is up or over, with what happened to it.
#[utoipa::path(get, path = "/v1/calls/{id}", tag = "calls", operation_id = "call",
    params(("id" = String, Path, description = "The call.", example = "01JD7ZQK3V0000000000000000")),
    responses((status = 200, description = "The call.", body = CallDetail), Refused, Absent, Away))]
pub(crate) async fn one(
    State(house): State<House>,
    InPath(id): InPath<CallId>,
    _none: Ask<Nothing>,
) -> Result<Json<CallDetail>, Problem> {
    let door = &house.door;
    let live = door.live.call(id).filter(|call| call.tenant == door.tenant);
    let stored = async {
        let record = door.database.call(&door.tenant, id).await?;
        let events = door.database.events_of_call(&door.tenant, id).await?;
        Ok::<_, Problem>((record, events.into_iter().map(EventBody::from).collect()))
    };
    let (record, events) = match stored.await {
        Ok(stored) => stored,
        // What can be seen now does not need the database.
        Err(_) if live.is_some() => (None, Vec::new()),
        Err(problem) => return Err(problem),
    };
    if live.is_none() && record.is_none() {
        return Err(Problem::unknown("call"));
    }
    Ok(Json(CallDetail { live, record, events }))
}
