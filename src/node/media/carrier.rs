use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arrayvec::ArrayVec;
use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::base::{Instant, StreamId};
use crate::media::{Block, Command, Event, Failure, Out, Place, Send, Socket, Worker};
use crate::node::Clock;
use crate::node::media::Counters;
use crate::node::media::holders::Holders;
use crate::node::media::luggage::{Door, Luggage};
use crate::node::media::pairs::Pair;
use crate::node::sys::{self, BURST, Epoll, Ready, Slot, Timer, Trigger, Wait, Wake};

/// Buffers for received datagrams; what is sent on leaves from them when they are full.
const SLOTS: usize = 64;
/// Commands taken before sockets are looked at again.
const COMMANDS_MAX: usize = 512;
/// Datagrams of an earlier call thrown away when a port is taken.
const STALE_MAX: usize = 1_024;
/// Events that wait while the core's inbox is full.
const EVENTS_MAX: usize = 65_536;
/// Ends of recordings that wait while the writer's inbox is full.
const ENDS_MAX: usize = 4_096;
/// Tokens of the wake and the timer; sockets have twice the place of their pair, one more for RTCP.
const WAKE: u64 = u64::MAX;
const TIMER: u64 = u64::MAX - 1;

/// Longest time for which packets may gather.
const GATHER_MAX: Duration = Duration::from_millis(1);
/// A tick later than this is counted.
const LATE: Duration = Duration::from_millis(20);

/// What a media thread is given.
pub(crate) struct Carriage {
    /// The streams.
    pub(crate) worker: Worker,
    /// The time.
    pub(crate) clock: Clock,
    /// The sockets.
    pub(crate) pairs: Vec<Pair>,
    /// Commands, and the call that some came.
    pub(crate) inbox: Receiver<Command>,
    /// Streams from other threads.
    pub(crate) arrivals: Receiver<Luggage>,
    /// The ways to all threads, this one included.
    pub(crate) doors: Vec<Door>,
    /// Wakes the thread.
    pub(crate) wake: Arc<Wake>,
    /// Ends the thread.
    pub(crate) stop: Arc<AtomicBool>,
    /// To the core.
    pub(crate) events: Sender<Event>,
    /// To the recording writer.
    pub(crate) blocks: Sender<Block>,
    /// What is counted.
    pub(crate) counters: Arc<Counters>,
    /// How long packets may gather.
    pub(crate) gather: Duration,
}

/// One media thread: carries datagrams between its sockets and its worker.
pub(crate) struct Carrier {
    pub(super) with: Carriage,
    pub(super) epoll: Epoll,
    timer: Timer,
    /// What the timer is set to.
    armed: Option<Instant>,
    pub(super) holders: Holders,
    /// What came from other threads and is not unpacked yet.
    luggage: VecDeque<Luggage>,
    slots: Vec<Slot>,
    used: usize,
    pub(super) out: Out,
    events: VecDeque<Event>,
    ends: VecDeque<Block>,
}

impl Carrier {
    /// A thread's state, before it runs.
    pub(crate) fn new(mut with: Carriage) -> io::Result<Self> {
        let epoll = Epoll::new()?;
        let timer = Timer::new()?;
        epoll.add(&*with.wake, WAKE, Trigger::Edge)?;
        epoll.add(&timer, TIMER, Trigger::Edge)?;
        let holders = Holders::new(std::mem::take(&mut with.pairs));
        Ok(Self {
            with,
            epoll,
            timer,
            armed: None,
            holders,
            luggage: VecDeque::new(),
            slots: (0..SLOTS).map(|_| Slot::new()).collect(),
            used: 0,
            out: Out::new(),
            events: VecDeque::new(),
            ends: VecDeque::new(),
        })
    }

    /// Carries until it is told to stop.
    pub(crate) fn run(mut self) {
        let gather = self.with.gather.min(GATHER_MAX);
        let mut ready = Ready::new();
        while !self.with.stop.load(Ordering::Acquire) {
            self.arm();
            if let Err(error) = self.epoll.wait(&mut ready) {
                tracing::error!(%error, "a media thread cannot wait and ends");
                return;
            }
            count(&self.with.counters.wakes, 1);
            let mut heard = false;
            for at in 0..ready.len() {
                match ready.token(at) {
                    WAKE => self.commands(),
                    TIMER => self.armed = None,
                    token => {
                        heard = true;
                        self.receive(token);
                    }
                }
            }
            self.tick();
            self.flush();
            self.tell();
            if heard && !gather.is_zero() {
                std::thread::sleep(gather);
            }
        }
    }

    fn arm(&mut self) {
        let due = self.with.worker.deadline();
        if due != self.armed {
            let wait = due.map(|due| due.since(self.with.clock.now()));
            // Should the system refuse, the timer of before still wakes the thread.
            if self.timer.set(wait).is_ok() {
                self.armed = due;
            }
        }
    }

    fn commands(&mut self) {
        self.with.wake.heard();
        self.luggage.extend(self.with.arrivals.try_iter());
        for _ in 0..COMMANDS_MAX {
            let Ok(command) = self.with.inbox.try_recv() else {
                // That it comes was said in a command that is done by now.
                while let Some(luggage) = self.luggage.pop_front() {
                    self.unpack(luggage);
                }
                return;
            };
            self.command(command);
        }
        self.with.wake.call();
    }

    fn command(&mut self, command: Command) {
        let now = self.with.clock.now();
        let closes = matches!(command, Command::Close { .. });
        let opens = match &command {
            Command::Open { stream, port, .. } if !self.with.worker.has(*stream) => {
                if !self.attach(*stream, *port) {
                    self.out.events.push(Event::Failed { stream: *stream, why: Failure::NoPort });
                    return;
                }
                Some(*stream)
            }
            _ => None,
        };
        self.guard(now, |worker, out| worker.command(now, command, out));
        if let Some(stream) = opens.filter(|stream| !self.with.worker.has(*stream)) {
            self.detach(stream);
        }
        if closes {
            self.let_go();
        }
        while let Some(departure) = self.out.departures.pop() {
            self.depart(departure);
        }
    }

    /// Takes their sockets from the streams that were closed.
    pub(super) fn let_go(&mut self) {
        for at in 0..self.out.events.len() {
            if let Event::Stats { stream, last: true, .. } = self.out.events[at]
                && !self.with.worker.has(stream)
            {
                self.flush();
                self.detach(stream);
            }
        }
    }

    /// Looks at the sockets at a place from now on; false when the system refuses.
    pub(super) fn watch(&self, at: usize) -> bool {
        let Some(pair) = self.holders.at(at) else { return false };
        for rtcp in [false, true] {
            let added = self.epoll.add(pair.socket(rtcp), token(at, rtcp), Trigger::Level);
            if let Err(error) = added {
                tracing::error!(%error, port = pair.port, "a media socket cannot be watched");
                if rtcp {
                    let _ = self.epoll.remove(&pair.rtp);
                }
                return false;
            }
        }
        true
    }

    /// Puts a port's sockets under a stream; false when they are not there or not free.
    fn attach(&mut self, stream: StreamId, port: u16) -> bool {
        if self.holders.of_port(port).is_none_or(|(_, pair)| pair.stream.is_some()) {
            return false;
        }
        self.flush();
        let Some((at, pair)) = self.holders.of_port(port) else { return false };
        for rtcp in [false, true] {
            let mut stale = 0;
            while stale < STALE_MAX {
                match sys::receive(pair.socket(rtcp), &mut self.slots, Wait::No) {
                    Ok(0) | Err(_) => break,
                    Ok(some) => stale += some,
                }
            }
        }
        let watched = self.watch(at);
        if watched {
            self.holders.lend(at, stream);
        }
        watched
    }

    pub(super) fn detach(&mut self, stream: StreamId) {
        let epoll = &self.epoll;
        if let Some(pair) = self.holders.free(stream) {
            ignore(epoll, pair);
        }
    }

    fn receive(&mut self, token: u64) {
        let Ok(token) = usize::try_from(token) else { return };
        let (at, rtcp) = (token / 2, token % 2 == 1);
        // An earlier command of the same round may have closed the stream.
        let Some(stream) = self.holders.at(at).and_then(|pair| pair.stream) else { return };
        if self.used + BURST > SLOTS {
            self.flush();
        }
        let first = self.used;
        let Some(socket) = self.holders.at(at).map(|pair| pair.socket(rtcp)) else { return };
        // An error of one socket (an ICMP message, say) is not worth more than the next look.
        let Ok(received) = sys::receive(socket, &mut self.slots[first..first + BURST], Wait::No)
        else {
            return;
        };
        count(&self.with.counters.received, received);
        self.used += received;
        let now = self.with.clock.now();
        let mut slots = std::mem::take(&mut self.slots);
        for (at, slot) in slots.iter_mut().enumerate().skip(first).take(received) {
            self.out.slot = u32::try_from(at).unwrap_or(0);
            let (from, bytes) = slot.datagram();
            if !bytes.is_empty() {
                let socket = Socket { stream, rtcp };
                self.guard(now, |worker, out| worker.packet(now, socket, from, bytes, out));
            }
        }
        self.slots = slots;
    }

    fn tick(&mut self) {
        let now = self.with.clock.now();
        let Some(due) = self.with.worker.deadline().filter(|due| *due <= now) else { return };
        if now.since(due) > LATE {
            count(&self.with.counters.late_ticks, 1);
        }
        // After a panic the tick goes on behind the stream that is gone; each try costs one.
        while !self.guard(now, |worker, out| worker.tick(now, out)) {}
        self.let_go();
    }

    /// Does a step of the worker; false when it panicked, which costs the stream that was at work.
    pub(super) fn guard(&mut self, now: Instant, step: impl FnOnce(&mut Worker, &mut Out)) -> bool {
        let (worker, out) = (&mut self.with.worker, &mut self.out);
        if catch_unwind(AssertUnwindSafe(|| step(worker, out))).is_ok() {
            return true;
        }
        count(&self.with.counters.panics, 1);
        let Some(stream) = self.with.worker.blamed() else { return true };
        tracing::error!(stream = stream.0, "a media stream panicked and is closed");
        self.with.worker.bury(now, stream, &mut self.out);
        self.detach(stream);
        false
    }

    /// Sends what is to be sent; the received buffers are free then.
    pub(super) fn flush(&mut self) {
        let sends = &self.out.sends;
        let mut at = 0;
        let (mut sent, mut unsent) = (0, 0);
        while let Some(first) = sends.get(at) {
            let run =
                sends[at..].iter().take(BURST).take_while(|send| send.from == first.from).count();
            if let Some(pair) = self.holders.of_stream(first.from.stream) {
                let socket = pair.socket(first.from.rtcp);
                let datagrams: ArrayVec<(SocketAddr, &[u8]), BURST> = sends[at..at + run]
                    .iter()
                    .map(|send| (reach(send.to, pair.is_v6), self.bytes(send)))
                    .collect();
                let taken = match datagrams[..] {
                    [(to, bytes)] => usize::from(socket.send_to(bytes, to).is_ok()),
                    _ => sys::send(socket, &datagrams),
                };
                sent += taken;
                unsent += run - taken;
            }
            at += run;
        }
        count(&self.with.counters.sent, sent);
        count(&self.with.counters.unsent, unsent);
        self.out.clear_sends();
        self.used = 0;
    }

    fn bytes(&self, send: &Send) -> &[u8] {
        let (bytes, range) = match &send.place {
            Place::Made(range) => (self.out.arena.as_slice(), range),
            Place::Received { slot, range } => {
                let slot = usize::try_from(*slot).unwrap_or(usize::MAX);
                (self.slots.get(slot).map(Slot::buffer).unwrap_or_default(), range)
            }
        };
        bytes.get(range.clone()).unwrap_or_default()
    }

    /// Hands events to the core and blocks to the writer.
    pub(super) fn tell(&mut self) {
        for event in &self.out.events {
            if let Event::Stats { stats, last: true, .. } = event {
                let packets = usize::try_from(stats.unrecorded).unwrap_or(usize::MAX);
                count(&self.with.counters.unrecorded, packets);
            }
        }
        self.events.extend(self.out.events.drain(..));
        while let Some(event) = self.events.pop_front() {
            if let Err(TrySendError::Full(event)) = self.with.events.try_send(event) {
                self.events.push_front(event);
                break;
            }
        }
        let over = self.events.len().saturating_sub(EVENTS_MAX);
        self.events.truncate(EVENTS_MAX);
        count(&self.with.counters.events_lost, over);
        for block in self.out.blocks.drain(..) {
            // The end of a recording must arrive; an end that waits keeps the later ones waiting.
            let full = match self.with.blocks.try_send(block) {
                Err(TrySendError::Full(block)) => block,
                Ok(()) | Err(TrySendError::Disconnected(_)) => continue,
            };
            count(&self.with.counters.blocks_lost, 1);
            if full.last && self.ends.len() < ENDS_MAX {
                self.ends.push_back(Block {
                    first_sample: full.end(),
                    samples: Vec::new(),
                    ..full
                });
            }
        }
        while let Some(end) = self.ends.pop_front() {
            if let Err(TrySendError::Full(end)) = self.with.blocks.try_send(end) {
                self.ends.push_front(end);
                break;
            }
        }
    }
}

/// Looks at a pair's sockets no more.
pub(super) fn ignore(epoll: &Epoll, pair: &Pair) {
    for rtcp in [false, true] {
        if let Err(error) = epoll.remove(pair.socket(rtcp)) {
            tracing::error!(%error, port = pair.port, "a media socket is still watched");
        }
    }
}

fn token(at: usize, rtcp: bool) -> u64 {
    at as u64 * 2 + u64::from(rtcp)
}

/// How an address is written for a socket of this family.
fn reach(to: SocketAddr, is_v6: bool) -> SocketAddr {
    match to {
        SocketAddr::V4(v4) if is_v6 => (v4.ip().to_ipv6_mapped(), v4.port()).into(),
        _ => to,
    }
}

fn count(counter: &std::sync::atomic::AtomicU64, by: usize) {
    if by > 0 {
        counter.fetch_add(by as u64, Ordering::Relaxed);
    }
}
