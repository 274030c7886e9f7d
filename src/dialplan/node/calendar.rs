use std::sync::Arc;

use crate::dialplan::calendar::{Calendar, Opening};
use crate::dialplan::flow::Exit;
use crate::dialplan::read::{Fields, Reading};

use super::Edge;

/// Goes by the time of day and year.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct ByCalendar {
    pub(crate) calendar: Arc<Calendar>,
    pub(crate) open: Exit,
    pub(crate) closed: Exit,
    /// None: as `closed`.
    pub(crate) holiday: Option<Exit>,
}

impl ByCalendar {
    pub(crate) fn read(reading: &mut Reading<'_>, fields: &mut Fields<'_>) -> Option<Self> {
        let why = "the name of a calendar in calendars.yaml";
        let word = fields.need_text(&mut reading.report, "calendar", why);
        let open = fields.need_exit(reading, "open", "where to go in the open hours");
        let closed = fields.need_exit(reading, "closed", "where to go out of hours");
        let holiday = fields.exit(reading, "holiday");
        let word = word?;
        let Some(calendar) = reading.calendars.get(word.text.as_str()).cloned() else {
            let names: Vec<&str> = reading.calendars.keys().map(|name| &**name).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let what = format!(
                "there is no calendar `{}`; calendars.yaml beside this file has: {there}",
                word.text
            );
            reading.fault(word.line, fields.path_of("calendar"), what);
            return None;
        };
        Some(Self { calendar, open, closed, holiday })
    }

    pub(crate) fn edges(&self) -> Vec<Edge> {
        let mut edges = vec![Edge::itself("open", self.open), Edge::itself("closed", self.closed)];
        edges.extend(self.holiday.map(|exit| Edge::itself("holiday", exit)));
        edges
    }

    pub(crate) fn exit(&self, opening: Opening) -> Exit {
        match opening {
            Opening::Open => self.open,
            Opening::Closed => self.closed,
            Opening::Holiday => self.holiday.unwrap_or(self.closed),
        }
    }
}
