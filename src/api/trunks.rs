use axum::Json;
use axum::extract::State;

use crate::api::fields::{Ask, Nothing};
use crate::api::list::List;
use crate::api::openapi::Refused;
use crate::api::shared::House;
use crate::call::TrunkView;

/// All trunks now, by id.
#[utoipa::path(get, path = "/v1/trunks", tag = "engine", operation_id = "trunks", responses(
    (status = 200, description = "The trunks.", body = List<TrunkView>, example = json!({"rows": [
        {"id": "carrier", "calls": 12, "channels": 60, "alive": true}], "next": null})),
    Refused,
))]
pub(crate) async fn list(State(house): State<House>, _none: Ask<Nothing>) -> Json<List<TrunkView>> {
    Json(List::whole(house.door.live.trunks()))
}
