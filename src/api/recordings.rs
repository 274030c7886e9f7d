use axum::Json;
use axum::extract::State;
use utoipa::IntoParams;

use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::list::List;
use crate::api::openapi::{Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::api::span_query::SpanQuery;
use crate::base::CallId;
use crate::store::{RecordingFilter, RecordingRow};

/// Which recordings.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct CallQuery {
    /// Those of one call.
    #[param(value_type = Option<String>, example = "01JD7ZQK3V0000000000000000")]
    call: Option<CallId>,
}

/// Which recordings, and which page of them.
pub(crate) struct RecordingsQuery {
    call: CallQuery,
    span: SpanQuery,
}

impl IntoParams for RecordingsQuery {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        let mut all = CallQuery::into_params(&place);
        all.extend(SpanQuery::into_params(&place));
        all
    }
}

impl FromFields for RecordingsQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let call = fields.parsed("call", "the id of a call (26 characters)", CallId::parse)?;
        Ok(Self { call: CallQuery { call }, span: SpanQuery::from_fields(fields)? })
    }
}

/// Recordings, the newest first; their sound is at `/v1/recordings/{id}/audio.wav`.
#[utoipa::path(get, path = "/v1/recordings", tag = "records", operation_id = "recordings",
    params(RecordingsQuery), responses(
    (status = 200, description = "A page of recordings.", body = List<RecordingRow>,
        example = json!({"rows": [{"recording": "01JD7ZQK3V0000000000000001", "tenant": "fcg",
            "call": "01JD7ZQK3V0000000000000000", "at": 1772323209000000_i64, "left": "caller",
            "right": "agent:lan", "length_ms": 60000}], "next": null})),
    Refused, Away,
))]
pub(crate) async fn list(
    State(house): State<House>,
    Ask(query): Ask<RecordingsQuery>,
) -> Result<Json<List<RecordingRow>>, Problem> {
    let SpanQuery { from, to, cursor, limit } = query.span;
    let filter = RecordingFilter { from, to, call: query.call.call };
    let page = house.door.database.recordings(&house.door.tenant, &filter, cursor, limit).await?;
    Ok(Json(page.into()))
}
