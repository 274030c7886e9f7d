use utoipa::IntoParams;

use crate::api::fields::{Fields, FromFields};
use crate::api::problem::Problem;
use crate::base::Wall;
use crate::store::Cursor;

/// A span of time and a page of it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SpanQuery {
    /// Not before this: a time (RFC 3339), a date (its start in China) or µs.
    #[param(value_type = Option<String>, example = "2026-03-01")]
    pub(crate) from: Option<Wall>,
    /// Before this.
    #[param(value_type = Option<String>, example = "2026-03-02")]
    pub(crate) to: Option<Wall>,
    /// `next` of the page before; none for the newest.
    #[param(value_type = Option<String>)]
    pub(crate) cursor: Option<Cursor>,
    /// Rows of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: u32,
}

impl FromFields for SpanQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let (from, to) = fields.between()?;
        Ok(Self { from, to, cursor: fields.cursor()?, limit: fields.limit()? })
    }
}
