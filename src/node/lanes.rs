use std::time::Duration;

use crossbeam_channel::{Receiver, Select, Sender, TrySendError, bounded};

use crate::api::Asked;
use crate::call::Event;
use crate::node::alarm_log;
use crate::node::board::{Board, Notes};
use crate::store::Alarm;
use crate::{media, sip};

/// How much may wait in each lane of the core's inbox.
const HOUSE: usize = 4_096;
const MEDIA: usize = 65_536;
const TALK: usize = 65_536;
const COMMANDS: usize = 1_024;
const CALLS: usize = 4_096;

/// The core's inbox: lanes in the order in which they are served. Each is bounded, and each has one
/// answer to being full: media events are counted lost by their worker, new requests are refused by
/// the reader (503), commands by the API (429); a lost connection that the house has no room for is
/// noticed by the timers of the transactions that were on it.
pub(crate) struct Lanes {
    /// What the writers tell; called for by `wake`.
    pub(crate) board: Board,
    pub(crate) wake: Receiver<()>,
    /// From the node itself: clock, lost connections, stop.
    pub(crate) house: Receiver<House>,
    /// Media events.
    pub(crate) media: Receiver<media::Event>,
    /// Responses, and requests inside dialogs.
    pub(crate) talk: Receiver<sip::Input>,
    /// Commands of the API.
    pub(crate) commands: Receiver<Asked>,
    /// New INVITEs, REGISTERs and other requests that begin something.
    pub(crate) calls: Receiver<sip::Input>,
}

/// The other ends of the lanes.
#[derive(Clone)]
pub(crate) struct Senders {
    board: Board,
    wake: Sender<()>,
    pub(crate) house: Sender<House>,
    pub(crate) media: Sender<media::Event>,
    pub(crate) talk: Sender<sip::Input>,
    pub(crate) commands: Sender<Asked>,
    pub(crate) calls: Sender<sip::Input>,
}

/// What the node tells the core's thread.
#[expect(clippy::large_enum_variant, reason = "few of them, and each is moved once")]
#[derive(Debug)]
pub(crate) enum House {
    /// For the core.
    Event(Event),
    /// End the thread, whatever is still up.
    Quit,
}

pub(crate) fn lanes() -> (Senders, Lanes) {
    let board = Board::default();
    // One call is as good as many.
    let (wake, wake_out) = bounded(1);
    let (house, house_out) = bounded(HOUSE);
    let (media, media_out) = bounded(MEDIA);
    let (talk, talk_out) = bounded(TALK);
    let (commands, commands_out) = bounded(COMMANDS);
    let (calls, calls_out) = bounded(CALLS);
    (
        Senders { board: board.clone(), wake, house, media, talk, commands, calls },
        Lanes {
            board,
            wake: wake_out,
            house: house_out,
            media: media_out,
            talk: talk_out,
            commands: commands_out,
            calls: calls_out,
        },
    )
}

impl Lanes {
    /// Waits until something is in a lane, at most `patience`.
    pub(crate) fn wait(&self, patience: Duration) {
        let mut select = Select::new();
        select.recv(&self.wake);
        select.recv(&self.house);
        select.recv(&self.media);
        select.recv(&self.talk);
        select.recv(&self.commands);
        select.recv(&self.calls);
        let _ = select.ready_timeout(patience);
    }
}

/// Why something is not in its lane.
#[expect(clippy::large_enum_variant, reason = "it lives for one step")]
#[derive(Debug)]
pub(crate) enum NoRoom {
    /// The lane is full; this did not go in.
    Full(sip::Input),
    /// The core is gone.
    Gone,
}

impl Senders {
    /// Puts a SIP message into its lane. It comes back when it would begin something and the lane
    /// for that is full; in the other lane it waits for room.
    #[expect(clippy::result_large_err, reason = "what has no room goes back to its reader")]
    pub(crate) fn sip(&self, input: sip::Input, begins: bool) -> Result<(), sip::Input> {
        if begins {
            return match self.calls.try_send(input) {
                Ok(()) => Ok(()),
                Err(TrySendError::Full(input) | TrySendError::Disconnected(input)) => Err(input),
            };
        }
        // Only when the core is gone.
        let _ = self.talk.send(input);
        Ok(())
    }

    /// The same for somebody unknown, who is never waited for and may fill no more than half of the
    /// lane of talk: the rest is for those who have calls. It comes back when there is no room.
    #[expect(clippy::result_large_err, reason = "what has no room goes back to its reader")]
    pub(crate) fn of_stranger(&self, input: sip::Input, begins: bool) -> Result<(), sip::Input> {
        if !begins && self.talk.len() >= TALK / 2 {
            return Err(input);
        }
        self.try_sip(input, begins).or_else(|no_room| match no_room {
            NoRoom::Full(input) => Err(input),
            NoRoom::Gone => Ok(()),
        })
    }

    /// The same without ever waiting, for those who share their thread.
    #[expect(clippy::result_large_err, reason = "what has no room goes back to its reader")]
    pub(crate) fn try_sip(&self, input: sip::Input, begins: bool) -> Result<(), NoRoom> {
        let lane = if begins { &self.calls } else { &self.talk };
        lane.try_send(input).map_err(|error| match error {
            TrySendError::Full(input) => NoRoom::Full(input),
            TrySendError::Disconnected(_) => NoRoom::Gone,
        })
    }

    /// Tells the core's thread something of the house, as soon as there is room. Not for the core's
    /// own thread.
    pub(crate) fn house(&self, word: House) {
        // Only when the core is gone.
        let _ = self.house.send(word);
    }

    /// The same without waiting; without room it is not told.
    pub(crate) fn try_house(&self, word: House) {
        let _ = self.house.try_send(word);
    }

    /// The records before this gate are written.
    pub(crate) fn written(&self, gate: u64) {
        self.note(|notes| notes.written = Some(gate));
    }

    /// The registrations before this gate are written.
    pub(crate) fn kept(&self, gate: u64) {
        self.note(|notes| notes.kept = Some(gate));
    }

    /// Whether the records' disk and reserve are full.
    pub(crate) fn records_full(&self, full: bool) {
        self.note(|notes| notes.full = Some(full));
    }

    /// Something is wrong, or no longer.
    pub(crate) fn alarm(&self, alarm: Alarm) {
        // The core records it, with its line in the log.
        if self.wake.try_send(()).is_err_and(|error| error.is_disconnected()) {
            alarm_log::line(alarm.id, &alarm.what, alarm.cleared);
        }
        self.note(|notes| notes.alarm(alarm));
    }

    fn note(&self, write: impl FnOnce(&mut Notes)) {
        if self.board.note(write) {
            // Full: the core is called already.
            let _ = self.wake.try_send(());
        }
    }
}

/// What a message is to the core, as far as it can be told without parsing it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// An INVITE, REGISTER or other request without a To tag.
    Begins,
    /// A request inside a dialog.
    GoesOn,
    /// A response, an ACK or a CANCEL: never dropped when it comes from a trunk or a phone.
    Answers,
}

impl Kind {
    /// The kind of a message.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let starts = |with: &[&[u8]]| with.iter().any(|start| bytes.starts_with(start));
        if starts(&[b"SIP/2.0 ", b"ACK ", b"CANCEL "]) {
            Self::Answers
        } else if starts(&[b"BYE ", b"PRACK ", b"UPDATE ", b"INFO "]) || to_has_tag(bytes) {
            Self::GoesOn
        } else {
            Self::Begins
        }
    }

    /// Whether its lane is that of what begins.
    pub(crate) fn begins(self) -> bool {
        self == Self::Begins
    }
}

/// Looks for `;tag=` in the To header, without parsing the message.
fn to_has_tag(bytes: &[u8]) -> bool {
    for line in bytes.split(|byte| *byte == b'\n').take(64) {
        if line.len() <= 1 {
            return false;
        }
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = line[..colon].trim_ascii();
        if name.eq_ignore_ascii_case(b"to") || name.eq_ignore_ascii_case(b"t") {
            let value = line[colon..].to_ascii_lowercase();
            // A parameter of the header stands behind the brackets; within, it is the URI's.
            let after = value.iter().rposition(|byte| *byte == b'>').unwrap_or(0);
            return value[after..].windows(5).any(|window| window == b";tag=");
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_something_is_told_from_what_goes_on() {
        use Kind::{Answers, Begins, GoesOn};
        for (text, expected) in [
            ("INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>\r\n\r\n", Begins),
            ("INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b>;tag=1\r\n\r\n", GoesOn),
            ("INVITE sip:a@b SIP/2.0\r\nTo: sip:a@b;tag=1\r\n\r\n", GoesOn),
            ("INVITE sip:a@b SIP/2.0\r\nTo: <sip:a@b;tag=1>\r\n\r\n", Begins),
            ("INVITE sip:a@b SIP/2.0\r\nt : <sip:a@b> ;TAG=1\r\n\r\n", GoesOn),
            ("INVITE sip:a@b SIP/2.0\r\nt: <sip:a@b>;TAG=1\r\n\r\n", GoesOn),
            ("REGISTER sip:b SIP/2.0\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n\r\n", Begins),
            ("BYE sip:a@b SIP/2.0\r\n\r\n", GoesOn),
            ("ACK sip:a@b SIP/2.0\r\n\r\n", Answers),
            ("CANCEL sip:a@b SIP/2.0\r\n\r\n", Answers),
            ("SIP/2.0 200 OK\r\n\r\n", Answers),
            ("", Begins),
        ] {
            assert_eq!(Kind::of(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn nothing_waits_for_room_in_a_lane_when_it_is_not_to() {
        let (senders, lanes) = lanes();
        let closed = || sip::Input::Closed { connection: 1 };
        for (begins, room) in [(false, TALK), (true, CALLS)] {
            let put = (0..).take_while(|_| senders.try_sip(closed(), begins).is_ok()).count();
            assert_eq!(put, room);
            assert!(matches!(senders.try_sip(closed(), begins), Err(NoRoom::Full(_))));
        }
        let failed = || House::Event(Event::Sip(closed()));
        (0..HOUSE * 2).for_each(|_| senders.try_house(failed()));
        assert_eq!(lanes.house.len(), HOUSE);
        for gate in 0..100_000 {
            senders.written(gate);
        }
        assert_eq!((lanes.wake.len(), lanes.board.take().written), (1, Some(99_999)));
        drop(lanes);
        assert!(matches!(senders.try_sip(closed(), false), Err(NoRoom::Gone)));
    }
}
