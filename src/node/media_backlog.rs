use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crossbeam_channel::TrySendError;

use crate::media::Command;

/// Commands that a media worker had no room for and that must not be lost: the ends of streams and of
/// recordings, and the moves of streams to other workers. There is at most one for each that is open
/// there, which bounds them; of a worker that is gone none is kept.
///
/// While some wait, their worker is given nothing else. So a port that the core gives out again is
/// never opened before its last stream is closed, and everything reaches the worker in its order.
#[derive(Default, Debug)]
pub(crate) struct MediaBacklog {
    waiting: BTreeMap<usize, VecDeque<Command>>,
    /// Workers that take nothing any more.
    gone: BTreeSet<usize>,
    /// Those of them that nobody was told of.
    untold: Vec<usize>,
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
        put: impl Fn(usize, Command) -> Result<(), TrySendError<Command>>,
    ) -> Result<bool, Command> {
        let is_behind = self.waiting.contains_key(&worker);
        let tried = if is_behind { Err(TrySendError::Full(command)) } else { put(worker, command) };
        let command = match tried {
            Ok(()) => return Ok(true),
            Err(TrySendError::Full(command)) => command,
            Err(TrySendError::Disconnected(command)) => {
                self.lose(worker);
                return Err(command);
            }
        };
        match command {
            Command::Close { .. } | Command::StopRecord { .. } | Command::Leave { .. } => {
                self.waiting.entry(worker).or_default().push_back(command);
                Ok(false)
            }
            command => Err(command),
        }
    }

    /// Tries again what waits; returns the workers that took something.
    pub(crate) fn retry(
        &mut self,
        put: impl Fn(usize, Command) -> Result<(), TrySendError<Command>>,
    ) -> Vec<usize> {
        let mut called = Vec::new();
        let mut gone = Vec::new();
        self.waiting.retain(|worker, waiting| {
            while let Some(command) = waiting.pop_front() {
                match put(*worker, command) {
                    Ok(()) => {}
                    Err(TrySendError::Full(command)) => {
                        waiting.push_front(command);
                        return true;
                    }
                    Err(TrySendError::Disconnected(_)) => {
                        gone.push(*worker);
                        return false;
                    }
                }
                if called.last() != Some(worker) {
                    called.push(*worker);
                }
            }
            false
        });
        gone.into_iter().for_each(|worker| self.lose(worker));
        called
    }

    fn lose(&mut self, worker: usize) {
        self.waiting.remove(&worker);
        if self.gone.insert(worker) {
            self.untold.push(worker);
        }
    }

    /// A worker that was found gone since the last time; each once.
    pub(crate) fn take_gone(&mut self) -> Option<usize> {
        self.untold.pop()
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
    #[expect(
        clippy::result_large_err,
        reason = "the command comes back by value, and is large itself"
    )]
    fn ends_get_through_a_full_inbox_in_their_order_and_before_anything_new() {
        let inbox = RefCell::new(Vec::new());
        let room = RefCell::new(1);
        let put = |_: usize, command: Command| {
            if *room.borrow() == 0 {
                return Err(TrySendError::Full(command));
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
        let leave = || Command::Leave { streams: vec![(StreamId(6), 20_000)], to: 1 };
        assert_eq!(backlog.put(0, leave(), put), Ok(false), "it holds a port");
        assert!(backlog.retry(put).is_empty());
        // There is room again, but what waits comes first: the port of stream 1 may be another's.
        *room.borrow_mut() = 1;
        assert_eq!(backlog.put(0, stop(3), put), Err(stop(3)));
        assert_eq!(backlog.put(1, stop(4), put), Ok(true), "another worker is not concerned");
        *room.borrow_mut() = 5;
        assert_eq!(backlog.retry(put), [0]);
        assert!(backlog.is_empty());
        assert_eq!(backlog.put(0, stop(5), put), Ok(true));
        assert_eq!(*inbox.borrow(), [stop(1), stop(4), close(1), end(), leave(), stop(5)]);
    }

    #[test]
    #[expect(
        clippy::result_large_err,
        reason = "the command comes back by value, and is large itself"
    )]
    fn nothing_waits_for_a_worker_that_is_gone() {
        let close = |stream| Command::Close { stream: StreamId(stream) };
        let full = |_: usize, command: Command| Err(TrySendError::Full(command));
        let gone = |_: usize, command: Command| Err(TrySendError::Disconnected(command));
        let mut backlog = MediaBacklog::default();
        assert_eq!(backlog.put(0, close(1), full), Ok(false));
        assert_eq!(backlog.put(0, close(2), full), Ok(false));
        assert_eq!(backlog.take_gone(), None);
        assert!(backlog.retry(gone).is_empty());
        assert!(backlog.is_empty());
        assert_eq!((backlog.take_gone(), backlog.take_gone()), (Some(0), None));
        for stream in 0..100 {
            assert_eq!(backlog.put(0, close(stream), gone), Err(close(stream)));
        }
        assert!(backlog.is_empty());
        assert_eq!(backlog.take_gone(), None, "it is told once");
    }
}
