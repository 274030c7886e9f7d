use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;

use crate::api::calls_query::CallsExport;
use crate::api::chunks::chunks;
use crate::api::fields::Ask;
use crate::api::openapi::{Away, Refused};
use crate::api::problem::Problem;
use crate::api::shared::House;
use crate::api::table;
use crate::store::{CallFilter, Cursor};

/// Calls fetched at once.
const ROWS: u32 = 1000;

/// Where the export stands.
enum Place {
    /// The next page begins here.
    Behind(Option<Cursor>),
    /// All is written.
    End,
}

/// The same calls as a table (CSV, RFC 4180, UTF-8), all of them, the newest first.
///
/// Times are China's. Cells that a spreadsheet would compute are marked as text with a `'`.
#[utoipa::path(get, path = "/v1/calls.csv", tag = "calls", operation_id = "export_calls",
    params(CallsExport),
    responses(
        (status = 200, description = "The table.", content_type = "text/csv", body = String,
            example = "call,arrived,caller,…\r\n01JD7ZQK3V0000000000000000,2026-03-01T08:00:00.000+08:00,+8613977012345,…\r\n"),
        Refused, Away,
    ))]
pub(crate) async fn export(
    State(house): State<House>,
    Ask(query): Ask<CallsExport>,
) -> Result<Response, Problem> {
    let CallsExport { filter, bom } = query;
    let mut head = String::from(if bom { "\u{feff}" } else { "" });
    head.push_str(&table::head());
    // The first page is fetched before anything is answered, so that its failure has a status.
    let (text, place) = page(&house, &filter, None).await?;
    head.push_str(&text);
    let state = (house, filter, Some(head), place);
    let body = chunks(state, |(house, filter, ready, place)| async move {
        if let Some(ready) = ready {
            return Some((Ok(Bytes::from(ready)), (house, filter, None, place)));
        }
        let Place::Behind(cursor) = place else { return None };
        match page(&house, &filter, cursor).await {
            Ok((text, place)) => Some((Ok(Bytes::from(text)), (house, filter, None, place))),
            Err(problem) => {
                let error = std::io::Error::other(problem.detail().to_owned());
                Some((Err(error), (house, filter, None, Place::End)))
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"calls.csv\""),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

async fn page(
    house: &House,
    filter: &CallFilter,
    cursor: Option<Cursor>,
) -> Result<(String, Place), Problem> {
    let page = house.door.database.calls(&house.door.tenant, filter, cursor, ROWS).await?;
    let place = page.next.map_or(Place::End, |next| Place::Behind(Some(next)));
    Ok((page.rows.iter().map(table::row).collect(), place))
}
