use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::base::{CommandId, Deadlines, Instant, Key, StreamId, Wall};
use crate::call::{Command, Core, Effect, Event, Parts, Settings, View};
use crate::dialplan::Flows;
use crate::media::{self, PlayId};
use crate::sim::Plan;
use crate::sim::agenda::Agenda;
use crate::sim::chance::Chance;
use crate::sim::ears::Ears;
use crate::sim::hash::Hash;
use crate::sim::house::{self, Edition};
use crate::sim::network::Network;
use crate::sim::people::{Citizen, CitizenAct, FarAct, Odd, Worker, WorkerAct};
use crate::sim::sound::Sound;
use crate::sim::trail::Trail;
use crate::sim::ua::{Account, LineId, Ua};
use crate::sim::wires::Wires;
use crate::sim::witness::Witness;
use crate::sip::{self, Transport};

/// The user agents in `World::uas`; the phones follow.
pub(crate) const CARRIER: usize = 0;
pub(crate) const OUTSIDE: usize = 1;
pub(crate) const PHONES: usize = 2;
/// When the run begins, on its own clock.
const BEGIN: Instant = Instant::from_micros(1_000_000_000);
/// The wall at the begin: 2026-03-02 08:00 in Shanghai, a Monday.
const WALL: Wall = Wall::from_micros(1_772_409_600_000_000);
/// More events than this at one instant are a core that spins.
const AT_ONCE_MAX: u32 = 10_000;

/// The longest that a transaction of a keep-alive may live, s.
const SETTLE_MAX: u32 = 40;

/// What is due at a time.
#[derive(Clone, Debug)]
pub(crate) enum Due {
    ToEngine(SocketAddr, Bytes),
    ToPeer(usize, Bytes),
    /// Over a connection: to the engine, to a phone, its end, and what could not be sent.
    FromWire(u64, Bytes),
    OffWire(u64, Bytes),
    WireEnds(u64),
    NotSent(sip::Flow),
    /// A phone's connection is gone.
    WireLost(usize),
    Tell(media::Event),
    PlayEnds(StreamId, PlayId),
    Look(StreamId),
    NextCall,
    Citizen(usize, CitizenAct),
    Worker(usize, WorkerAct),
    Far(LineId, FarAct),
    Odd(Odd),
    Clock,
    /// Everybody hangs up.
    Closing,
}

/// The engine and all around it.
pub(crate) struct World {
    pub(crate) plan: Plan,
    pub(crate) now: Instant,
    pub(crate) step: u64,
    pub(crate) core: Core,
    pub(crate) agenda: Agenda<Due>,
    pub(crate) network: Network,
    pub(crate) wires: Wires,
    pub(crate) sound: Sound,
    pub(crate) uas: Vec<Ua>,
    pub(crate) wakes: Deadlines<usize>,
    pub(crate) citizens: Vec<Citizen>,
    pub(crate) by_line: BTreeMap<LineId, usize>,
    pub(crate) workers: Vec<Worker>,
    pub(crate) witness: Witness,
    pub(crate) ears: Ears,
    pub(crate) chance: Chance,
    pub(crate) hash: Hash,
    pub(crate) trail: Trail,
    pub(crate) wall_shift_us: i64,
    pub(crate) closing: bool,
    pub(crate) drained: bool,
    pub(crate) stopping: bool,
    pub(crate) editions: [Arc<Settings>; 2],
    pub(crate) flows: Arc<Flows>,
    effects: Vec<Effect>,
    commands: u64,
    /// Commands without an answer, with the time by which it must have come.
    pub(crate) unanswered: BTreeMap<CommandId, Instant>,
    at_once: u32,
    /// Talks with an agent whose phone speaks TCP.
    pub(crate) talks_by_tcp: u64,
    /// A step of some call panics after each so many steps; 0: never.
    #[cfg(test)]
    pub(crate) panic_every: u64,
    /// Commands that never reach the workers.
    #[cfg(test)]
    pub(crate) lost: Option<fn(&media::Command) -> bool>,
}

impl World {
    pub(crate) fn new(plan: Plan, trail: Trail) -> Result<Self, String> {
        let wrong = |faults: crate::base::Faults| format!("the simulator's own settings: {faults}");
        let first = house::settings(&plan, Edition::First).map_err(wrong)?;
        let second = house::settings(&plan, Edition::Second).map_err(wrong)?;
        let flows = house::flows().map_err(wrong)?;
        let voices = house::voices();
        let mut chance = Chance::new(plan.seed);
        let parts = Parts {
            settings: Arc::clone(&first),
            flows: Arc::clone(&flows),
            prompts: Arc::clone(&voices.prompts),
            ports: house::ports(&plan),
            bindings: Vec::new(),
            random: chance.random(),
        };
        let mut effects = Vec::new();
        let core = Core::new(BEGIN, WALL, parts, &mut effects);
        let mut uas = vec![
            Ua::new(house::CARRIER, house::ENGINE, None, chance.fork()),
            Ua::new(house::OUTSIDE, house::ENGINE, None, chance.fork()),
        ];
        for agent in 0..plan.agents {
            let account = Account {
                user: house::agent_name(agent),
                password: house::password(agent),
                only_md5: agent % 2 == 1,
            };
            uas.push(Ua::new(house::phone(agent), house::ENGINE, Some(account), chance.fork()));
        }
        let mut world = Self {
            now: BEGIN,
            step: 0,
            core,
            agenda: Agenda::default(),
            network: Network::new(plan.weather, chance.fork()),
            wires: Wires::new(plan.weather, chance.fork()),
            sound: Sound::new(voices.prompts, voices.names, chance.fork()),
            uas,
            wakes: Deadlines::default(),
            citizens: Vec::new(),
            by_line: BTreeMap::new(),
            workers: (0..plan.agents).map(|number| Worker::new(&plan, number)).collect(),
            witness: Witness::default(),
            ears: Ears::default(),
            chance,
            hash: Hash::default(),
            trail,
            wall_shift_us: 0,
            closing: false,
            drained: false,
            stopping: false,
            editions: [first, second],
            flows,
            effects,
            commands: 0,
            unanswered: BTreeMap::new(),
            at_once: 0,
            talks_by_tcp: 0,
            #[cfg(test)]
            panic_every: 0,
            #[cfg(test)]
            lost: None,
            plan,
        };
        world.carry_out()?;
        world.put(Duration::from_secs(1), Due::Clock);
        world.put(world.plan.length, Due::Closing);
        world.begin_wires();
        world.begin_work();
        world.begin_calls();
        world.begin_oddities();
        Ok(world)
    }

    pub(crate) fn put(&mut self, after: Duration, due: Due) {
        self.agenda.put(self.now + after, due);
    }

    /// The number of the user agent that lives at this address.
    pub(crate) fn ua_at(&self, address: SocketAddr) -> Option<usize> {
        self.uas.iter().position(|ua| ua.address.ip() == address.ip())
    }

    pub(crate) const fn phone_of(worker: usize) -> usize {
        PHONES + worker
    }

    /// Plays until `end`.
    pub(crate) fn play(&mut self, end: Instant) -> Result<(), String> {
        loop {
            let due = [self.agenda.first(), self.core.deadline(), self.wakes.first()];
            let Some(next) = due.into_iter().flatten().min() else { return Ok(()) };
            if next > end {
                self.now = end;
                return Ok(());
            }
            if next > self.now {
                self.now = next;
                self.at_once = 0;
            }
            self.at_once += 1;
            if self.at_once > AT_ONCE_MAX {
                return Err(format!("the time stands still; the core's deadline is {:?}", due[1]));
            }
            if self.core.deadline().is_some_and(|at| at <= self.now) {
                self.tell(Event::Deadline)?;
            } else if let Some(ua) = self.wakes.pop_due(self.now) {
                let mut out = Vec::new();
                self.uas[ua].tick(self.now, &mut out);
                self.after_ua(ua, out)?;
            } else if let Some(due) = self.agenda.pop() {
                self.happen(due)?;
            }
        }
    }

    fn happen(&mut self, due: Due) -> Result<(), String> {
        match due {
            Due::ToEngine(from, bytes) => {
                self.note_invite(from, &bytes);
                let flow = sip::Flow {
                    transport: Transport::Udp,
                    local: house::ENGINE,
                    peer: from,
                    connection: None,
                };
                self.tell(Event::Sip(sip::Input::Received { flow, bytes }))
            }
            Due::ToPeer(ua, bytes) => {
                let mut out = Vec::new();
                self.uas[ua].receive(self.now, bytes, &mut out)?;
                self.after_ua(ua, out)
            }
            Due::FromWire(wire, bytes) => self.engine_hears(wire, bytes),
            Due::OffWire(wire, bytes) => self.phone_hears(wire, bytes),
            Due::WireEnds(wire) => self.wire_ends(wire),
            Due::NotSent(flow) => self.tell(Event::Sip(sip::Input::SendFailed { flow })),
            Due::WireLost(phone) => self.wire_lost(phone),
            Due::Tell(event) => {
                if let media::Event::RecordStopped { recording, samples } = &event {
                    self.witness.recording_made(*recording, samples / 8);
                }
                self.tell(Event::Media(event))
            }
            Due::PlayEnds(stream, play) => match self.sound.ended(stream, play) {
                Some(event) => self.tell(Event::Media(event)),
                None => Ok(()),
            },
            Due::Look(stream) => self.look(stream),
            Due::NextCall => self.next_call(),
            Due::Citizen(citizen, act) => self.citizen_acts(citizen, act),
            Due::Worker(worker, act) => self.worker_acts(worker, act),
            Due::Far(line, act) => self.far_acts(line, act),
            Due::Odd(odd) => self.odd(odd),
            Due::Clock => {
                self.put(Duration::from_secs(60), Due::Clock);
                self.tell_clock()
            }
            Due::Closing => self.close(),
        }
    }

    /// The wall clock as the system shows it now.
    pub(crate) fn tell_clock(&mut self) -> Result<(), String> {
        let passed = i64::try_from(self.now.since(BEGIN).as_micros()).unwrap_or(0);
        let wall = Wall::from_micros(WALL.as_micros() + passed + self.wall_shift_us);
        self.tell(Event::Clock(wall))
    }

    /// Remembers which INVITEs of a trunk have arrived.
    fn note_invite(&mut self, from: SocketAddr, bytes: &[u8]) {
        let is_trunk = from == house::CARRIER || from == house::OUTSIDE;
        if !is_trunk || !bytes.starts_with(b"INVITE ") {
            return;
        }
        let text = String::from_utf8_lossy(bytes);
        let value = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name).map(str::trim).map(str::to_owned))
        };
        if value("To:").is_some_and(|to| !to.contains(";tag="))
            && let Some(call_id) = value("Call-ID:")
        {
            self.witness.invite(call_id);
        }
    }

    /// A command of the API; answered in the same step, unless a phone is called for it first.
    pub(crate) fn command(&mut self, command: Command) -> Result<(), String> {
        self.commands += 1;
        let id = CommandId(self.commands);
        let patience = self.patience_of(&command);
        self.unanswered.insert(id, self.now + patience);
        self.tell(Event::Command { id, command })?;
        if patience.is_zero() && self.unanswered.contains_key(&id) {
            return Err(format!("command {id:?} has no answer"));
        }
        Ok(())
    }

    /// Hands the core an event, carries out what it wants, checks what must hold.
    pub(crate) fn tell(&mut self, event: Event) -> Result<(), String> {
        self.step += 1;
        if self.trail.is_on(self.step) {
            self.trail.event(self.now, self.step, &event);
        }
        self.core.handle(self.now, event, &mut self.effects);
        self.carry_out()?;
        if self.plan.stop_at == Some(self.step) {
            return Err("stopped here, as asked".to_owned());
        }
        if self.step.is_multiple_of(self.plan.check_every) {
            self.check()?;
        }
        #[cfg(test)]
        self.maybe_panic()?;
        Ok(())
    }

    /// Makes a step of some call panic, when it is time to.
    #[cfg(test)]
    fn maybe_panic(&mut self) -> Result<(), String> {
        let due = self.panic_every > 0 && self.step.is_multiple_of(self.panic_every);
        let Some(call) = self.witness.any_open().filter(|_| due) else { return Ok(()) };
        self.witness.poisoned.insert(call);
        let ending = self.step.is_multiple_of(2);
        self.core.poison(self.now, call, ending, &mut self.effects);
        self.carry_out()?;
        self.core.check()
    }

    fn carry_out(&mut self) -> Result<(), String> {
        let told = self.trail.is_on(self.step);
        for effect in std::mem::take(&mut self.effects) {
            if told {
                self.trail.effect(&effect);
            }
            if self.plan.exact_hash {
                self.hash.debug(&effect);
            }
            match effect {
                Effect::Send { flow, bytes, .. } => {
                    self.hash.bytes(&bytes);
                    self.send_to_peer(flow, &bytes);
                }
                #[cfg(test)]
                Effect::Media { command, .. } if self.lost.is_some_and(|lost| lost(&command)) => {}
                Effect::Media { worker, command } => {
                    let mut noises = Vec::new();
                    self.sound.command(self.now, worker, &command, &mut noises)?;
                    for noise in noises {
                        self.noise(noise);
                    }
                }
                Effect::Record(record) => self.witness.record(self.now, &record)?,
                Effect::View(view) => {
                    self.witness.view(self.now, &view)?;
                    if let View::Agent(view) = &*view {
                        self.worker_sees(view);
                    }
                }
                Effect::Reply { id, .. } => {
                    let waited = self.unanswered.remove(&id);
                    waited.ok_or_else(|| format!("command {id:?} is answered twice"))?;
                }
                Effect::Drained => self.drained = true,
                Effect::KeepRegistrations(_) => {}
            }
        }
        Ok(())
    }

    fn look(&mut self, stream: StreamId) -> Result<(), String> {
        let Some(party) = self.sound.party(stream) else { return Ok(()) };
        let ua = self.ua_at(party);
        let speaks = ua.is_some_and(|ua| self.uas[ua].is_sending(party.port()));
        let mut noises = Vec::new();
        self.sound.look(self.now, stream, speaks, &mut noises);
        noises.into_iter().for_each(|noise| self.noise(noise));
        Ok(())
    }

    /// Presses a key on a call's telephone.
    pub(crate) fn press(&mut self, ua: usize, line: LineId, key: char) {
        let (Some(media), Ok(key)) = (self.uas[ua].media(line), Key::try_from(key)) else { return };
        if let Some((after, event)) = self.sound.press(media, key) {
            self.put(after, Due::Tell(event));
        }
    }

    /// A keep-alive may be under way just now: plays on for a moment if so.
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        for _ in 0..SETTLE_MAX {
            if self.core.census().stack.clients == 0 {
                break;
            }
            self.play(self.now + Duration::from_secs(1))?;
        }
        Ok(())
    }
}
