use std::fmt::Write as _;

use crate::api::moment;
use crate::api::names::name_of;
use crate::base::Wall;
use crate::store::CallRow;

/// The columns of the table of calls.
const COLUMNS: [&str; 25] = [
    "call",
    "arrived",
    "caller",
    "caller_raw",
    "caller_kind",
    "region",
    "called",
    "trunk",
    "account",
    "flow",
    "asked_for_human",
    "answered",
    "ended",
    "wait_ms",
    "talk_ms",
    "hold_ms",
    "total_ms",
    "cause",
    "ended_by",
    "sip_status",
    "queue",
    "agent",
    "offers",
    "rating",
    "recording",
];

/// The line of the columns' names.
pub(crate) fn head() -> String {
    line(COLUMNS.iter().map(|name| (*name).to_owned()))
}

/// One call as a line (RFC 4180).
pub(crate) fn row(row: &CallRow) -> String {
    let cdr = &row.cdr;
    let time = |at: Option<Wall>| at.map(moment::write).unwrap_or_default();
    let over = |text: String| if row.ended { text } else { String::new() };
    line([
        text(cdr.call),
        moment::write(cdr.t_in),
        cdr.caller.clone(),
        cdr.caller_raw.clone(),
        cdr.caller_kind.clone(),
        cdr.region.clone(),
        cdr.called.clone(),
        text(cdr.trunk.as_ref()),
        text(cdr.account.as_ref()),
        cdr.flow.clone(),
        time(cdr.t_req),
        time(cdr.t_ans),
        over(moment::write(cdr.t_end)),
        over(cdr.wait_ms.to_string()),
        over(cdr.talk_ms.to_string()),
        over(cdr.hold_ms.to_string()),
        over(cdr.total_ms.to_string()),
        over(name_of(&cdr.cause)),
        over(name_of(&cdr.ended_by)),
        over(cdr.sip_status.to_string()),
        text(cdr.queue.as_ref()),
        text(cdr.agent.as_ref()),
        cdr.offers.to_string(),
        text(cdr.rating),
        text(cdr.recording),
    ])
}

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

fn line(cells: impl IntoIterator<Item = String>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            line.push(',');
        }
        let guard = if is_formula(&cell) { "'" } else { "" };
        if guard.is_empty() && !cell.contains([',', '"', '\r', '\n']) {
            line.push_str(&cell);
        } else {
            let _ = write!(line, "\"{guard}{}\"", cell.replace('"', "\"\""));
        }
    }
    line.push_str("\r\n");
    line
}

/// Whether a spreadsheet would compute the cell instead of showing it. A caller chooses its own
/// name, so such cells get a `'` in front. A number such as `+8613977012345` stays as it is: it can
/// only be taken for a number.
fn is_formula(cell: &str) -> bool {
    let is_number = cell
        .strip_prefix('+')
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    let first = cell.chars().find(|c| !c.is_whitespace());
    let starts = cell.starts_with(['\t', '\r', '\n'])
        || matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    starts && !is_number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_computed_and_none_breaks_its_line() {
        let cells = |cell: &str| line([cell.to_owned(), "x".to_owned()]);
        let rows = [
            ("plain", "plain,x\r\n"),
            ("+8613977012345", "+8613977012345,x\r\n"),
            ("=1+1", "\"'=1+1\",x\r\n"),
            ("+1+cmd|' /C calc'!A0", "\"'+1+cmd|' /C calc'!A0\",x\r\n"),
            ("  @SUM(A1)", "\"'  @SUM(A1)\",x\r\n"),
            ("-2", "\"'-2\",x\r\n"),
            ("\tx", "\"'\tx\",x\r\n"),
            ("＝1", "\"'＝1\",x\r\n"),
            ("a,\"b\"\r\nc", "\"a,\"\"b\"\"\r\nc\",x\r\n"),
        ];
        for (cell, expected) in rows {
            assert_eq!(cells(cell), expected);
        }
    }

    #[test]
    fn every_line_has_all_columns() {
        let call = CallRow { tenant: "fcg".into(), ended: true, cdr: Default::default() };
        assert_eq!(row(&call).matches(',').count() + 1, COLUMNS.len());
        assert_eq!(head().matches(',').count() + 1, COLUMNS.len());
    }
}
