use std::collections::BTreeMap;
use std::time::Duration;

use crate::base::Instant;

/// How many refused INVITEs get records of their own while there is hardly any room for records; the
/// rest of that room belongs to the calls that are up.
pub(crate) const ALONE_MAX: u32 = 256;
const MINUTE: Duration = Duration::from_secs(60);

/// INVITEs of trunks and accounts that are refused while the records' disk, reserve and memory are
/// full: so that these cannot grow without bound, all but the first are one row for each source and
/// minute (D1). There are as many sources at most as trunks and accounts are configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Refusals {
    alone: u32,
    counts: BTreeMap<String, u64>,
    flush_at: Option<Instant>,
}

impl Refusals {
    /// Counts one more; `false` when it still gets a record of its own.
    pub(crate) fn fold(&mut self, now: Instant, source: String) -> bool {
        if self.alone < ALONE_MAX {
            self.alone += 1;
            return false;
        }
        self.flush_at.get_or_insert(now + MINUTE);
        *self.counts.entry(source).or_default() += 1;
        true
    }

    /// There is room for records again.
    pub(crate) fn relax(&mut self) {
        self.alone = 0;
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.flush_at
    }

    /// The counts of the minute that is over: source and number, sorted.
    pub(crate) fn take(&mut self) -> BTreeMap<String, u64> {
        self.flush_at = None;
        std::mem::take(&mut self.counts)
    }
}
