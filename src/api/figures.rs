use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::IntoParams;

use crate::api::fields::{Ask, Fields, FromFields};
use crate::api::moment;
use crate::api::openapi::{Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::base::Wall;
use crate::ledger::{Conservation, Day, Figures, FiguresSettings, day_figures};

/// Which day, and how it is counted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DayQuery {
    /// The day in China; today when it is left out.
    #[param(value_type = Option<String>, example = "2026-03-01")]
    date: Option<Day>,
    /// Answered within so many seconds counts as in time.
    #[param(value_type = Option<u64>, minimum = 1, maximum = 600, default = 20)]
    threshold: u64,
}

impl FromFields for DayQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            date: fields.parsed("date", "a date such as 2026-03-01", moment::day)?,
            threshold: fields.number("threshold", 1..=600)?.unwrap_or(20),
        })
    }
}

/// What a day came to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct DayView {
    /// Its first moment, µs since the Unix epoch.
    #[schema(value_type = i64)]
    from: Wall,
    /// The first moment of the next day.
    #[schema(value_type = i64)]
    to: Wall,
    /// `arrived = answered + abandoned + self_served + system_lost + in_progress` (A7).
    conservation: Conservation,
    /// Arrivals without an outcome, or outcomes without an arrival when negative; 0 is right.
    missing: i64,
    /// Of the calls that the system lost, those without records of their own: counted by source and
    /// minute (`invites_refused`, and `turned_away` of trunks, where copies count, too).
    unrecorded: u64,
    /// INVITEs that were turned away unread and came from no trunk. They are in no sum.
    unknown: u64,
    /// The figures.
    figures: Figures,
}

/// What a day came to, out of stored facts, cut by when the calls came.
#[utoipa::path(get, path = "/v1/figures/day", tag = "records", operation_id = "day_figures",
    params(DayQuery),
    responses((status = 200, description = "The figures.", body = DayView), Refused, Away))]
pub(crate) async fn day(
    State(house): State<House>,
    Ask(query): Ask<DayQuery>,
) -> Result<Json<DayView>, Problem> {
    let door = &house.door;
    let day = query.date.unwrap_or_else(|| Day::of((door.wall)()));
    let settings =
        FiguresSettings { threshold_ms: query.threshold * 1000, ..FiguresSettings::default() };
    let figures = day_figures(&door.database, &door.tenant, day, &settings).await?;
    let (from, to) = day.bounds();
    Ok(Json(DayView {
        from,
        to,
        conservation: figures.conservation,
        missing: figures.conservation.missing(),
        unrecorded: figures.unrecorded,
        unknown: figures.unknown,
        figures: figures.figures,
    }))
}
