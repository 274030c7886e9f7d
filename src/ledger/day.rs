use serde::Serialize;

use crate::base::{TenantId, Wall};
use crate::ledger::{Conservation, Figures, FiguresSettings};
use crate::store::{Database, QueryError, Unrecorded};

/// A day in China, which has one time zone and no summer time: UTC+8.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Day {
    /// Days since 1970-01-01 in China.
    number: i64,
}

const DAY_US: i64 = 24 * 3600 * 1_000_000;
const EAST_US: i64 = 8 * 3600 * 1_000_000;

impl Day {
    /// The day in which `at` lies.
    #[must_use]
    pub const fn of(at: Wall) -> Self {
        Self { number: at.as_micros().saturating_add(EAST_US).div_euclid(DAY_US) }
    }

    /// The day with this date; `None` when there is none.
    #[must_use]
    pub fn from_date(year: i16, month: i8, day: i8) -> Option<Self> {
        let date = jiff::civil::Date::new(year, month, day).ok()?;
        let start = date.at(0, 0, 0, 0);
        let us = jiff::tz::Offset::UTC.to_timestamp(start).ok()?.as_microsecond();
        Some(Self { number: us.div_euclid(DAY_US) })
    }

    /// Its first moment and the first of the next day.
    #[must_use]
    pub const fn bounds(self) -> (Wall, Wall) {
        let from = self.number.saturating_mul(DAY_US).saturating_sub(EAST_US);
        (Wall::from_micros(from), Wall::from_micros(from.saturating_add(DAY_US)))
    }
}

/// What a day came to.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct DayFigures {
    /// A7's sum.
    pub conservation: Conservation,
    /// Of the calls that the system lost, those without records of their own (`invites_refused`, and
    /// `turned_away` of trunks). Of these INVITEs copies count, too.
    pub unrecorded: u64,
    /// INVITEs that were turned away unread and came from no trunk: of phones or of strangers. They
    /// are in no sum.
    pub unknown: u64,
    /// The KPI.
    pub figures: Figures,
}

/// The figures of a tenant's day, cut by when the calls came.
///
/// # Errors
/// The database is away or fails.
pub async fn day_figures(
    database: &Database,
    tenant: &TenantId,
    day: Day,
    settings: &FiguresSettings,
) -> Result<DayFigures, QueryError> {
    let (from, to) = day.bounds();
    let arrived = database.count_arrivals(tenant, from, to).await?;
    let rows = database.calls_between(tenant, from, to).await?;
    let Unrecorded { lost, unknown } = database.count_unrecorded(tenant, from, to).await?;
    let mut conservation = Conservation::of(arrived, &rows);
    conservation.refuse(lost);
    let mut figures = Figures::of(settings, &rows);
    figures.refuse(lost);
    Ok(DayFigures { conservation, unrecorded: lost, unknown, figures })
}
