use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use crate::peer::audio::Heard;
use crate::peer::booth::{Booth, Placing};
use crate::peer::fleet::{CallResult, CallerPlan, FleetReport};
use crate::peer::pump::{Pump, Report};
use crate::peer::ua::{Account, CallKey, EndedBy, Event, UaSettings};
use crate::peer::world;

/// Ended transactions of a load tool are forgotten sooner than RFC 3261 asks.
pub(crate) const LINGER: Duration = Duration::from_secs(6);
/// The longest that a load thread waits for a datagram.
pub(crate) const GRAIN: Duration = Duration::from_millis(1);
/// How long calls may take to end after their last step.
const END_LIMIT: Duration = Duration::from_secs(40);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Place(usize),
    Press(usize, usize),
    HangUp(usize),
    GiveUp(usize),
}

/// Places all calls of a plan and blocks until the last has ended. `pump` carries their RTP.
pub fn place_calls(plan: &CallerPlan, pump: &Pump) -> io::Result<FleetReport> {
    let settings = UaSettings { linger: LINGER, ..UaSettings::default() };
    let booth = Booth::bind(plan.bind, settings, pump.clone(), GRAIN, 0)?;
    let now = world::now();
    let mut callers = Callers {
        plan,
        booth,
        account: None,
        steps: BinaryHeap::new(),
        calls: Vec::with_capacity(plan.calls),
        keys: HashMap::new(),
        reports: Vec::new(),
        at_once: 0,
        at_once_max: 0,
        open: plan.calls,
    };
    if let Some(credentials) = &plan.credentials {
        let registrar = plan.bind;
        let credentials = credentials.clone();
        callers.account =
            Some(callers.booth.ua.add_account(Account { credentials, registrar, expires: 60 }));
    }
    let _earlier = pump.lag();
    for index in 0..plan.calls {
        let after = Duration::from_secs_f64(index as f64 / plan.per_second.max(0.001));
        callers.steps.push(Reverse((now + after, Step::Place(index))));
    }
    callers.run()?;
    Ok(callers.report(now))
}

struct Callers<'a> {
    plan: &'a CallerPlan,
    booth: Booth,
    account: Option<usize>,
    steps: BinaryHeap<Reverse<(Instant, Step)>>,
    calls: Vec<(CallResult, Option<CallKey>)>,
    keys: HashMap<CallKey, usize>,
    reports: Vec<(usize, Receiver<Report>)>,
    at_once: usize,
    at_once_max: usize,
    open: usize,
}

impl Callers<'_> {
    fn run(&mut self) -> io::Result<()> {
        let mut last_step = world::now();
        while self.open > 0 {
            let (now, events) = self.booth.turn();
            for event in events {
                self.take(now, event);
            }
            while let Some(Reverse((at, step))) = self.steps.peek().copied()
                && at <= now
            {
                self.steps.pop();
                self.step(at, step)?;
                last_step = now;
            }
            if self.steps.is_empty() && now.saturating_duration_since(last_step) > END_LIMIT {
                break;
            }
        }
        Ok(())
    }

    fn step(&mut self, at: Instant, step: Step) -> io::Result<()> {
        match step {
            Step::Place(index) => self.place(at, index)?,
            Step::Press(index, number) => {
                let (Some(call), Some((_, keys))) =
                    (self.calls[index].1, self.plan.keys.get(number))
                else {
                    return Ok(());
                };
                if let Some(leg) = self.booth.leg(call) {
                    self.booth.pump.press(leg, keys, 120);
                }
            }
            Step::HangUp(index) => self.hang_up(index),
            Step::GiveUp(index) => {
                if self.calls[index].0.answered.is_none() {
                    self.hang_up(index);
                }
            }
        }
        Ok(())
    }

    fn place(&mut self, at: Instant, index: usize) -> io::Result<()> {
        let placing = Placing {
            user: format!("{}{index:04}", self.plan.number_prefix),
            display: None,
            account: self.account,
            uri: self.plan.target.clone(),
            server: None,
            media: self.plan.media(index),
            silent: self.plan.voice.is_none(),
            headers: Vec::new(),
        };
        let call = self
            .booth
            .place(placing)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        let placed = self.booth.sent_at;
        self.keys.insert(call, index);
        let result = CallResult {
            index,
            placed,
            trying: None,
            progress: None,
            answered: None,
            ended: None,
            lasted: None,
            heard: Heard::default(),
        };
        // Placed in order of their numbers: the heap sorts by time, then number.
        self.calls.push((result, Some(call)));
        self.at_once += 1;
        self.at_once_max = self.at_once_max.max(self.at_once);
        self.steps.push(Reverse((at + self.plan.patience, Step::GiveUp(index))));
        Ok(())
    }

    fn hang_up(&mut self, index: usize) {
        if let Some(call) = self.calls[index].1 {
            self.booth.with(|ua, now, out| ua.hang_up(now, call, out));
            let events = self.booth.events();
            for event in events {
                self.take(world::now(), event);
            }
        }
    }

    fn take(&mut self, now: Instant, event: Event) {
        let (Event::Trying { call }
        | Event::Progress { call, .. }
        | Event::Answered { call }
        | Event::Ended { call, .. }) = &event
        else {
            return;
        };
        let Some(&index) = self.keys.get(call) else { return };
        let result = &mut self.calls[index].0;
        let since = now.saturating_duration_since(result.placed);
        match event {
            Event::Trying { .. } => {
                result.trying.get_or_insert(since);
            }
            Event::Progress { .. } => {
                result.progress.get_or_insert(since);
            }
            Event::Answered { .. } => {
                result.answered = Some(since);
                for (number, (after, _)) in self.plan.keys.iter().enumerate() {
                    self.steps.push(Reverse((now + *after, Step::Press(index, number))));
                }
                if self.plan.stay.is_zero() {
                    self.hang_up(index);
                } else {
                    self.steps.push(Reverse((now + self.plan.stay, Step::HangUp(index))));
                }
            }
            Event::Ended { call, by } => self.ended(now, index, call, by),
            _ => {}
        }
    }

    fn ended(&mut self, now: Instant, index: usize, call: CallKey, by: EndedBy) {
        let (result, key) = &mut self.calls[index];
        result.ended = Some(by);
        result.lasted =
            result.answered.map(|answered| now.saturating_duration_since(result.placed + answered));
        *key = None;
        self.keys.remove(&call);
        if let Some(report) = self.booth.close_leg_later(call) {
            self.reports.push((index, report));
        }
        self.at_once -= 1;
        self.open -= 1;
    }

    fn report(mut self, begun: Instant) -> FleetReport {
        let took = world::now().saturating_duration_since(begun);
        for (result, call) in &mut self.calls {
            if let Some(call) = call {
                result.heard = self.booth.close_leg(*call);
            }
        }
        for (index, report) in std::mem::take(&mut self.reports) {
            if let Ok((heard, _)) = report.recv_timeout(Duration::from_secs(2)) {
                self.calls[index].0.heard = heard;
            }
        }
        FleetReport {
            calls: std::mem::take(&mut self.calls).into_iter().map(|(result, _)| result).collect(),
            took,
            at_once_max: self.at_once_max,
            complaints: self.booth.ua.complaints().to_vec(),
            complaint_count: self.booth.ua.complaint_count(),
            retransmitted: self.booth.ua.retransmitted,
            lag: self.booth.pump.lag(),
        }
    }
}
