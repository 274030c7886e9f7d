use std::net::SocketAddr;
use std::sync::Arc;

use crate::base::{Instant, Random, StreamId};
use crate::media::{Census, Command, Out, Prompts, Settings, Socket};

/// The streams of one media thread.
pub struct Worker {
    settings: Settings,
    prompts: Arc<Prompts>,
    random: Random,
}

impl Worker {
    /// A worker without streams.
    #[must_use]
    pub fn new(settings: Settings, prompts: Arc<Prompts>, random: Random) -> Self {
        Self { settings, prompts, random }
    }

    /// Does what the core asks.
    pub fn command(&mut self, now: Instant, command: Command, out: &mut Out) {
        let _ = (now, command, out, &self.settings, &self.prompts, &self.random);
    }

    /// Takes a datagram that `socket` received from `from`. `bytes` may be rewritten, and a
    /// `Place::Received` in `out.sends` then points into it.
    pub fn packet(
        &mut self,
        now: Instant,
        socket: Socket,
        from: SocketAddr,
        bytes: &mut [u8],
        out: &mut Out,
    ) {
        let _ = (now, socket, from, bytes, out, &mut self.settings);
    }

    /// Plays, watches, records and reports whatever is due at `now`.
    pub fn tick(&mut self, now: Instant, out: &mut Out) {
        let _ = (now, out, &mut self.settings);
    }

    /// When `tick` wants to be called; `None` while no stream is open and no recording runs.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// The stream that was at work when the last step did not return (it panicked).
    #[must_use]
    pub fn blamed(&self) -> Option<StreamId> {
        None
    }

    /// Forgets a stream after a panic, with everything it takes part in, and says so.
    pub fn bury(&mut self, now: Instant, stream: StreamId, out: &mut Out) {
        let _ = (now, stream, out, &mut self.settings);
    }

    /// How many things there are.
    #[must_use]
    pub fn census(&self) -> Census {
        Census::default()
    }
}
