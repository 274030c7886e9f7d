use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use crate::api::event_body::EventBody;
use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::openapi::{Away, Refused};
use crate::api::problem::{Body, Problem};
use crate::api::problem_kind::Kind;
use crate::api::shared::House;
use crate::base::TenantId;
use crate::store::Published;

/// Which events.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct EventsQuery {
    /// The number of the last event seen; 0 for the very first.
    #[param(value_type = Option<u64>, default = 0, example = 1041)]
    after: u64,
    /// Events of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, default = 100)]
    limit: usize,
    /// Seconds to wait for an event when there is none.
    #[param(value_type = Option<u32>, minimum = 0, maximum = 30, default = 0)]
    wait: Duration,
}

impl FromFields for EventsQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let limit = fields.number("limit", 1..=1000)?.unwrap_or(100);
        Ok(Self {
            after: fields.number("after", 0..=u64::MAX)?.unwrap_or(0),
            limit: usize::try_from(limit).unwrap_or(1000),
            wait: Duration::from_secs(fields.number("wait", 0..=30)?.unwrap_or(0)),
        })
    }
}

/// Some events in order.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EventPage {
    /// The events.
    rows: Vec<EventBody>,
    /// The `after` of the next page; the same again when there was no event.
    next: u64,
}

/// Events behind a number, in order; with `wait` it answers when there is one (long poll).
#[utoipa::path(get, path = "/v1/events/page", tag = "events", operation_id = "events_page",
    params(EventsQuery), responses(
        (status = 200, description = "Some events.", body = EventPage),
        (status = 409, description = "No event has this number yet.", body = Body,
            content_type = "application/problem+json"),
        (status = 410, description = "They are no longer kept; `oldest` says from where on.",
            body = Body, content_type = "application/problem+json"),
        (status = 429, description = "Too many wait already.", body = Body,
            content_type = "application/problem+json"),
        Refused, Away,
    ))]
pub(crate) async fn page(
    State(house): State<House>,
    Ask(query): Ask<EventsQuery>,
) -> Result<Json<EventPage>, Problem> {
    let EventsQuery { after, limit, wait } = query;
    let (events, tenant) = (&house.door.events, &house.door.tenant);
    let mut news = events.listen();
    let mut found = events.resume(tenant, after, limit).await?;
    if found.is_empty() && !wait.is_zero() {
        let _permit = house.streams.try_acquire().map_err(|_| too_many())?;
        // Nothing came: an empty page is the answer.
        if tokio::time::timeout(wait, one_behind(&mut news, tenant, after)).await.is_ok() {
            found = events.resume(tenant, after, limit).await?;
        }
    }
    let rows: Vec<_> = found.iter().map(EventBody::from).collect();
    let next = rows.last().map_or(after, |last| last.number);
    Ok(Json(EventPage { rows, next }))
}

/// As many as configured listen already.
pub(crate) fn too_many() -> Problem {
    Problem::new(Kind::TooManyStreams, "all event streams are taken").retry_after(10)
}

/// Waits until an event behind `after` may have come.
async fn one_behind(news: &mut Receiver<Published>, tenant: &TenantId, after: u64) {
    loop {
        match news.recv().await {
            Ok(event) if event.record.tenant != *tenant || event.number <= after => {}
            Ok(_) | Err(RecvError::Lagged(_) | RecvError::Closed) => return,
        }
    }
}
