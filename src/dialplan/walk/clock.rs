use std::time::Duration;

use crate::base::Instant;

/// What a caller may still spend after a limit, so that the way of `on_error` can be heard.
const GRACE: Duration = Duration::from_secs(60);

/// The time that a caller spent in the flow itself; it stands while the caller waits or talks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct FlowClock {
    used: Duration,
    since: Option<Instant>,
    limit: Duration,
}

impl FlowClock {
    pub(crate) const fn new(limit: Duration) -> Self {
        Self { used: Duration::ZERO, since: None, limit }
    }

    /// Lets the clock run or stand from `now` on.
    pub(crate) fn run(&mut self, now: Instant, running: bool) {
        match (self.since, running) {
            (None, true) => self.since = Some(now),
            (Some(since), false) => {
                self.used += now.since(since);
                self.since = None;
            }
            _ => {}
        }
    }

    /// When the limit is reached, none while the clock stands.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.since.map(|since| since + self.limit.saturating_sub(self.used))
    }

    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// Grants the time for the way of `on_error`.
    pub(crate) fn extend(&mut self, now: Instant) {
        self.run(now, false);
        self.limit = self.used + GRACE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_and_talking_cost_nothing() {
        let at = |s: u64| Instant::from_micros(s * 1_000_000);
        let mut clock = FlowClock::new(Duration::from_secs(100));
        assert_eq!(clock.deadline(), None);
        clock.run(at(10), true);
        clock.run(at(20), true);
        assert_eq!(clock.deadline(), Some(at(110)));
        clock.run(at(50), false);
        assert_eq!(clock.deadline(), None);
        clock.run(at(1_000), true);
        assert_eq!(clock.deadline(), Some(at(1_060)));
        assert!(!clock.is_over(at(1_059)) && clock.is_over(at(1_060)));
        clock.extend(at(1_060));
        clock.run(at(1_060), true);
        assert_eq!(clock.deadline(), Some(at(1_120)));
    }
}
