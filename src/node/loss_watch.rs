use std::time::Duration;

use crate::base::Instant;
use crate::store::Alarm;

/// How long nothing must have been lost until the alarm ends.
const CALM: Duration = Duration::from_secs(10);

/// Watches a counter of something that is lost: an alarm from the first loss on, until there was none
/// for a while.
#[derive(Debug)]
pub(crate) struct LossWatch {
    id: &'static str,
    what: &'static str,
    over: &'static str,
    /// The counter at the last look.
    seen: u64,
    /// The counter before the alarm.
    before: u64,
    /// When something was lost last, while the alarm is up.
    lost_at: Option<Instant>,
}

impl LossWatch {
    /// Of blocks of recordings, for which their writer has no room.
    pub(crate) fn of_blocks() -> Self {
        Self::new(
            "recordings-late",
            "recordings have gaps: they come faster than the disk of node.data takes them; calls go on; \
             look why it is slow",
            "recordings are complete again",
        )
    }

    /// Of media events, for which the core has no room.
    pub(crate) fn of_events() -> Self {
        Self::new(
            "media-events-lost",
            "keys and ends of prompts are lost: the engine is overloaded; look what takes the processor",
            "all that media tell is heard again",
        )
    }

    const fn new(id: &'static str, what: &'static str, over: &'static str) -> Self {
        Self { id, what, over, seen: 0, before: 0, lost_at: None }
    }

    /// Looks at the counter; the alarm that comes up or ends.
    pub(crate) fn look(&mut self, now: Instant, counted: u64) -> Option<Alarm> {
        if counted > self.seen {
            let before = std::mem::replace(&mut self.seen, counted);
            if self.lost_at.replace(now).is_some() {
                return None;
            }
            self.before = before;
            return Some(Alarm { id: self.id, what: self.what.to_owned(), cleared: false });
        }
        self.lost_at.take_if(|at| now.since(*at) >= CALM)?;
        let what = format!("{}; lost: {}", self.over, self.seen - self.before);
        Some(Alarm { id: self.id, what, cleared: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_is_one_alarm_until_there_was_none_for_a_while() {
        let mut watch = LossWatch::of_blocks();
        let at = |s: u64| Instant::from_micros(s * 1_000_000);
        assert_eq!(watch.look(at(0), 0), None);
        let up = watch.look(at(1), 3).unwrap();
        assert_eq!((up.id, up.cleared), ("recordings-late", false));
        for s in 2..9 {
            assert_eq!(watch.look(at(s), 3), None);
        }
        // It goes on, so it is one alarm.
        assert_eq!(watch.look(at(9), 4), None);
        assert_eq!(watch.look(at(18), 4), None);
        let over = watch.look(at(19), 4).unwrap();
        assert!(over.cleared && over.what.ends_with("lost: 4"), "{}", over.what);
        assert_eq!(watch.look(at(40), 4), None);
        // Another one tells its own losses.
        assert!(!watch.look(at(41), 5).unwrap().cleared);
        assert!(watch.look(at(51), 5).unwrap().what.ends_with("lost: 1"));
    }
}
