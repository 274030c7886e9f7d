use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};

use crate::peer::audio::{Heard, Source};
use crate::peer::pump::{Aim, Leg, Listening, Sockets};
use crate::peer::world::{self, Chance};

/// Milliseconds between two packets of a leg; legs are spread over them.
const SLOTS: usize = 20;
const TICK: Duration = Duration::from_millis(1);
/// Older ticks than this many are given up when the thread did not get the processor.
const BEHIND_MAX: u64 = 500;
/// How long a question to the pump may take.
const ASK_LIMIT: Duration = Duration::from_secs(5);

/// Number of a leg in its pump.
pub(crate) type LegId = u64;

/// A leg's report, and whether all keys have gone out.
pub(crate) type Report = (Heard, bool);

enum Command {
    Open { leg: LegId, body: Box<(Sockets, Source, Listening)> },
    Aim { leg: LegId, aim: Option<Aim> },
    Say { leg: LegId, source: Source },
    Press { leg: LegId, keys: String, milliseconds: u16 },
    Listen { leg: LegId, hz: u16 },
    Ask { leg: LegId, reply: Sender<Report> },
    Close { leg: LegId, reply: Option<Sender<Report>> },
    Lag { reply: Sender<Lag> },
}

/// How well the pump kept its own time: figures measured under a pump that lags are worthless.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lag {
    /// The longest that a tick was late, in µs.
    pub max_us: u64,
    /// Ticks that were late by 20 ms or more.
    pub late_ticks: u64,
    /// Ticks that were given up.
    pub skipped_ticks: u64,
}

/// One thread that sends and receives the RTP of many legs. A clone is another handle; the
/// thread ends with the last one.
#[derive(Debug, Clone)]
pub struct Pump {
    commands: Sender<Command>,
    next: Arc<AtomicU64>,
}

impl Pump {
    /// Starts the thread.
    pub fn start() -> io::Result<Self> {
        let (commands, inbox) = unbounded();
        world::spawn("peer-rtp", move || Wheel::new(inbox).run())?;
        Ok(Self { commands, next: Arc::new(AtomicU64::new(1)) })
    }

    pub(crate) fn open(&self, sockets: Sockets, source: Source, listening: Listening) -> LegId {
        let leg = self.next.fetch_add(1, Ordering::Relaxed);
        self.tell(Command::Open { leg, body: Box::new((sockets, source, listening)) });
        leg
    }

    pub(crate) fn aim(&self, leg: LegId, aim: Option<Aim>) {
        self.tell(Command::Aim { leg, aim });
    }

    pub(crate) fn say(&self, leg: LegId, source: Source) {
        self.tell(Command::Say { leg, source });
    }

    pub(crate) fn press(&self, leg: LegId, keys: &str, milliseconds: u16) {
        self.tell(Command::Press { leg, keys: keys.to_owned(), milliseconds });
    }

    pub(crate) fn listen(&self, leg: LegId, hz: u16) {
        self.tell(Command::Listen { leg, hz });
    }

    /// What was heard so far, and whether all keys have gone out; `None` when the leg is gone.
    pub(crate) fn ask(&self, leg: LegId) -> Option<Report> {
        let (reply, answer) = bounded(1);
        self.tell(Command::Ask { leg, reply });
        answer.recv_timeout(ASK_LIMIT).ok()
    }

    /// Ends a leg without asking.
    pub(crate) fn drop_leg(&self, leg: LegId) {
        self.tell(Command::Close { leg, reply: None });
    }

    /// Ends a leg; its last report comes to `reply`.
    pub(crate) fn close(&self, leg: LegId) -> Receiver<Report> {
        let (reply, answer) = bounded(1);
        self.tell(Command::Close { leg, reply: Some(reply) });
        answer
    }

    /// How well time was kept since the last question.
    pub fn lag(&self) -> Lag {
        let (reply, answer) = bounded(1);
        self.tell(Command::Lag { reply });
        answer.recv_timeout(ASK_LIMIT).unwrap_or_default()
    }

    fn tell(&self, command: Command) {
        // The thread lives as long as a handle does; it can only be missing after a panic in
        // it, which every later question reports as silence.
        let _gone = self.commands.send(command);
    }
}

struct Wheel {
    inbox: Receiver<Command>,
    legs: HashMap<LegId, (Leg, usize, bool)>,
    slots: Vec<Vec<LegId>>,
    fine: Vec<LegId>,
    chance: Chance,
    lag: Lag,
    buffer: Vec<u8>,
}

impl Wheel {
    fn new(inbox: Receiver<Command>) -> Self {
        Self {
            inbox,
            legs: HashMap::new(),
            slots: vec![Vec::new(); SLOTS],
            fine: Vec::new(),
            chance: Chance::from_world(),
            lag: Lag::default(),
            buffer: vec![0; 2_048],
        }
    }

    fn run(mut self) {
        let mut origin = world::now();
        let mut tick = 0u64;
        loop {
            if self.legs.is_empty() {
                let Ok(command) = self.inbox.recv() else { return };
                self.take(command);
                origin = world::now();
                tick = 0;
            }
            loop {
                match self.inbox.try_recv() {
                    Ok(command) => self.take(command),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            tick = self.turn(origin, tick);
            world::sleep_until(origin + TICK * u32::try_from(tick).unwrap_or(u32::MAX));
        }
    }

    /// Does all ticks that are due; returns the next.
    fn turn(&mut self, origin: Instant, mut tick: u64) -> u64 {
        let now = world::now();
        let due = now.saturating_duration_since(origin).as_millis() as u64;
        if due > tick + BEHIND_MAX {
            self.lag.skipped_ticks += due - tick - BEHIND_MAX;
            tick = due - BEHIND_MAX;
        }
        while tick <= due {
            let planned = origin + TICK * u32::try_from(tick).unwrap_or(u32::MAX);
            self.tick(planned, tick as usize % SLOTS);
            tick += 1;
        }
        tick
    }

    fn tick(&mut self, planned: Instant, slot: usize) {
        let now = world::now();
        let late = now.saturating_duration_since(planned).as_micros() as u64;
        self.lag.max_us = self.lag.max_us.max(late);
        self.lag.late_ticks += u64::from(late >= 20_000);
        for leg in &self.fine {
            if let Some((leg, _, _)) = self.legs.get_mut(leg) {
                leg.receive(now, &mut self.buffer);
            }
        }
        for leg in &self.slots[slot] {
            if let Some((leg, _, _)) = self.legs.get_mut(leg) {
                leg.step(now, &mut self.buffer);
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Open { leg, body } => {
                let (sockets, source, listening) = *body;
                let emptiest =
                    (0..SLOTS).min_by_key(|&slot| self.slots[slot].len()).unwrap_or_default();
                self.slots[emptiest].push(leg);
                if listening.fine {
                    self.fine.push(leg);
                }
                let body = Leg::new(sockets, source, &listening, &mut self.chance);
                self.legs.insert(leg, (body, emptiest, listening.fine));
            }
            Command::Aim { leg, aim } => self.with(leg, |leg| leg.aim(aim)),
            Command::Say { leg, source } => self.with(leg, |leg| leg.say(source)),
            Command::Press { leg, keys, milliseconds } => {
                self.with(leg, |leg| leg.press(&keys, milliseconds));
            }
            Command::Listen { leg, hz } => self.with(leg, |leg| leg.listen(hz)),
            Command::Ask { leg, reply } => {
                self.with(leg, |leg| {
                    let _gone = reply.send((leg.view(), leg.keys_are_sent()));
                });
            }
            Command::Close { leg, reply } => {
                let Some((mut body, slot, fine)) = self.legs.remove(&leg) else { return };
                self.slots[slot].retain(|other| *other != leg);
                if fine {
                    self.fine.retain(|other| *other != leg);
                }
                if let Some(reply) = reply {
                    body.receive(world::now(), &mut self.buffer);
                    let _gone = reply.send((body.view(), body.keys_are_sent()));
                }
            }
            Command::Lag { reply } => {
                let _gone = reply.send(std::mem::take(&mut self.lag));
            }
        }
    }

    fn with(&mut self, leg: LegId, act: impl FnOnce(&mut Leg)) {
        if let Some((leg, _, _)) = self.legs.get_mut(&leg) {
            act(leg);
        }
    }
}
