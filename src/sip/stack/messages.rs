use std::collections::HashMap;
use std::time::Duration;

use crate::base::{AccountId, Instant};

/// How often an account may send a MESSAGE …
const EVERY: Duration = Duration::from_secs(1);
/// … and how many at once.
const BURST: u32 = 20;
/// Messages of ours that may wait for their answer.
const UNDER_WAY_MAX: usize = 10_000;

/// How fast accounts write, and how many messages of ours are under way.
#[derive(Clone, Default, Debug)]
pub(crate) struct Messages {
    /// When an account will have rested wholly. No more entries than accounts.
    rested_at: HashMap<AccountId, Instant>,
    under_way: usize,
}

impl Messages {
    /// Whether the account may send one more; else in how many seconds it may.
    pub(crate) fn take(&mut self, now: Instant, account: &AccountId) -> Result<(), u64> {
        let rested_at = self.rested_at.get(account).map_or(now, |at| *at.max(&now)) + EVERY;
        let latest = now + EVERY * BURST;
        if rested_at > latest {
            let wait = rested_at.since(latest);
            return Err(wait.as_secs() + u64::from(wait.subsec_nanos() > 0));
        }
        // Who has rested is as good as who has never written.
        self.rested_at.retain(|_, at| *at > now);
        self.rested_at.insert(account.clone(), rested_at);
        Ok(())
    }

    /// Whether one more of ours may be under way; if so it is counted.
    pub(crate) fn begin(&mut self) -> bool {
        let has_room = self.under_way < UNDER_WAY_MAX;
        self.under_way += usize::from(has_room);
        has_room
    }

    /// One of ours has its answer.
    pub(crate) fn end(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_writes_too_fast_is_slowed_and_another_is_not() {
        let mut messages = Messages::default();
        let (a, b) = (AccountId::new("a"), AccountId::new("b"));
        let now = Instant::from_micros(5_000_000);
        assert_eq!((0..30).filter(|_| messages.take(now, &a).is_ok()).count(), 20);
        assert_eq!(messages.take(now, &a), Err(1));
        assert_eq!(messages.take(now, &b), Ok(()));
        let later = now + Duration::from_secs(5);
        assert_eq!((0..30).filter(|_| messages.take(later, &a).is_ok()).count(), 5);
        assert_eq!(messages.rested_at.len(), 1, "who has rested is forgotten");
    }
}
