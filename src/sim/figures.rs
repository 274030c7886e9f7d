use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use crate::call::{Cause, Cdr};
use crate::ledger::{Conservation, Outcome};

/// Answered within this counts as in time.
const IN_TIME_MS: u64 = 20_000;

/// What a run counted, from records alone.
#[derive(Clone, Default, Debug)]
pub struct Figures {
    /// Calls that came and have records of their own.
    pub arrived: u64,
    /// A7's sum, those without records of their own in it. What arrived is counted at the network, not
    /// by a record, as far as it came by a trunk.
    pub conservation: Conservation,
    /// Of these, asked for a human.
    pub requests: u64,
    /// Of these, answered by an agent.
    pub answered: u64,
    /// Of these, answered within 20 s.
    pub in_time: u64,
    /// Of the requests, gone before an answer.
    pub abandoned: u64,
    /// Of these, within 20 s.
    pub abandoned_early: u64,
    /// Sum of waits of the answered, ms.
    pub wait_ms: u64,
    /// Longest wait of any request, ms.
    pub wait_ms_max: u64,
    /// Sum of talks with agents, hold inside, ms.
    pub talk_ms: u64,
    /// Of it, on hold, ms.
    pub hold_ms: u64,
    /// Rings of agents.
    pub offers: u64,
    /// Of these, that nobody answered.
    pub no_answers: u64,
    /// Calls by cause.
    pub causes: BTreeMap<String, u64>,
    /// Offers by how they ended.
    pub ends_of_offers: BTreeMap<String, u64>,
    /// Ratings given.
    pub ratings: u64,
    /// Time that agents spent in each state (`ready/idle`, `ready/talking` …), ms.
    pub agent_ms: BTreeMap<String, u64>,
    /// Datagrams sent in either direction, and how many of them were lost.
    pub datagrams: (u64, u64),
    /// How long the run was, on its own clock.
    pub length: Duration,
}

impl Figures {
    pub(crate) fn count(&mut self, cdr: &Cdr) {
        *self.causes.entry(name(cdr.cause)).or_default() += 1;
        self.conservation.count(Outcome::of(cdr));
        self.ratings += u64::from(cdr.rating.is_some());
        if cdr.t_req.is_none() {
            return;
        }
        self.requests += 1;
        self.wait_ms_max = self.wait_ms_max.max(cdr.wait_ms);
        if cdr.t_ans.is_some() && cdr.agent.is_some() {
            self.answered += 1;
            self.in_time += u64::from(cdr.wait_ms <= IN_TIME_MS);
            self.wait_ms += cdr.wait_ms;
            self.talk_ms += cdr.talk_ms;
            self.hold_ms += cdr.hold_ms;
        } else if cdr.cause == Cause::AbandonedQueue {
            self.abandoned += 1;
            self.abandoned_early += u64::from(cdr.wait_ms <= IN_TIME_MS);
        }
    }

    /// Adds another run's figures.
    pub fn add(&mut self, other: &Self) {
        self.arrived += other.arrived;
        self.conservation.add(&other.conservation);
        self.requests += other.requests;
        self.answered += other.answered;
        self.in_time += other.in_time;
        self.abandoned += other.abandoned;
        self.abandoned_early += other.abandoned_early;
        self.wait_ms += other.wait_ms;
        self.wait_ms_max = self.wait_ms_max.max(other.wait_ms_max);
        self.talk_ms += other.talk_ms;
        self.hold_ms += other.hold_ms;
        self.offers += other.offers;
        self.no_answers += other.no_answers;
        self.ratings += other.ratings;
        self.datagrams.0 += other.datagrams.0;
        self.datagrams.1 += other.datagrams.1;
        self.length += other.length;
        for (sums, more) in
            [(&mut self.causes, &other.causes), (&mut self.agent_ms, &other.agent_ms)]
        {
            for (key, value) in more {
                *sums.entry(key.clone()).or_default() += value;
            }
        }
        for (key, value) in &other.ends_of_offers {
            *self.ends_of_offers.entry(key.clone()).or_default() += value;
        }
    }

    fn agents_in(&self, states: &[&str]) -> u64 {
        let is_one = |key: &str| states.iter().any(|state| key.ends_with(state));
        self.agent_ms.iter().filter(|(key, _)| is_one(key)).map(|(_, ms)| ms).sum()
    }

    /// Answered within 20 s, of all requests but those that were gone within 20 s (reading B).
    #[must_use]
    pub fn service_level(&self) -> f64 {
        share(self.in_time, self.requests - self.abandoned_early)
    }

    /// Mean wait of the answered, ms.
    #[must_use]
    pub fn wait_ms_mean(&self) -> u64 {
        self.wait_ms.checked_div(self.answered).unwrap_or(0)
    }

    /// Talk, hold and wrap-up of the agents, of that and ready and ringing.
    #[must_use]
    pub fn occupancy(&self) -> f64 {
        let busy = self.agents_in(&["/talking", "/held", "/wrap_up"]);
        let ringing = self.agents_in(&["/reserved", "/ringing"]);
        let ready = self.agent_ms.get("ready/idle").copied().unwrap_or(0);
        share(busy, busy + ringing + ready)
    }

    /// Mean talk and wrap-up of an answered call, ms.
    #[must_use]
    pub fn handling_ms_mean(&self) -> u64 {
        (self.talk_ms + self.agents_in(&["/wrap_up"])).checked_div(self.answered).unwrap_or(0)
    }
}

/// The name that the record has for it.
pub(crate) fn name(value: impl serde::Serialize) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|value| value.as_str().map(ToOwned::to_owned))
        .unwrap_or_default()
}

fn share(part: u64, of: u64) -> f64 {
    if of == 0 { 0.0 } else { part as f64 / of as f64 }
}

fn seconds(ms: u64) -> String {
    format!("{}.{:01} s", ms / 1_000, ms % 1_000 / 100)
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percent = |share: f64| format!("{:.1} %", share * 100.0);
        let sum = &self.conservation;
        let rows: Vec<(&str, String)> = vec![
            ("calls arrived", sum.arrived.to_string()),
            ("  answered by anybody", sum.answered.to_string()),
            ("  abandoned", sum.abandoned.to_string()),
            ("  self-served", sum.self_served.to_string()),
            ("  lost by the system", sum.system_lost.to_string()),
            ("asked for a human", self.requests.to_string()),
            ("answered", self.answered.to_string()),
            (
                "abandoned in queue",
                format!("{} ({} within 20 s)", self.abandoned, self.abandoned_early),
            ),
            ("service level 20 s", percent(self.service_level())),
            ("average wait", seconds(self.wait_ms_mean())),
            ("longest wait", seconds(self.wait_ms_max)),
            ("average talk", seconds(self.talk_ms.checked_div(self.answered).unwrap_or(0))),
            ("average handling time", seconds(self.handling_ms_mean())),
            ("occupancy", percent(self.occupancy())),
            ("offers / no answers", format!("{} / {}", self.offers, self.no_answers)),
            ("ratings", self.ratings.to_string()),
            ("datagrams / lost", format!("{} / {}", self.datagrams.0, self.datagrams.1)),
            ("time simulated", format!("{} s", self.length.as_secs())),
        ];
        for (what, value) in rows {
            writeln!(f, "{what:<24}{value:>24}")?;
        }
        for (title, counts) in [("causes", &self.causes), ("ends of offers", &self.ends_of_offers)]
        {
            writeln!(f, "{title}")?;
            for (name, count) in counts {
                writeln!(f, "  {name:<22}{count:>24}")?;
            }
        }
        Ok(())
    }
}
