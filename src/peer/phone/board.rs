use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::peer::audio::Heard;
use crate::peer::pump::LegId;
use crate::peer::sdp::Direction;
use crate::peer::ua::{CallKey, Caller, EndedBy};
use crate::peer::world;

/// What a phone knows about one of its calls.
#[derive(Debug, Clone, Default)]
pub struct CallView {
    /// When the INVITE went out or came in.
    pub begun: Option<Instant>,
    /// When 100 came.
    pub trying: Option<Instant>,
    /// Provisional responses above 100, with their times.
    pub progress: Vec<(u16, Instant)>,
    /// When 200 came or went out.
    pub answered: Option<Instant>,
    /// When the ACK of our 200 came.
    pub confirmed: Option<Instant>,
    /// How it ended, and when.
    pub ended: Option<(EndedBy, Instant)>,
    /// Who calls us; `None` for our own calls.
    pub caller: Option<Caller>,
    /// How often `NOTIFY Event: talk` came.
    pub talks: u32,
    /// Bodies of INFO requests.
    pub infos: Vec<(String, Vec<u8>)>,
    /// Final responses to our REFERs.
    pub referred: Vec<u16>,
    /// How a REFER of ours went: each status, and whether it was the last.
    pub refer_progress: Vec<(u16, bool)>,
    /// Outcomes of our re-INVITEs.
    pub changes: Vec<u16>,
    /// Directions of the other side's re-INVITEs and UPDATEs.
    pub reinvited: Vec<Direction>,
    /// What was heard, once the call has ended.
    pub heard: Option<Heard>,
    pub(crate) leg: Option<LegId>,
}

/// How a phone's registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RegisterState {
    /// Not asked for, or taken back.
    Off,
    /// The registrar has accepted it so many times.
    On {
        /// 1 after the first, more after refreshes.
        times: u32,
    },
    /// Refused with this status, 408 for silence.
    Failed {
        /// The status.
        status: u16,
    },
}

#[derive(Debug)]
pub(crate) struct Notes {
    pub(crate) calls: HashMap<CallKey, CallView>,
    pub(crate) incoming: VecDeque<CallKey>,
    /// Texts that came: from whom, and what.
    pub(crate) texts: VecDeque<(String, String)>,
    /// Final statuses of texts of ours, by their number.
    pub(crate) texts_done: HashMap<u64, u16>,
    pub(crate) registered: RegisterState,
    pub(crate) complaints: Vec<String>,
    pub(crate) complaint_count: u64,
    pub(crate) retransmitted: u64,
}

/// Where the phone's thread writes what happened and scripts wait for it.
#[derive(Debug)]
pub(crate) struct Board {
    notes: Mutex<Notes>,
    changed: Condvar,
}

impl Board {
    pub(crate) fn new() -> Self {
        Self {
            notes: Mutex::new(Notes {
                calls: HashMap::new(),
                incoming: VecDeque::new(),
                texts: VecDeque::new(),
                texts_done: HashMap::new(),
                registered: RegisterState::Off,
                complaints: Vec::new(),
                complaint_count: 0,
                retransmitted: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut Notes) -> T) -> T {
        let result = change(&mut self.lock());
        self.changed.notify_all();
        result
    }

    pub(crate) fn read<T>(&self, look: impl FnOnce(&Notes) -> T) -> T {
        look(&self.lock())
    }

    /// Waits until `look` finds what it wants.
    pub(crate) fn wait<T>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&mut Notes) -> Option<T>,
    ) -> Option<T> {
        let end = world::now() + limit;
        let mut notes = self.lock();
        loop {
            if let Some(found) = look(&mut notes) {
                return Some(found);
            }
            let left = end.saturating_duration_since(world::now());
            if left.is_zero() {
                return None;
            }
            notes = self
                .changed
                .wait_timeout(notes, left)
                .map_or_else(|poison| poison.into_inner().0, |(notes, _)| notes);
        }
    }
}
