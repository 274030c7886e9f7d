use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::base::Instant;

/// How many sources are told apart in one minute; the rest is counted together.
const SOURCES_MAX: usize = 4_096;
const MINUTE: Duration = Duration::from_secs(60);

/// Requests of sources that are neither a trunk nor an account, counted by the minute (D1).
#[derive(Clone, Debug, Default)]
pub(crate) struct Strangers {
    counts: HashMap<IpAddr, u64>,
    others: u64,
    flush_at: Option<Instant>,
}

impl Strangers {
    pub(crate) fn count(&mut self, now: Instant, source: IpAddr) {
        self.flush_at.get_or_insert(now + MINUTE);
        if let Some(count) = self.counts.get_mut(&source) {
            *count += 1;
        } else if self.counts.len() < SOURCES_MAX {
            self.counts.insert(source, 1);
        } else {
            self.others += 1;
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flush_at
    }

    /// The counts of the minute that is over: source (`*` for those beyond the table) and number.
    pub(crate) fn take(&mut self) -> Vec<(String, u64)> {
        self.flush_at = None;
        let mut rows: Vec<_> =
            self.counts.drain().map(|(source, count)| (source.to_string(), count)).collect();
        rows.sort();
        let others = std::mem::take(&mut self.others);
        if others > 0 {
            rows.push(("*".to_owned(), others));
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_sources_is_counted_in_bounded_space() {
        let mut strangers = Strangers::default();
        for i in 0..10_000_u32 {
            strangers.count(Instant::ZERO, IpAddr::from(i.to_be_bytes()));
        }
        strangers.count(Instant::ZERO, IpAddr::from([0, 0, 0, 0]));
        assert_eq!(strangers.deadline(), Some(Instant::ZERO + MINUTE));
        let rows = strangers.take();
        assert_eq!(rows.len(), SOURCES_MAX + 1);
        assert_eq!(rows.iter().map(|(_, count)| count).sum::<u64>(), 10_001);
        assert_eq!(strangers.deadline(), None);
    }
}
