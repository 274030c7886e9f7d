use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::{Instant, TrunkId};
use crate::call::{Cause, TurnedAway};
use crate::sip::source_of;

/// How many sources are told apart in one minute; the rest is counted together.
const SOURCES_MAX: usize = 4_096;
const MINUTE: Duration = Duration::from_secs(60);

/// Messages that those who read sockets turned away, counted by source and minute (D1). Addresses of
/// one IPv6 /64 are one source. All copies count together.
#[derive(Clone, Default, Debug)]
pub(crate) struct TurnedAwayCounts {
    table: Arc<Mutex<Table>>,
}

#[derive(Default, Debug)]
struct Table {
    rows: BTreeMap<(Option<TrunkId>, IpAddr), Counts>,
    others: Counts,
    due: Option<Instant>,
}

#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    invites: u64,
    refused: u64,
    dropped: u64,
}

impl TurnedAwayCounts {
    pub(crate) fn count(
        &self,
        now: Instant,
        source: SocketAddr,
        trunk: Option<TrunkId>,
        is_invite: bool,
        is_answered: bool,
    ) {
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.due.get_or_insert(now + MINUTE);
        let key = (trunk, source_of(source.ip()));
        let has_room = table.rows.len() < SOURCES_MAX || table.rows.contains_key(&key);
        let Table { rows, others, .. } = &mut *table;
        let counts = if has_room { rows.entry(key).or_default() } else { others };
        counts.invites += u64::from(is_invite);
        counts.refused += u64::from(is_answered);
        counts.dropped += u64::from(!is_answered);
    }

    /// The rows of the minute that is over, if one is.
    pub(crate) fn take_due(&self, now: Instant) -> Vec<TurnedAway> {
        let due = self.table.lock().unwrap_or_else(PoisonError::into_inner).due;
        if due.is_some_and(|due| due <= now) { self.take() } else { Vec::new() }
    }

    /// All rows; the source `*` stands for those beyond the table.
    pub(crate) fn take(&self) -> Vec<TurnedAway> {
        let table = {
            let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *table)
        };
        let row = |source: String, trunk, counts: Counts| {
            let Counts { invites, refused, dropped } = counts;
            TurnedAway { source, trunk, cause: Cause::Overload, invites, refused, dropped }
        };
        let others = table.others;
        let rows = table
            .rows
            .into_iter()
            .map(|((trunk, source), counts)| row(source.to_string(), trunk, counts));
        let mut rows: Vec<TurnedAway> = rows.collect();
        rows.sort_by(|a, b| a.source.cmp(&b.source));
        if others.refused + others.dropped > 0 {
            rows.push(row("*".to_owned(), None, others));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_sources_takes_bounded_space_and_loses_no_count() {
        let counts = TurnedAwayCounts::default();
        for number in 0..10_000_u32 {
            let source = SocketAddr::from((number.to_be_bytes(), 5060));
            counts.count(Instant::ZERO, source, None, true, false);
        }
        assert!(counts.take_due(Instant::ZERO + MINUTE / 2).is_empty());
        let rows = counts.take_due(Instant::ZERO + MINUTE);
        assert_eq!(rows.len(), SOURCES_MAX + 1);
        assert_eq!(rows.iter().map(|row| row.dropped).sum::<u64>(), 10_000);
        assert_eq!(rows.last().map(|row| row.source.as_str()), Some("*"));
        assert!(counts.take_due(Instant::ZERO + MINUTE * 9).is_empty());
    }
}
