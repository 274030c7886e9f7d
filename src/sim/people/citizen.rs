use std::time::Duration;

use crate::sim::chance::Chance;
use crate::sim::people::WorkerAct;
use crate::sim::ua::{Flow, Invite, LineId, Offer, UaEvent};
use crate::sim::world::{CARRIER, Due, OUTSIDE, World};

/// One who calls.
#[derive(Clone, Debug)]
pub(crate) struct Citizen {
    pub(crate) line: LineId,
    pub(crate) call_id: String,
    script: Script,
    /// Hears music: is in a queue.
    waits: bool,
    /// Has heard an agent or a party outside.
    joined: bool,
    dead: bool,
}

/// What a citizen is going to do.
#[derive(Clone, Copy, Debug)]
struct Script {
    /// The key that leads where the citizen wants to go.
    goal: char,
    /// Share of keys that are the right ones.
    skill: f64,
    patience: Duration,
    talk: Duration,
    /// The citizen ends the talk, not the agent.
    hangs_up: bool,
    rating: Option<char>,
    /// Share of rings of an agent during which the citizen leaves.
    leaves_at_ring: f64,
}

/// What a citizen does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CitizenAct {
    HangUp,
    /// Hangs up unless somebody has answered.
    LosePatience,
    Press(char),
    Info(char),
    Hold,
    Retrieve,
    /// Sends no speech any more, or again.
    Mute(bool),
    /// The network of the citizen's phone is gone.
    Die,
}

/// What a wild citizen calls.
const WILD_NUMBERS: [&str; 20] = [
    "12347", "12347", "12347", "12347", "12347", "12347", "12347", "12347", "12347", "12345",
    "12345", "12345", "12346", "12346", "12346", "12348", "12348", "12348", "9196", "99",
];

impl World {
    pub(crate) fn begin_calls(&mut self) {
        let first = self.gap();
        self.put(Duration::from_secs(8) + first, Due::NextCall);
    }

    fn gap(&mut self) -> Duration {
        let mean = 3_600.0 / self.plan.calls_per_hour.max(0.001);
        self.chance.exponential(Duration::from_secs_f64(mean))
    }

    pub(crate) fn next_call(&mut self) -> Result<(), String> {
        if self.closing || self.citizens.len() as u64 >= self.plan.calls_max {
            return Ok(());
        }
        let gap = self.gap();
        self.put(gap, Due::NextCall);
        let wild = self.plan.is_wild();
        let chance = &mut self.chance;
        let to = if wild {
            chance.pick(&WILD_NUMBERS)
        } else if chance.share(0.9) {
            Some("12345")
        } else {
            Some("12346")
        };
        let from = match chance.below(100) {
            0 => "13900000000".to_owned(),
            1 | 2 => "13900000001".to_owned(),
            3 => "anonymous".to_owned(),
            4..=60 => format!("139{:08}", chance.below(100_000_000)),
            _ => format!("0770{:07}", 2_000_000 + chance.below(1_000_000)),
        };
        let script = script(chance, wild, self.plan.talk, self.plan.patience);
        let offer = match chance.below(100) {
            0..=9 if wild => Offer::Late,
            10..=12 if wild => Offer::Bad,
            _ => Offer::Good,
        };
        let mut headers = Vec::new();
        if wild && chance.share(0.03) {
            headers.push(("Require".to_owned(), "telepathy".to_owned()));
        }
        let invite = Invite { to: to.unwrap_or("12345").to_owned(), from, headers, offer };
        let line = self.with_ua(CARRIER, |ua, now, out| ua.invite(now, invite, out))?;
        let call_id = self.uas[CARRIER].call_id(line).unwrap_or_default().to_owned();
        let number = self.citizens.len();
        let citizen = Citizen { line, call_id, script, waits: false, joined: false, dead: false };
        self.citizens.push(citizen);
        self.by_line.insert(line, number);
        if wild {
            self.whims(number);
        }
        Ok(())
    }

    /// What a wild citizen will do at some moment, whatever happens then.
    fn whims(&mut self, citizen: usize) {
        let means = [20, 200, 2_000, 10_000, 40_000, 100_000];
        if self.chance.share(0.5) {
            let mean = Duration::from_millis(self.chance.pick(&means).unwrap_or(10_000));
            let after = self.chance.exponential(mean);
            self.put(after, Due::Citizen(citizen, CitizenAct::HangUp));
        } else if self.chance.share(0.15) {
            let mean = Duration::from_millis(self.chance.pick(&means).unwrap_or(10_000));
            let after = self.chance.exponential(mean);
            self.put(after, Due::Citizen(citizen, CitizenAct::Die));
        } else if self.chance.share(0.1) {
            let after = self.chance.exponential(Duration::from_secs(40));
            self.put(after, Due::Citizen(citizen, CitizenAct::Hold));
            let back = self.chance.exponential(Duration::from_secs(20));
            let dies = self.chance.share(0.3);
            let next = if dies { CitizenAct::Die } else { CitizenAct::Retrieve };
            self.put(after + back, Due::Citizen(citizen, next));
        }
        if self.chance.share(0.1) {
            let after = self.chance.exponential(Duration::from_secs(20));
            let back = self.chance.exponential(Duration::from_secs(30));
            self.put(after, Due::Citizen(citizen, CitizenAct::Mute(true)));
            self.put(after + back, Due::Citizen(citizen, CitizenAct::Mute(false)));
        }
        if self.chance.share(0.2) {
            let (after, key) =
                (self.chance.exponential(Duration::from_secs(30)), self.chance.key());
            self.put(after, Due::Citizen(citizen, CitizenAct::Press(key)));
        }
    }

    pub(crate) fn citizen_acts(&mut self, number: usize, act: CitizenAct) -> Result<(), String> {
        let Some(citizen) = self.citizens.get(number) else { return Ok(()) };
        let (line, joined, dead) = (citizen.line, citizen.joined, citizen.dead);
        if dead {
            return Ok(());
        }
        match act {
            CitizenAct::HangUp => self.with_ua(CARRIER, |ua, now, out| ua.hang_up(now, line, out)),
            CitizenAct::LosePatience if !joined => {
                self.with_ua(CARRIER, |ua, now, out| ua.hang_up(now, line, out))
            }
            CitizenAct::Press(key) => {
                self.press(CARRIER, line, key);
                Ok(())
            }
            CitizenAct::Info(key) => {
                self.with_ua(CARRIER, |ua, now, out| ua.info(now, line, key, out))
            }
            CitizenAct::Hold => {
                let flow = if self.chance.share(0.5) { Flow::SendOnly } else { Flow::Inactive };
                self.with_ua(CARRIER, |ua, now, out| ua.reinvite(now, line, flow, out))
            }
            CitizenAct::Retrieve => {
                self.with_ua(CARRIER, |ua, now, out| ua.reinvite(now, line, Flow::Both, out))
            }
            CitizenAct::Mute(mute) => {
                self.uas[CARRIER].mute(line, mute);
                Ok(())
            }
            CitizenAct::Die => {
                let citizen = &mut self.citizens[number];
                citizen.dead = true;
                self.witness.caller_died(self.now, &citizen.call_id);
                self.trail.note(self.now, self.step, "a caller's network is gone");
                self.uas[CARRIER].kill(line);
                Ok(())
            }
            CitizenAct::LosePatience => Ok(()),
        }
    }

    pub(crate) fn citizen_hears(&mut self, event: UaEvent) -> Result<(), String> {
        if let UaEvent::Incoming { line, .. } = event {
            // Nobody is called by this trunk.
            return self.with_ua(CARRIER, |ua, now, out| ua.refuse(now, line, 404, out));
        }
        Ok(())
    }

    /// Prompts are played to a citizen.
    pub(crate) fn citizen_listens(&mut self, line: LineId, prompts: &[String], cut: bool) {
        let Some(number) = self.by_line.get(&line).copied() else { return };
        let (script, wild) = (self.citizens[number].script, self.plan.is_wild());
        let has = |name: &str| prompts.iter().any(|prompt| prompt == name);
        if has("moh/default") && !std::mem::replace(&mut self.citizens[number].waits, true) {
            self.put(script.patience, Due::Citizen(number, CitizenAct::LosePatience));
        }
        let wanted = if has("survey") {
            script.rating
        } else if has("menu-main") {
            Some(script.goal)
        } else {
            None
        };
        let Some(wanted) = wanted else {
            if wild && self.chance.share(0.05) {
                let key = self.chance.key();
                self.citizen_presses(number, key);
            }
            return;
        };
        let right = self.chance.share(script.skill);
        let key = if right { wanted } else { self.chance.key() };
        if cut || wild {
            self.citizen_presses(number, key);
        }
        if wild && self.chance.share(0.08) {
            let after = self.chance.ms(0, 5_000);
            self.put(after, Due::Citizen(number, CitizenAct::HangUp));
        }
    }

    fn citizen_presses(&mut self, number: usize, key: char) {
        let after = self.chance.ms(300, 7_000);
        let by_info = self.plan.is_wild() && self.chance.share(0.1);
        let act = if by_info { CitizenAct::Info(key) } else { CitizenAct::Press(key) };
        self.put(after, Due::Citizen(number, act));
        if self.plan.is_wild() && self.chance.share(0.2) {
            let more = self.chance.ms(200, 3_000);
            let key = self.chance.key();
            self.put(after + more, Due::Citizen(number, CitizenAct::Press(key)));
        }
    }

    /// An agent's phone rings for a call: some citizens leave just then.
    pub(crate) fn citizen_is_rung_for(&mut self, call: &str) {
        let found = self.citizens.iter().position(|citizen| {
            self.witness.call_of(&citizen.call_id).is_some_and(|id| id.to_string() == call)
        });
        let Some(number) = found else { return };
        if self.chance.share(self.citizens[number].script.leaves_at_ring) {
            let after = self.chance.exponential(Duration::from_secs(3));
            self.put(after, Due::Citizen(number, CitizenAct::HangUp));
        }
    }

    /// A citizen and somebody else hear each other.
    pub(crate) fn joined(&mut self, line: LineId, (far, far_line): (usize, LineId)) {
        let Some(number) = self.by_line.get(&line).copied() else { return };
        let script = self.citizens[number].script;
        if std::mem::replace(&mut self.citizens[number].joined, true) {
            return;
        }
        let worker = (far != CARRIER && far != OUTSIDE).then(|| far - Self::phone_of(0));
        if script.hangs_up || worker.is_none() {
            self.put(script.talk, Due::Citizen(number, CitizenAct::HangUp));
        } else if let Some(worker) = worker {
            let by_phone = self.chance.share(0.5);
            let act = if by_phone { WorkerAct::HangUp(far_line) } else { WorkerAct::AskHangUp };
            self.put(script.talk, Due::Worker(worker, act));
        }
        if let Some(worker) = worker {
            self.talks_by_tcp += u64::from(self.uas[far].by_tcp);
            self.worker_talks(worker, far_line, number);
        }
    }
}

fn script(chance: &mut Chance, wild: bool, talk: Duration, patience: Duration) -> Script {
    let goal = if wild {
        chance.key()
    } else {
        chance.pick(&['1', '1', '1', '2', '2', '0']).unwrap_or('1')
    };
    let rating = chance.share(0.7).then(|| chance.pick(&['1', '1', '1', '2', '5']).unwrap_or('1'));
    Script {
        goal,
        skill: if wild { 0.7 } else { 0.97 },
        patience: chance.exponential(patience),
        talk: chance.exponential(talk),
        hangs_up: chance.share(0.55),
        rating,
        leaves_at_ring: if wild { 0.12 } else { 0.0 },
    }
}
