use axum::Json;
use axum::extract::State;
use utoipa::IntoParams;

use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::list::List;
use crate::api::openapi::{Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::api::span_query::SpanQuery;
use crate::base::BoxId;
use crate::store::{VoicemailFilter, VoicemailRow};

/// Which messages.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct BoxQuery {
    /// Those in one box.
    #[param(value_type = Option<String>, example = "night")]
    r#box: Option<BoxId>,
}

/// Which messages, and which page of them.
pub(crate) struct VoicemailQuery {
    r#box: BoxQuery,
    span: SpanQuery,
}

impl IntoParams for VoicemailQuery {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        let mut all = BoxQuery::into_params(&place);
        all.extend(SpanQuery::into_params(&place));
        all
    }
}

impl FromFields for VoicemailQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let r#box = BoxQuery { r#box: fields.name("box")? };
        Ok(Self { r#box, span: SpanQuery::from_fields(fields)? })
    }
}

/// Messages that callers left, the newest first; their sound is at
/// `/v1/recordings/{recording}/audio.wav`.
#[utoipa::path(get, path = "/v1/voicemail", tag = "records", operation_id = "voicemail",
    params(VoicemailQuery), responses(
    (status = 200, description = "A page of messages.", body = List<VoicemailRow>,
        example = json!({"rows": [{"recording": "01JD7ZQK3V0000000000000002", "tenant": "fcg",
            "call": "01JD7ZQK3V0000000000000000", "box": "night", "at": 1772323209000000_i64,
            "length_ms": 14000}], "next": null})),
    Refused, Away,
))]
pub(crate) async fn list(
    State(house): State<House>,
    Ask(query): Ask<VoicemailQuery>,
) -> Result<Json<List<VoicemailRow>>, Problem> {
    let SpanQuery { from, to, cursor, limit } = query.span;
    let filter = VoicemailFilter { from, to, r#box: query.r#box.r#box };
    let page = house.door.database.voicemail(&house.door.tenant, &filter, cursor, limit).await?;
    Ok(Json(page.into()))
}
