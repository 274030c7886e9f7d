use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::Alarm;

/// Alarms that wait for the core. There are far fewer kinds of them.
const ALARMS: usize = 256;

/// What the writers tell the core's thread. It is a board, not a lane: of each thing only the latest
/// counts, so it has a bound however far the core is behind, and nobody ever waits at it. (Were it a
/// lane that waits when it is full, the spool and the core could wait for each other.)
#[derive(Clone, Default, Debug)]
pub(crate) struct Board {
    notes: Arc<Mutex<Notes>>,
}

/// What stands on the board.
#[derive(Clone, PartialEq, Default, Debug)]
pub(crate) struct Notes {
    /// The records before this gate are written.
    pub(crate) written: Option<u64>,
    /// The registrations before this gate are written.
    pub(crate) kept: Option<u64>,
    /// Whether the records' disk and reserve are full.
    pub(crate) full: Option<bool>,
    /// Alarms in their order.
    pub(crate) alarms: VecDeque<Alarm>,
}

impl Board {
    /// Writes something; `true` when nothing stood there: the core must be called.
    pub(crate) fn note(&self, write: impl FnOnce(&mut Notes)) -> bool {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = *notes == Notes::default();
        write(&mut notes);
        was_empty
    }

    /// Takes everything off.
    pub(crate) fn take(&self) -> Notes {
        std::mem::take(&mut *self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Notes {
    /// Adds an alarm. When there are too many, an older word about the same thing goes, else the oldest.
    pub(crate) fn alarm(&mut self, alarm: Alarm) {
        if self.alarms.len() >= ALARMS {
            let same = self.alarms.iter().position(|older| older.id == alarm.id).unwrap_or(0);
            self.alarms.remove(same);
        }
        self.alarms.push_back(alarm);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_latest_of_each_counts_and_alarms_keep_their_order_and_a_bound() {
        let board = Board::default();
        assert!(board.note(|notes| notes.written = Some(1)));
        for gate in 2..100_000 {
            assert!(!board.note(|notes| notes.written = Some(gate)));
        }
        board.note(|notes| notes.kept = Some(5));
        let alarm = |id, cleared| Alarm { id, what: String::new(), cleared };
        board.note(|notes| notes.alarm(alarm("once", false)));
        for number in 0..10_000 {
            board.note(|notes| notes.alarm(alarm("flaps", number % 2 == 1)));
        }
        let notes = board.take();
        assert_eq!((notes.written, notes.kept, notes.full), (Some(99_999), Some(5), None));
        assert_eq!(notes.alarms.len(), ALARMS);
        assert_eq!(
            notes.alarms.front(),
            Some(&alarm("once", false)),
            "it is the only word about it"
        );
        assert_eq!(notes.alarms.back(), Some(&alarm("flaps", true)));
        assert_eq!(board.take(), Notes::default());
        assert!(board.note(|notes| notes.full = Some(true)), "the core is called again");
    }
}
