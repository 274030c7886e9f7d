use std::collections::{BTreeMap, VecDeque};

use crate::media::Command;

/// Commands that a media worker had no room for and that must not be lost: the ends of streams and of
/// recordings. There is at most one for each that is open, which bounds them.
///
/// While some wait, their worker is given nothing else. So a port that the core gives out again is
/// never opened before its last stream is closed, and everything reaches the worker in its order.
#[derive(Default, Debug)]
pub(crate) struct MediaBacklog {
    waiting: BTreeMap<usize, VecDeque<Command>>,
}

impl MediaBacklog {
    /// Hands a command to its worker by `put`, which gives it back for want of room; `Ok(false)` when
    /// it waits here.
    ///
    /// # Errors
    /// The command, when there is no room and it is none that must get through.
    pub(crate) fn put(
        &mut self,
        worker: usize,
        command: Command,
        put: impl Fn(usize, Command) -> Result<(), Command>,
    ) -> Result<bool, Command> {
        let is_behind = self.waiting.contains_key(&worker);
        let command = match if is_behind { Err(command) } else { put(worker, command) } {
            Ok(()) => return Ok(true),
            Err(command) => command,
        };
        match command {
            Command::Close { .. } | Command::StopRecord { .. } => {
                self.waiting.entry(worker).or_default().push_back(command);
                Ok(false)
            }
            command => Err(command),
        }
    }

    /// Tries again what waits; returns the workers that took something.
    pub(crate) fn retry(
        &mut self,
        put: impl Fn(usize, Command) -> Result<(), Command>,
    ) -> Vec<usize> {
        let mut called = Vec::new();
        self.waiting.retain(|worker, waiting| {
            while let Some(command) = waiting.pop_front() {
                if let Err(command) = put(*worker, command) {
                    waiting.push_front(command);
                    return true;
                }
                if called.last() != Some(worker) {
                    called.push(*worker);
                }
            }
            false
        });
        called
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use super::*;
    use crate::base::{Instant, RecordingId, StreamId};

    #[test]
    fn ends_get_through_a_full_inbox_in_their_order_and_before_anything_new() {
        let inbox = RefCell::new(Vec::new());
        let room = RefCell::new(1);
        let put = |_: usize, command: Command| {
            if *room.borrow() == 0 {
                return Err(command);
            }
            *room.borrow_mut() -= 1;
            inbox.borrow_mut().push(command);
            Ok(())
        };
        let stop = |stream| Command::Stop { stream: StreamId(stream) };
        let close = |stream| Command::Close { stream: StreamId(stream) };
        let recording: RecordingId = RecordingId::new(crate::base::Wall::default(), 1);
        let end = || Command::StopRecord { recording, at: Instant::ZERO };
        let mut backlog = MediaBacklog::default();
        assert_eq!(backlog.put(0, stop(1), put), Ok(true));
        assert_eq!(backlog.put(0, stop(2), put), Err(stop(2)));
        assert_eq!(backlog.put(0, close(1), put), Ok(false));
        assert_eq!(backlog.put(0, end(), put), Ok(false));
        assert!(backlog.retry(put).is_empty());
        // There is room again, but what waits comes first: the port of stream 1 may be another's.
        *room.borrow_mut() = 1;
        assert_eq!(backlog.put(0, stop(3), put), Err(stop(3)));
        assert_eq!(backlog.put(1, stop(4), put), Ok(true), "another worker is not concerned");
        *room.borrow_mut() = 5;
        assert_eq!(backlog.retry(put), [0]);
        assert!(backlog.is_empty());
        assert_eq!(backlog.put(0, stop(5), put), Ok(true));
        assert_eq!(*inbox.borrow(), [stop(1), stop(4), close(1), end(), stop(5)]);
    }
}
