use std::time::Duration;

use crate::base::AgentId;
use crate::call::{AgentView, AnswerBy, Command};
use crate::sim::Plan;
use crate::sim::house;
use crate::sim::people::CitizenAct;
use crate::sim::ua::{Flow, Invite, LineId, LineState, Offer, UaEvent};
use crate::sim::world::{Due, World};

/// How long a phone registers for, seconds.
const EXPIRES: u32 = 120;

/// An agent with a phone.
#[derive(Clone, Debug)]
pub(crate) struct Worker {
    pub(crate) agent: AgentId,
    pub(crate) answer_by: AnswerBy,
    /// What the wall board shows.
    pub(crate) state: String,
    status: String,
    /// The phone renews its registration.
    registers: bool,
    own_call: Option<LineId>,
    /// Seconds that the next registration is for.
    expires: u32,
}

/// What an agent or the agent's phone does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum WorkerAct {
    SignIn,
    SignOut,
    Ready,
    NotReady,
    WrapUpDone,
    Ring(LineId),
    Answer(LineId),
    AnswerBadly(LineId),
    /// 软摘机.
    AskAnswer,
    Refuse(LineId, u16),
    HangUp(LineId),
    /// 软挂机.
    AskHangUp,
    Hold(LineId),
    Retrieve(LineId),
    AskHold,
    AskRetrieve,
    Press(LineId),
    Register(u32),
    /// The phone's connection is gone, and it registers over a new one.
    LoseWire,
    RegisterAgain,
    /// The phone loses its power.
    Die,
    Revive,
    OwnCall,
    EndOwnCall,
    /// Whatever comes to mind.
    Wander,
}

impl Worker {
    pub(crate) fn new(plan: &Plan, number: usize) -> Self {
        Self {
            agent: AgentId::new(&house::agent_name(number)),
            answer_by: house::answer_by(plan, number),
            state: String::new(),
            status: String::new(),
            registers: true,
            own_call: None,
            expires: EXPIRES,
        }
    }
}

impl World {
    pub(crate) fn begin_work(&mut self) {
        for number in 0..self.workers.len() {
            let after = self.chance.ms(0, 2_000);
            self.put(after, Due::Worker(number, WorkerAct::Register(EXPIRES)));
            let after = self.chance.ms(0, 6_000);
            self.put(after, Due::Worker(number, WorkerAct::SignIn));
            if self.plan.is_wild() {
                self.wander(number);
            }
        }
    }

    fn wander(&mut self, number: usize) {
        let after = self.chance.exponential(Duration::from_secs(25));
        self.put(after, Due::Worker(number, WorkerAct::Wander));
    }

    pub(crate) fn worker_acts(&mut self, number: usize, act: WorkerAct) -> Result<(), String> {
        let agent = self.workers[number].agent.clone();
        let phone = Self::phone_of(number);
        match act {
            WorkerAct::SignIn => self.command(Command::SignIn { agent })?,
            WorkerAct::SignOut => self.command(Command::SignOut { agent })?,
            WorkerAct::Ready => self.command(Command::Ready { agent })?,
            WorkerAct::NotReady => {
                self.command(Command::NotReady { agent, reason: "喝水".to_owned() })?;
            }
            WorkerAct::WrapUpDone => self.command(Command::WrapUpDone { agent })?,
            WorkerAct::AskAnswer => self.command(Command::Answer { agent })?,
            WorkerAct::AskHangUp => self.command(Command::HangUpAgent { agent })?,
            WorkerAct::AskHold => self.command(Command::Hold { agent })?,
            WorkerAct::AskRetrieve => self.command(Command::Retrieve { agent })?,
            WorkerAct::Ring(line) => {
                self.with_ua(phone, |ua, now, out| ua.ring(now, line, 180, out))?;
            }
            WorkerAct::Answer(line) => {
                self.with_ua(phone, |ua, now, out| ua.answer(now, line, out))?;
            }
            WorkerAct::AnswerBadly(line) => {
                self.with_ua(phone, |ua, now, out| ua.answer_badly(now, line, out))?;
            }
            WorkerAct::Refuse(line, status) => {
                self.with_ua(phone, |ua, now, out| ua.refuse(now, line, status, out))?;
            }
            WorkerAct::HangUp(line) => {
                self.with_ua(phone, |ua, now, out| ua.hang_up(now, line, out))?;
            }
            WorkerAct::Hold(line) => {
                let flow = if self.chance.share(0.7) { Flow::SendOnly } else { Flow::Inactive };
                self.with_ua(phone, |ua, now, out| ua.reinvite(now, line, flow, out))?;
            }
            WorkerAct::Retrieve(line) => {
                self.with_ua(phone, |ua, now, out| ua.reinvite(now, line, Flow::Both, out))?;
            }
            WorkerAct::Press(line) => {
                let key = self.chance.key();
                self.press(phone, line, key);
            }
            WorkerAct::Register(expires) => {
                self.workers[number].registers = expires > 0;
                self.workers[number].expires = expires;
                self.with_ua(phone, |ua, now, out| ua.register(now, expires, out))?;
            }
            WorkerAct::LoseWire => self.loses_wire(number),
            WorkerAct::RegisterAgain => {
                let (on, expires) = (self.workers[number].registers, EXPIRES);
                if on && !self.closing {
                    self.with_ua(phone, |ua, now, out| ua.register(now, expires, out))?;
                }
            }
            WorkerAct::Die => self.phone_dies(number),
            WorkerAct::Revive => {
                self.uas[phone].dead = false;
                if !self.closing {
                    self.put(Duration::ZERO, Due::Worker(number, WorkerAct::Register(EXPIRES)));
                }
            }
            WorkerAct::OwnCall => self.own_call(number)?,
            WorkerAct::EndOwnCall => {
                if let Some(line) = self.workers[number].own_call.take() {
                    self.with_ua(phone, |ua, now, out| ua.hang_up(now, line, out))?;
                }
            }
            WorkerAct::Wander => self.does_anything(number),
        }
        Ok(())
    }

    fn phone_dies(&mut self, number: usize) {
        let phone = Self::phone_of(number);
        let ua = &mut self.uas[phone];
        if ua.dead {
            return;
        }
        ua.die();
        self.wakes.set(&phone, None);
        self.workers[number].own_call = None;
        let agent = self.workers[number].agent.clone();
        self.witness.phone_died(self.now, &agent);
        self.trail.note(self.now, self.step, &format!("the phone of {agent} died"));
        let back = self.chance.ms(20_000, 120_000);
        self.wires_die(number, back);
        self.put(back, Due::Worker(number, WorkerAct::Revive));
    }

    fn own_call(&mut self, number: usize) -> Result<(), String> {
        let phone = Self::phone_of(number);
        if self.closing || self.uas[phone].dead || self.workers[number].own_call.is_some() {
            return Ok(());
        }
        let from = self.workers[number].agent.as_str().to_owned();
        let to = self.chance.pick(&["9196", "12347", "404"]).unwrap_or("9196").to_owned();
        let invite = Invite { to, from, headers: Vec::new(), offer: Offer::Good };
        let line = self.with_ua(phone, |ua, now, out| ua.invite(now, invite, out))?;
        self.workers[number].own_call = Some(line);
        let after = self.chance.exponential(Duration::from_secs(12));
        self.put(after, Due::Worker(number, WorkerAct::EndOwnCall));
        Ok(())
    }

    fn does_anything(&mut self, number: usize) {
        if self.closing {
            return;
        }
        self.wander(number);
        let phone = Self::phone_of(number);
        let line = self.uas[phone].live_lines().first().copied();
        let line = line.unwrap_or(LineId(0));
        let act = match self.chance.below(20) {
            0 => WorkerAct::SignOut,
            1 | 2 => WorkerAct::NotReady,
            3 | 4 => WorkerAct::Ready,
            5 | 6 => WorkerAct::WrapUpDone,
            7 => WorkerAct::AskHangUp,
            8 => WorkerAct::AskHold,
            9 => WorkerAct::AskRetrieve,
            10 => WorkerAct::AskAnswer,
            11 => WorkerAct::Hold(line),
            12 => WorkerAct::Retrieve(line),
            13 => WorkerAct::HangUp(line),
            14 => WorkerAct::Register(0),
            15 => WorkerAct::Register(60),
            16 => WorkerAct::Die,
            17 => WorkerAct::OwnCall,
            18 => WorkerAct::Press(line),
            _ => WorkerAct::SignIn,
        };
        self.put(Duration::ZERO, Due::Worker(number, act));
    }

    /// The wall board shows the agent's state: some states are not left alone.
    pub(crate) fn worker_sees(&mut self, view: &AgentView) {
        let Some(number) = self.workers.iter().position(|worker| worker.agent == view.id) else {
            return;
        };
        self.leg_rings(number, view);
        let was = std::mem::replace(&mut self.workers[number].status, view.status.clone());
        if self.closing || was == view.status {
            return;
        }
        let (act, after) = match view.status.as_str() {
            "not_ready" if view.reason.as_deref() == Some("signed in") => {
                (WorkerAct::Ready, self.chance.ms(200, 2_000))
            }
            "not_ready" => (WorkerAct::Ready, self.chance.ms(5_000, 30_000)),
            "signed_out" => (WorkerAct::SignIn, self.chance.ms(2_000, 20_000)),
            _ => return,
        };
        self.put(after, Due::Worker(number, act));
    }

    pub(crate) fn worker_hears(&mut self, number: usize, event: UaEvent) -> Result<(), String> {
        match event {
            UaEvent::Incoming { line, call, auto_answer } => {
                if let Some(call) = &call {
                    self.citizen_is_rung_for(call);
                }
                self.rings(number, line, auto_answer);
            }
            UaEvent::Talk { line } => {
                let after = self.chance.ms(50, 400);
                self.put(after, Due::Worker(number, WorkerAct::Answer(line)));
            }
            UaEvent::Registered { status } => self.registered(number, status),
            UaEvent::Failed { line, .. } | UaEvent::Ended { line } => {
                self.workers[number].own_call.take_if(|own| *own == line);
            }
            UaEvent::Progress { .. } | UaEvent::Answered { .. } => {}
        }
        Ok(())
    }

    fn registered(&mut self, number: usize, status: u16) {
        let worker = &self.workers[number];
        if self.closing {
            return;
        }
        let expires = worker.expires;
        let (after, next) = match (status, worker.registers) {
            (200, true) => (Duration::from_secs(u64::from(expires) * 2 / 3), EXPIRES),
            (200, false) => (self.chance.ms(3_000, 40_000), EXPIRES),
            _ => (Duration::from_secs(5), EXPIRES),
        };
        self.put(after, Due::Worker(number, WorkerAct::Register(next)));
    }

    /// The phone rings.
    fn rings(&mut self, number: usize, line: LineId, auto_answer: bool) {
        let soon = |world: &mut Self, after: Duration, act: WorkerAct| {
            world.put(after, Due::Worker(number, act));
        };
        if self.closing {
            return soon(self, Duration::from_millis(20), WorkerAct::Refuse(line, 480));
        }
        if auto_answer && self.workers[number].answer_by == AnswerBy::OpenLeg {
            return self.leg_is_called(number, line);
        }
        if auto_answer {
            return soon(self, Duration::from_millis(100), WorkerAct::Answer(line));
        }
        let wild = self.plan.is_wild();
        let by_software = self.workers[number].answer_by != AnswerBy::Hand;
        let ring = self.chance.ms(30, 300);
        if !wild || self.chance.share(0.9) {
            soon(self, ring, WorkerAct::Ring(line));
        }
        let usual = ring + self.chance.ms(1_000, 6_000);
        let answer = if by_software && self.chance.share(0.5) {
            WorkerAct::AskAnswer
        } else {
            WorkerAct::Answer(line)
        };
        if !wild {
            if self.chance.share(0.985) {
                soon(self, usual, answer);
            }
            return;
        }
        let any = self.chance.exponential(Duration::from_secs(4));
        let at_once = self.chance.ms(0, 40);
        match self.chance.below(100) {
            0..=54 => soon(self, any, answer),
            55..=62 => soon(self, at_once, WorkerAct::Answer(line)),
            63..=72 => {}
            73..=82 => {
                let status = self.chance.pick(&[486, 603, 480, 404, 500, 600, 487]).unwrap_or(486);
                soon(self, any, WorkerAct::Refuse(line, status));
            }
            83..=88 => {
                // Just when the ring limit comes.
                let after = self.chance.ms(19_900, 20_100);
                soon(self, after, WorkerAct::Answer(line));
            }
            89 | 90 => soon(self, any, WorkerAct::AnswerBadly(line)),
            91..=93 => soon(self, any, WorkerAct::Die),
            94 => soon(self, any, WorkerAct::Register(0)),
            95 => soon(self, any, WorkerAct::SignOut),
            96 => soon(self, any, WorkerAct::NotReady),
            97 => soon(self, any, WorkerAct::AskHangUp),
            _ => soon(self, any, WorkerAct::OwnCall),
        }
    }

    /// The agent and a citizen hear each other.
    pub(crate) fn worker_talks(&mut self, number: usize, line: LineId, citizen: usize) {
        if !self.plan.is_wild() {
            return;
        }
        let by_phone = self.chance.share(0.5);
        let (hold, retrieve) = if by_phone {
            (WorkerAct::Hold(line), WorkerAct::Retrieve(line))
        } else {
            (WorkerAct::AskHold, WorkerAct::AskRetrieve)
        };
        let after = self.chance.exponential(Duration::from_secs(8));
        let back = self.chance.exponential(Duration::from_secs(8));
        match self.chance.below(10) {
            0..=2 => {
                self.put(after, Due::Worker(number, hold));
                let next = match self.chance.below(5) {
                    0 => Due::Worker(number, WorkerAct::Die),
                    1 => Due::Citizen(citizen, CitizenAct::Die),
                    _ => Due::Worker(number, retrieve),
                };
                self.put(after + back, next);
            }
            3 => self.put(after, Due::Worker(number, WorkerAct::Die)),
            4 => self.put(after, Due::Worker(number, WorkerAct::Register(0))),
            5 => self.put(after, Due::Worker(number, WorkerAct::HangUp(line))),
            _ => {}
        }
    }

    /// Ends all that the phones have up.
    pub(crate) fn close_phones(&mut self) -> Result<(), String> {
        for number in 0..self.workers.len() {
            let phone = Self::phone_of(number);
            for line in self.uas[phone].live_lines() {
                let up = self.uas[phone].state(line) == Some(LineState::Up);
                let after = if up { self.chance.ms(0, 8_000) } else { Duration::ZERO };
                self.put(after, Due::Worker(number, WorkerAct::HangUp(line)));
            }
            self.put(Duration::from_secs(9), Due::Worker(number, WorkerAct::EndOwnCall));
            self.leaves_the_leg(number);
        }
        Ok(())
    }
}
