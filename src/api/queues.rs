use axum::Json;
use axum::extract::State;

use crate::api::fields::{Ask, Nothing};
use crate::api::in_path::InPath;
use crate::api::list::List;
use crate::api::openapi::{Absent, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::base::QueueId;
use crate::call::QueueView;

/// All queues now, by id.
#[utoipa::path(get, path = "/v1/queues", tag = "queues", operation_id = "queues", responses(
    (status = 200, description = "The queues.", body = List<QueueView>, example = json!({"rows": [{
        "id": "complaint", "name": "投诉", "waiting": 2, "oldest": 1772323200000000_i64,
        "signed_in": 5, "free": 0, "talking": 4}], "next": null})),
    Refused,
))]
pub(crate) async fn list(State(house): State<House>, _none: Ask<Nothing>) -> Json<List<QueueView>> {
    Json(List::whole(house.door.live.queues()))
}

/// One queue now.
#[utoipa::path(get, path = "/v1/queues/{id}", tag = "queues", operation_id = "queue",
    params(("id" = String, Path, description = "The queue.", example = "complaint")),
    responses((status = 200, description = "The queue.", body = QueueView), Refused, Absent))]
pub(crate) async fn one(
    State(house): State<House>,
    InPath(id): InPath<QueueId>,
    _none: Ask<Nothing>,
) -> Result<Json<QueueView>, Problem> {
    house.door.live.queue(&id).map(Json).ok_or_else(|| Problem::unknown("queue"))
}
