use std::collections::VecDeque;

use crate::base::Key;
use crate::media::presses::TelephoneEvent;
use crate::media::samples::TICK_TS;
use crate::media::tone::DualTone;

/// Keys that may wait.
const WAIT_MAX: usize = 32;
/// Ticks of silence between two keys: 60 ms.
const PAUSE_TICKS: u32 = 3;
/// The end of an event is sent three times (RFC 4733 §2.5.1.4).
const ENDS: u32 = 3;
/// Loudness told in events, −dBm0.
const VOLUME: u8 = 10;

/// Sends keys to a party, one after the other, a step each tick.
#[derive(Clone, Default, Debug)]
pub(crate) struct Dialler {
    waiting: VecDeque<(Key, u32)>,
    now: Doing,
}

#[derive(Clone, Default, Debug)]
enum Doing {
    #[default]
    Nothing,
    /// An event that began at timestamp `ts`; `tick` of `ticks`, then the ends.
    Event { key: Key, ts: u32, tick: u32, ticks: u32 },
    /// Two tones for so many more ticks.
    Tones { tones: DualTone, ticks: u32 },
    /// Silence for so many more ticks.
    Pause { ticks: u32 },
}

/// What a tick sends.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    /// Nothing of the dialler: whatever else there is.
    Nothing,
    /// An event packet.
    Event {
        /// Its timestamp.
        ts: u32,
        /// The first of a press.
        mark: bool,
        /// The payload.
        event: TelephoneEvent,
    },
    /// Speech.
    Tones(&'a mut DualTone),
}

impl Dialler {
    /// Puts a key behind the ones that wait; false when too many wait.
    pub(crate) fn push(&mut self, key: Key, ms: u32) -> bool {
        let room = self.waiting.len() < WAIT_MAX;
        if room {
            self.waiting.push_back((key, ms.clamp(40, 2_000).div_ceil(20)));
        }
        room
    }

    /// Whether a key is being sent or waits.
    pub(crate) fn is_busy(&self) -> bool {
        !self.waiting.is_empty() || !matches!(self.now, Doing::Nothing)
    }

    /// The next tick. `events`: the party takes events; `begin` gives the timestamp of one that
    /// begins now.
    pub(crate) fn step(&mut self, events: bool, begin: impl FnOnce() -> u32) -> Step<'_> {
        self.advance(events, begin);
        match &mut self.now {
            Doing::Nothing | Doing::Pause { .. } => Step::Nothing,
            Doing::Tones { tones, .. } => Step::Tones(tones),
            Doing::Event { key, ts, tick, ticks } => {
                let lasted = (*tick).min(*ticks) * TICK_TS;
                let event = TelephoneEvent {
                    event: key.event(),
                    end: *tick >= *ticks,
                    volume: VOLUME,
                    duration: u16::try_from(lasted).unwrap_or(u16::MAX),
                };
                Step::Event { ts: *ts, mark: *tick == 1, event }
            }
        }
    }

    fn advance(&mut self, events: bool, begin: impl FnOnce() -> u32) {
        match &mut self.now {
            Doing::Event { tick, ticks, .. } if *tick + 1 < *ticks + ENDS => {
                *tick += 1;
                return;
            }
            Doing::Tones { ticks, .. } | Doing::Pause { ticks } if *ticks > 1 => {
                *ticks -= 1;
                return;
            }
            Doing::Event { .. } | Doing::Tones { .. } => {
                self.now = Doing::Pause { ticks: PAUSE_TICKS };
                return;
            }
            Doing::Pause { .. } | Doing::Nothing => self.now = Doing::Nothing,
        }
        if let Some((key, ticks)) = self.waiting.pop_front() {
            self.now = if events {
                Doing::Event { key, ts: begin(), tick: 1, ticks }
            } else {
                Doing::Tones { tones: DualTone::new(key), ticks }
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(event: u8) -> Key {
        Key::from_event(event).unwrap()
    }

    #[test]
    fn an_event_grows_ends_three_times_and_pauses() {
        let mut dialler = Dialler::default();
        assert!(dialler.push(key(1), 60) && dialler.push(key(2), 40));
        let mut told = Vec::new();
        while dialler.is_busy() {
            told.push(match dialler.step(true, || 7_000) {
                Step::Event { mark, event, .. } => (event.event, mark, event.end, event.duration),
                _ => (99, false, false, 0),
            });
        }
        let pause = (99, false, false, 0);
        assert_eq!(
            told,
            [
                (1, true, false, 160),
                (1, false, false, 320),
                (1, false, true, 480),
                (1, false, true, 480),
                (1, false, true, 480),
                pause,
                pause,
                pause,
                (2, true, false, 160),
                (2, false, true, 320),
                (2, false, true, 320),
                (2, false, true, 320),
                pause,
                pause,
                pause,
                pause,
            ]
        );
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut dialler = Dialler::default();
        assert_eq!((0..100).filter(|_| dialler.push(key(5), 100)).count(), WAIT_MAX);
    }

    #[test]
    fn without_events_tones_are_sent() {
        let mut dialler = Dialler::default();
        dialler.push(key(5), 100);
        let tones = (0..20).filter(|_| matches!(dialler.step(false, || 0), Step::Tones(_))).count();
        assert_eq!(tones, 5);
    }
}
