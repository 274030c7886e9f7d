use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Sender, TrySendError, bounded};

use crate::base::Random;
use crate::media::{Block, Command, Event, Ports, Prompts, Worker};
use crate::node::Clock;
use crate::node::media::carrier::{Carriage, Carrier};
use crate::node::media::luggage::Door;
use crate::node::media::pairs::{Pair, bind_range};
use crate::node::media::{Counters, Settings};
use crate::node::sys::{self, Wake};

/// Descriptors for everything that is not media: SIP, HTTP, files.
const OTHER_FILES: u64 = 4_096;
/// A worker is called at the latest when so many commands wait.
const CALL_AT: usize = 256;
/// Threads keep to one processor each from so many processors on.
const PIN_FROM: usize = 4;

/// The running media threads. They end when this is dropped.
#[derive(Debug)]
pub struct MediaThreads {
    threads: Vec<Handle>,
    stop: Arc<AtomicBool>,
    ports: Ports,
    counters: Arc<Counters>,
}

#[derive(Debug)]
struct Handle {
    inbox: Sender<Command>,
    wake: Arc<Wake>,
    thread: Option<JoinHandle<()>>,
}

/// Why media cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// None of the ports could be bound.
    #[error("no pair of UDP ports {first}-{last} on {bind} can be bound: {source}")]
    NoPorts {
        /// The first port.
        first: u16,
        /// The last port.
        last: u16,
        /// The address.
        bind: IpAddr,
        /// The last reason.
        source: io::Error,
    },
    /// The system refuses a thread or a descriptor.
    #[error("media threads cannot be started: {0}")]
    System(#[from] io::Error),
}

impl MediaThreads {
    /// Binds the ports, starts the threads. Events and blocks go out through the two senders, which
    /// should be bounded: events wait here for room (65,536 a thread), of blocks a full writer loses
    /// what does not fit (a gap in the recording, counted); neither costs a thread time.
    ///
    /// # Errors
    /// When no port can be bound or the system refuses threads.
    pub fn start(
        settings: Settings,
        clock: Clock,
        prompts: Arc<Prompts>,
        mut random: Random,
        events: Sender<Event>,
        blocks: Sender<Block>,
    ) -> Result<Self, StartError> {
        let (first, last) = settings.ports;
        let wanted = u64::from(last.saturating_sub(first)) + 1 + OTHER_FILES;
        let limit = sys::raise_open_files(wanted)?;
        let affordable = affordable(settings.ports, limit);
        if affordable < last {
            tracing::warn!(
                wanted,
                limit,
                last = affordable,
                "the limit of open files is too low for this range of RTP ports: the upper part is left out"
            );
        }
        let (pairs, reason) = bind_range(settings.bind, (first, affordable));
        if pairs.is_empty() {
            let source = reason.unwrap_or_else(|| io::ErrorKind::InvalidInput.into());
            return Err(StartError::NoPorts { first, last, bind: settings.bind, source });
        }
        if let Some(error) = reason {
            tracing::warn!(%error, bound = pairs.len(), "some RTP ports cannot be bound and are left out");
        }
        let processors = thread::available_parallelism().map_or(1, usize::from);
        let workers = match settings.workers {
            0 => processors.saturating_sub(1).max(1),
            workers => workers,
        };
        let shares = share(pairs, workers);
        let lists =
            shares.iter().map(|share| share.iter().map(|pair| pair.port).collect()).collect();
        let mut threads = Self {
            threads: Vec::new(),
            stop: Arc::default(),
            ports: Ports::new(lists, settings.quarantine),
            counters: Arc::default(),
        };
        // What moves has a pair of sockets with it, so there is always room.
        let total = threads.ports.total();
        let mut doors = Vec::new();
        let mut arrivals = Vec::new();
        for _ in 0..workers {
            let (to_thread, from_others) = bounded(total);
            let wake = Arc::new(Wake::new()?);
            doors.push(Door::new(to_thread, wake.clone()));
            arrivals.push((from_others, wake));
        }
        for (number, (pairs, (arrivals, wake))) in shares.into_iter().zip(arrivals).enumerate() {
            let (inbox, commands) = bounded(settings.inbox);
            let carrier = Carrier::new(Carriage {
                worker: Worker::new(settings.worker.clone(), prompts.clone(), random.fork()),
                clock,
                pairs,
                inbox: commands,
                arrivals,
                doors: doors.clone(),
                wake: wake.clone(),
                stop: threads.stop.clone(),
                events: events.clone(),
                blocks: blocks.clone(),
                counters: threads.counters.clone(),
                gather: settings.gather,
            })?;
            let pin = processors >= PIN_FROM;
            let thread =
                thread::Builder::new().name(format!("media-{number}")).spawn(move || {
                    // The first processor is left to the core.
                    if pin && let Err(error) = sys::pin_to(number + 1) {
                        tracing::warn!(%error, "a media thread keeps to no processor");
                    }
                    carrier.run();
                })?;
            threads.threads.push(Handle { inbox, wake, thread: Some(thread) });
        }
        Ok(threads)
    }

    /// The ports that were bound, all free: for the core.
    #[must_use]
    pub fn ports(&self) -> Ports {
        self.ports.clone()
    }

    /// Hands a command to a worker and calls it.
    ///
    /// # Errors
    /// As [`MediaThreads::put`].
    pub fn send(&self, worker: usize, command: Command) -> Result<(), Command> {
        self.put(worker, command).map_err(TrySendError::into_inner)?;
        self.call(worker);
        Ok(())
    }

    /// Hands a command to a worker, to be followed by a [`MediaThreads::call`] before anything is
    /// waited for.
    ///
    /// # Errors
    /// The command, when the worker's inbox is full, or `Disconnected` when there is no such worker
    /// (any more): the call ends with cause `overload`.
    #[expect(
        clippy::result_large_err,
        reason = "the command comes back by value, and is large itself"
    )]
    pub fn put(&self, worker: usize, command: Command) -> Result<(), TrySendError<Command>> {
        let Some(handle) = self.threads.get(worker) else {
            return Err(TrySendError::Disconnected(command));
        };
        handle.inbox.try_send(command)?;
        // When thousands of calls end at once the worker must begin before all is handed over.
        if handle.inbox.len().is_multiple_of(CALL_AT) {
            handle.wake.call();
        }
        Ok(())
    }

    /// Calls a worker to look at what it was handed.
    pub fn call(&self, worker: usize) {
        if let Some(handle) = self.threads.get(worker) {
            handle.wake.call();
        }
    }

    /// The counters.
    #[must_use]
    pub fn counters(&self) -> Arc<Counters> {
        self.counters.clone()
    }
}

impl Drop for MediaThreads {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        for handle in &mut self.threads {
            handle.wake.call();
            if let Some(Err(_)) = handle.thread.take().map(JoinHandle::join) {
                tracing::error!("a media thread had panicked");
            }
        }
    }
}

/// The last port of the range that may be bound under a limit of open files, so that SIP, HTTP and
/// records have descriptors too: their share, or a quarter of a low limit.
fn affordable((first, last): (u16, u16), limit: u64) -> u16 {
    let ports = limit - OTHER_FILES.min(limit / 4);
    let end = u64::from(first).saturating_add(ports).saturating_sub(1);
    last.min(u16::try_from(end).unwrap_or(u16::MAX))
}

/// Deals the pairs out in turn.
fn share(pairs: Vec<Pair>, workers: usize) -> Vec<Vec<Pair>> {
    let mut shares: Vec<Vec<Pair>> = (0..workers).map(|_| Vec::new()).collect();
    for (at, pair) in pairs.into_iter().enumerate() {
        shares[at % workers].push(pair);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_leave_descriptors_for_the_rest() {
        for (limit, last) in [
            (1 << 20, 29_999),
            (24_096, 29_999),
            (20_000, 25_903),
            (4_096, 13_071),
            (1_024, 10_767),
        ] {
            assert_eq!(affordable((10_000, 29_999), limit), last, "of {limit}");
        }
    }
}
