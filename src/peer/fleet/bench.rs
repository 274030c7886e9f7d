use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::peer::booth::Booth;
use crate::peer::digest::Credentials;
use crate::peer::fleet::callers::{GRAIN, LINGER};
use crate::peer::fleet::{AnswerPlan, Answerers, CallerPlan, Percentiles, place_calls};
use crate::peer::pump::Pump;
use crate::peer::ua::{Account, Event, UaSettings};
use crate::peer::world;

/// How long the last registrations may take.
const REGISTER_LIMIT: Duration = Duration::from_secs(5);

/// Registrations at a rate.
#[derive(Debug, Clone)]
pub struct RegisterPlan {
    /// Own SIP address.
    pub bind: SocketAddr,
    /// Where they go.
    pub registrar: SocketAddr,
    /// Accounts, taken in turns.
    pub users: Vec<Credentials>,
    /// Registrations begun in a second.
    pub per_second: f64,
    /// How many altogether.
    pub count: usize,
    /// Asked lifetime in seconds.
    pub expires: u32,
    /// Forgets its nonce each time, so that each one takes two requests; otherwise only the
    /// first of each account does.
    pub always_challenged: bool,
}

/// What became of them.
#[derive(Debug, Clone, Default)]
pub struct RegisterReport {
    /// Begun.
    pub begun: usize,
    /// Accepted.
    pub accepted: usize,
    /// Refused or not answered.
    pub failed: usize,
    /// First REGISTER to 200.
    pub delay: Percentiles,
    /// From the first REGISTER to the last 200.
    pub took: Duration,
    /// Messages sent again.
    pub retransmitted: u64,
    /// Faults of the registrar.
    pub complaints: Vec<String>,
}

/// Registers at a rate and measures.
pub fn measure_registrations(plan: &RegisterPlan, pump: &Pump) -> io::Result<RegisterReport> {
    let settings = UaSettings { linger: LINGER, ..UaSettings::default() };
    let mut booth = Booth::bind(plan.bind, settings, pump.clone(), GRAIN, 0)?;
    for credentials in &plan.users {
        let account = Account {
            credentials: credentials.clone(),
            registrar: plan.registrar,
            expires: plan.expires,
        };
        booth.ua.add_account(account);
    }
    if plan.users.is_empty() {
        return Ok(RegisterReport::default());
    }
    let begun = world::now();
    let mut started: Vec<Option<Instant>> = vec![None; plan.users.len()];
    let mut report = RegisterReport::default();
    let mut times = Vec::with_capacity(plan.count);
    let mut last = begun;
    loop {
        let (now, events) = booth.turn();
        for event in events {
            let (account, good) = match event {
                Event::Registered { account } => (account, true),
                Event::RegisterFailed { account, .. } => (account, false),
                _ => continue,
            };
            let Some(start) = started.get_mut(account).and_then(Option::take) else { continue };
            last = now;
            if good {
                report.accepted += 1;
                times.push(now.saturating_duration_since(start));
            } else {
                report.failed += 1;
            }
        }
        let due = now.saturating_duration_since(begun).as_secs_f64() * plan.per_second;
        while report.begun < plan.count && report.begun as f64 <= due {
            let account = report.begun % plan.users.len();
            // An account whose last one is not through keeps its turn, and the rate suffers.
            if started[account].is_some() {
                break;
            }
            started[account] = Some(world::now());
            let forget = plan.always_challenged;
            booth.with(|ua, now, out| {
                if forget {
                    ua.forget_challenge(account);
                }
                ua.register(now, account, out);
            });
            report.begun += 1;
        }
        let done = report.accepted + report.failed;
        if done >= plan.count || now.saturating_duration_since(last) > REGISTER_LIMIT {
            break;
        }
    }
    report.failed = report.begun - report.accepted;
    report.delay = Percentiles::of(times.into_iter());
    report.took = last.saturating_duration_since(begun);
    report.retransmitted = booth.ua.retransmitted;
    report.complaints = booth.ua.complaints().to_vec();
    Ok(report)
}

/// Single calls through a switch to a user agent of ours.
#[derive(Debug, Clone)]
pub struct DelaysPlan {
    /// Caller's address, e.g. 127.0.0.11:0.
    pub caller: SocketAddr,
    /// Address of the user agent that the switch dials, e.g. 127.0.0.12:5070.
    pub callee: SocketAddr,
    /// What is called, e.g. `sip:bridge@127.0.0.1:5060`.
    pub target: String,
    /// How many, one after another.
    pub calls: usize,
    /// Calls in a second; few, so that they do not meet.
    pub per_second: f64,
}

/// The three steps of a call through a switch.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Delays {
    /// INVITE to 100.
    pub trying: Percentiles,
    /// Caller's INVITE sent to callee's INVITE received.
    pub invite: Percentiles,
    /// Callee's 200 sent to caller's 200 received.
    pub answer: Percentiles,
    /// Calls that were not answered.
    pub failed: usize,
}

/// Measures the delays of single calls; no RTP.
pub fn measure_delays(plan: &DelaysPlan, pump: &Pump) -> io::Result<Delays> {
    let mut answers = AnswerPlan::new(plan.callee);
    answers.voice = None;
    let answerers = Answerers::start(answers, pump)?;
    let mut callers = CallerPlan::new(plan.caller, &plan.target, plan.calls, plan.per_second);
    callers.voice = None;
    callers.stay = Duration::from_secs_f64(0.2 / plan.per_second.max(0.001));
    let report = place_calls(&callers, pump)?;
    let (mut answers, _) = answerers.stop();
    answers.sort_by_key(|answer| answer.came);
    let (mut invite, mut answered) = (Vec::new(), Vec::new());
    for call in &report.calls {
        let Some(after) = call.answered else { continue };
        let end = call.placed + after;
        let meant = answers.iter().find(|answer| answer.came >= call.placed && answer.came <= end);
        if let Some(answer) = meant {
            invite.push(answer.came.saturating_duration_since(call.placed));
            answered.extend(answer.answered.map(|at| end.saturating_duration_since(at)));
        }
    }
    Ok(Delays {
        trying: report.trying(),
        invite: Percentiles::of(invite.into_iter()),
        answer: Percentiles::of(answered.into_iter()),
        failed: report.calls.len() - report.answered(),
    })
}
