use utoipa::IntoParams;

use crate::api::fields::{Fields, FromFields};
use crate::api::problem::Problem;
use crate::base::Wall;
use crate::call::Cause;
use crate::store::{CallFilter, Cursor};

/// Which calls; all that is given must hold.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
struct CallsQuery {
    /// They came not before this: a time (RFC 3339), a date (its start in China) or µs.
    #[param(value_type = Option<String>, example = "2026-03-01")]
    from: Option<Wall>,
    /// They came before this.
    #[param(value_type = Option<String>, example = "2026-03-02")]
    to: Option<Wall>,
    /// The caller in normal form.
    #[param(example = "+8613977012345")]
    caller: Option<String>,
    /// The number called.
    #[param(example = "12345")]
    called: Option<String>,
    /// The agent who answered.
    #[param(example = "lan")]
    agent: Option<String>,
    /// The last queue.
    #[param(example = "complaint")]
    queue: Option<String>,
    /// One or more causes with `,` between them.
    #[param(value_type = Option<String>, example = "abandoned-queue,abandoned-ivr")]
    cause: Option<Cause>,
    /// The rating, 1–5, or a span of ratings.
    #[param(value_type = Option<String>, example = "1-2")]
    rating: Option<u8>,
    /// Part of the caller, the number called, the Call-ID or the flow.
    #[param(example = "7012345")]
    text: Option<String>,
    /// `true`: only those who asked for a human whom nobody answered (missed calls).
    missed: Option<bool>,
    /// Whether there is a recording.
    recorded: Option<bool>,
    /// `true`: calls that are not over, too.
    open: Option<bool>,
}

/// Which calls, and which page of them.
#[derive(Debug)]
pub(crate) struct CallsPage {
    pub(crate) filter: CallFilter,
    pub(crate) cursor: Option<Cursor>,
    pub(crate) limit: u32,
}

/// Which calls, all of them.
#[derive(Debug)]
pub(crate) struct CallsExport {
    pub(crate) filter: CallFilter,
    /// A byte order mark comes first, by which spreadsheets see that it is UTF-8.
    pub(crate) bom: bool,
}

/// Which page.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// `next` of the page before; none for the newest.
    #[param(value_type = Option<String>, example = "1772323200000000-01JD7ZQK3V0000000000000000")]
    pub(crate) cursor: Option<Cursor>,
    /// Rows of the page.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500, default = 100)]
    pub(crate) limit: u32,
}

impl FromFields for PageQuery {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self { cursor: fields.cursor()?, limit: fields.limit()? })
    }
}

fn filter(fields: &mut Fields) -> Result<CallFilter, Problem> {
    let (from, to) = fields.between()?;
    let rating = fields.span("rating", 1..=5)?;
    Ok(CallFilter {
        from,
        to,
        caller: fields.text("caller")?,
        called: fields.text("called")?,
        agent: fields.name("agent")?,
        queue: fields.name("queue")?,
        causes: fields.choices("cause")?,
        rating_least: rating.as_ref().map(|span| *span.start()),
        rating_most: rating.as_ref().map(|span| *span.end()),
        missed: fields.flag("missed")?.unwrap_or(false),
        recorded: fields.flag("recorded")?,
        text: fields.text("text")?,
        also_open: fields.flag("open")?.unwrap_or(false),
    })
}

impl IntoParams for CallsPage {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        let mut all = CallsQuery::into_params(&place);
        all.extend(PageQuery::into_params(&place));
        all
    }
}

impl FromFields for CallsPage {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        let page = PageQuery::from_fields(fields)?;
        Ok(Self { filter: filter(fields)?, cursor: page.cursor, limit: page.limit })
    }
}

/// How the table is written.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it only describes")]
struct TableQuery {
    /// `true`: a byte order mark comes first, by which spreadsheets see that it is UTF-8.
    bom: Option<bool>,
}

impl IntoParams for CallsExport {
    fn into_params(
        place: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
    ) -> Vec<utoipa::openapi::path::Parameter> {
        let mut all = CallsQuery::into_params(&place);
        all.extend(TableQuery::into_params(&place));
        all
    }
}

impl FromFields for CallsExport {
    fn from_fields(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self { filter: filter(fields)?, bom: fields.flag("bom")?.unwrap_or(false) })
    }
}
