use std::time::Duration;

use crate::base::Instant;

/// Notices when a party falls silent and when it is heard (R5).
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    /// When it was last heard or was allowed to send.
    since: Instant,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Not yet heard, or told silent.
    Unheard,
    /// Heard.
    Heard,
    /// Told silent, the last time at this moment.
    Silent { told: Instant },
}

impl Watch {
    /// Nothing was heard; the party may send from `now` on.
    pub(crate) fn new(now: Instant) -> Self {
        Self { since: now, state: State::Unheard }
    }

    /// The party may send again after it might not.
    pub(crate) fn resume(&mut self, now: Instant) {
        self.since = now;
    }

    /// Something was heard; true when that is news.
    pub(crate) fn heard(&mut self, now: Instant) -> bool {
        self.since = now;
        !matches!(std::mem::replace(&mut self.state, State::Heard), State::Heard)
    }

    /// Since when nothing was heard, when that is to be told at `now`.
    pub(crate) fn silent(&mut self, now: Instant, limit: Duration) -> Option<Instant> {
        let from = match self.state {
            State::Silent { told } => told.max(self.since),
            State::Unheard | State::Heard => self.since,
        };
        if now.since(from) < limit {
            return None;
        }
        self.state = State::Silent { told: now };
        Some(self.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_told_each_time_the_limit_passes_and_sound_once() {
        let at = |s: u64| Instant::from_micros(s * 1_000_000);
        let limit = Duration::from_secs(10);
        let mut watch = Watch::new(at(0));
        assert_eq!(watch.silent(at(9), limit), None);
        assert_eq!(watch.silent(at(10), limit), Some(at(0)));
        assert_eq!(watch.silent(at(19), limit), None);
        assert_eq!(watch.silent(at(20), limit), Some(at(0)));
        assert!(watch.heard(at(21)) && !watch.heard(at(22)));
        assert_eq!(watch.silent(at(31), limit), None);
        watch.resume(at(31));
        assert_eq!(watch.silent(at(40), limit), None);
        assert_eq!(watch.silent(at(41), limit), Some(at(31)));
        assert!(watch.heard(at(42)));
    }
}
