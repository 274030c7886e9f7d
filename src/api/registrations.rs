use axum::Json;
use axum::extract::State;

use crate::api::fields::{Ask, Nothing};
use crate::api::list::List;
use crate::api::openapi::Refused;
use crate::api::shared::House;
use crate::call::RegistrationView;

/// All phones that are registered now, by account.
#[utoipa::path(get, path = "/v1/registrations", tag = "engine", operation_id = "registrations",
    responses(
    (status = 200, description = "The registrations.", body = List<RegistrationView>,
        example = json!({"rows": [{"account": "8001", "contact": "sip:8001@10.0.0.21:5060",
            "source": "10.0.0.21:5060", "transport": "udp", "expires": 1772326800000000_i64,
            "user_agent": "baresip v1.1.0"}], "next": null})),
    Refused,
))]
pub(crate) async fn list(
    State(house): State<House>,
    _none: Ask<Nothing>,
) -> Json<List<RegistrationView>> {
    Json(List::whole(house.door.live.registrations()))
}
