use std::collections::{HashMap, HashSet};
use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};

use crate::peer::audio::Heard;
use crate::peer::booth::Booth;
use crate::peer::fleet::callers::{GRAIN, LINGER};
use crate::peer::fleet::{AnswerPlan, AnswerResult};
use crate::peer::pump::{Pump, Report};
use crate::peer::ua::{Account, CallKey, Event, UaSettings};
use crate::peer::world;

/// How often a waiting script looks at the registrations.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// Talks that have ended are asked for at the end, but for so many at most.
const RESULTS_MAX: usize = 1_000_000;

/// Agents or user agents that answer, on a thread of their own, until they are stopped.
#[derive(Debug)]
pub struct Answerers {
    stop: Sender<Stop>,
    waker: UdpSocket,
    registered: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    expected: u64,
    thread: Option<JoinHandle<()>>,
    address: SocketAddr,
}

struct Stop {
    reply: Sender<(Vec<AnswerResult>, Vec<String>)>,
}

impl Answerers {
    /// Binds, starts, begins to register.
    pub fn start(plan: AnswerPlan, pump: &Pump) -> io::Result<Self> {
        let users = plan.users.iter().map(|credentials| credentials.user.clone()).collect();
        let settings = UaSettings { users, linger: LINGER, ..UaSettings::default() };
        let mut booth = Booth::bind(plan.bind, settings, pump.clone(), GRAIN, 0)?;
        let mut due = Vec::new();
        if let Some(registrar) = plan.registrar {
            let now = world::now();
            for (number, credentials) in plan.users.iter().enumerate() {
                let (credentials, expires) = (credentials.clone(), plan.expires);
                let account = booth.ua.add_account(Account { credentials, registrar, expires });
                let after = number as f64 / plan.register_per_second.max(0.001);
                due.push((now + Duration::from_secs_f64(after), Due::Register(account)));
            }
        }
        let expected = due.len() as u64;
        let (registered, refused) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let (stop, stopped) = unbounded();
        let (waker, address) = (booth.waker()?, booth.local);
        let thread = Thread {
            plan,
            booth,
            due,
            calls: HashMap::new(),
            results: Vec::new(),
            known: HashSet::new(),
            registered: registered.clone(),
            refused: refused.clone(),
            answered: 0,
        };
        let thread = world::spawn("answerers", move || thread.run(&stopped))?;
        Ok(Self { stop, waker, registered, refused, expected, thread: Some(thread), address })
    }

    /// The SIP address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accounts registered so far.
    pub fn registered(&self) -> u64 {
        self.registered.load(Ordering::Relaxed)
    }

    /// Registrations that failed so far.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Waits until all accounts are registered.
    pub fn wait_registered(&self, limit: Duration) -> bool {
        let end = world::now() + limit;
        while self.registered() < self.expected {
            let now = world::now();
            if now >= end {
                return false;
            }
            world::sleep_until((now + LOOK_EVERY).min(end));
        }
        true
    }

    /// Stops and returns every call with its audio, and the complaints.
    pub fn stop(mut self) -> (Vec<AnswerResult>, Vec<String>) {
        let (reply, answer) = bounded(1);
        let _gone = self.stop.send(Stop { reply });
        let _gone = self.waker.send(&[0]);
        let results = answer.recv_timeout(Duration::from_secs(10)).unwrap_or_default();
        self.join();
        results
    }

    fn join(&mut self) {
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed already.
            let _panicked = thread.join();
        }
    }
}

impl Drop for Answerers {
    fn drop(&mut self) {
        if self.thread.is_some() {
            let (reply, _answer) = bounded(1);
            let _gone = self.stop.send(Stop { reply });
            let _gone = self.waker.send(&[0]);
            self.join();
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Due {
    Register(usize),
    Answer(CallKey),
    HangUp(CallKey),
}

struct Thread {
    plan: AnswerPlan,
    booth: Booth,
    due: Vec<(Instant, Due)>,
    calls: HashMap<CallKey, AnswerResult>,
    results: Vec<(AnswerResult, Option<Receiver<Report>>)>,
    known: HashSet<usize>,
    registered: Arc<AtomicU64>,
    refused: Arc<AtomicU64>,
    answered: usize,
}

impl Thread {
    fn run(mut self, stopped: &Receiver<Stop>) {
        loop {
            let (now, events) = self.booth.turn();
            for event in events {
                self.take(now, event);
            }
            if !self.due.is_empty() {
                self.do_due(now);
            }
            if let Ok(stop) = stopped.try_recv() {
                let _gone = stop.reply.send(self.finish());
                return;
            }
        }
    }

    fn do_due(&mut self, now: Instant) {
        let mut at = 0;
        while at < self.due.len() {
            if self.due[at].0 > now {
                at += 1;
                continue;
            }
            match self.due.swap_remove(at).1 {
                Due::Register(account) => {
                    self.booth.with(|ua, now, out| ua.register(now, account, out));
                }
                Due::Answer(call) => self.answer(call),
                Due::HangUp(call) => {
                    self.booth.with(|ua, now, out| ua.hang_up(now, call, out));
                }
            }
            let events = self.booth.events();
            for event in events {
                self.take(now, event);
            }
        }
    }

    fn answer(&mut self, call: CallKey) {
        if !self.calls.contains_key(&call) {
            return;
        }
        let media = self.plan.media(self.answered);
        self.answered += 1;
        if let Err(why) = self.booth.answer(call, media, self.plan.voice.is_none()) {
            self.booth.ua.complain(why);
        }
        if let Some(result) = self.calls.get_mut(&call) {
            result.answered = Some(self.booth.sent_at);
        }
    }

    fn take(&mut self, now: Instant, event: Event) {
        match event {
            Event::Incoming { call, caller, .. } => {
                let result = AnswerResult {
                    called: caller.called,
                    caller: caller.number,
                    came: now,
                    answered: None,
                    confirmed: None,
                    ended: None,
                    lasted: None,
                    heard: Heard::default(),
                };
                self.calls.insert(call, result);
                if let Some(status) = self.plan.refuse {
                    self.booth.with(|ua, now, out| ua.refuse(now, call, status, out));
                    let events = self.booth.events();
                    for event in events {
                        self.take(now, event);
                    }
                    return;
                }
                if self.plan.says_ringing {
                    self.booth.with(|ua, now, out| ua.ring(now, call, out));
                }
                if self.plan.ring.is_zero() {
                    self.answer(call);
                } else {
                    self.due.push((now + self.plan.ring, Due::Answer(call)));
                }
            }
            Event::Confirmed { call } => {
                if let Some(result) = self.calls.get_mut(&call) {
                    result.confirmed = Some(now);
                }
                if let Some(talk) = self.plan.talk {
                    self.due.push((now + talk, Due::HangUp(call)));
                }
            }
            Event::Ended { call, by } => {
                let report = self.booth.close_leg_later(call);
                if let Some(mut result) = self.calls.remove(&call)
                    && self.results.len() < RESULTS_MAX
                {
                    result.ended = Some(by);
                    result.lasted = result.confirmed.map(|at| now.saturating_duration_since(at));
                    self.results.push((result, report));
                }
            }
            Event::Registered { account } if self.known.insert(account) => {
                self.registered.fetch_add(1, Ordering::Relaxed);
            }
            Event::RegisterFailed { account, status } => {
                self.refused.fetch_add(1, Ordering::Relaxed);
                if status == 408 || status >= 500 {
                    self.due.push((now + Duration::from_secs(2), Due::Register(account)));
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self) -> (Vec<AnswerResult>, Vec<String>) {
        for (call, mut result) in std::mem::take(&mut self.calls) {
            result.heard = self.booth.close_leg(call);
            self.results.push((result, None));
        }
        let results = std::mem::take(&mut self.results).into_iter().map(|(mut result, report)| {
            if let Some((heard, _)) =
                report.and_then(|report| report.recv_timeout(Duration::from_secs(2)).ok())
            {
                result.heard = heard;
            }
            result
        });
        (results.collect(), self.booth.ua.complaints().to_vec())
    }
}
