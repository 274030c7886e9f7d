use std::sync::Arc;

use prometheus::{IntCounter, IntCounterVec, Opts, Registry};

use crate::api::gauges::LiveGauges;
use crate::api::names::{name_of, names};
use crate::api::{Health, Live};
use crate::base::TenantId;
use crate::call::{Cause, Fact, Record};
use crate::ledger::Outcome;

/// The counters that records feed. No label ever names a caller or a call.
#[derive(Clone, Debug)]
pub struct Metrics {
    arrived: IntCounter,
    causes: IntCounterVec,
    outcomes: IntCounterVec,
    events: IntCounter,
    strangers: IntCounter,
    turned_away: IntCounter,
}

impl Metrics {
    /// Registers the counters, and the gauges that read `live` and `health` whenever the metrics
    /// are asked for.
    ///
    /// # Errors
    /// They are registered already.
    pub fn register(
        registry: &Registry,
        tenant: &TenantId,
        live: Arc<Live>,
        health: Arc<Health>,
    ) -> prometheus::Result<Self> {
        registry.register(Box::new(LiveGauges::new(tenant, live, health)?))?;
        let options =
            |name: &str, help: &str| Opts::new(name, help).const_label("tenant", tenant.as_str());
        let one = |name, help| {
            let counter = IntCounter::with_opts(options(name, help))?;
            registry.register(Box::new(counter.clone()))?;
            prometheus::Result::Ok(counter)
        };
        let many = |name, help, label| {
            let counters = IntCounterVec::new(options(name, help), &[label])?;
            registry.register(Box::new(counters.clone()))?;
            prometheus::Result::Ok(counters)
        };
        let metrics = Self {
            arrived: one(
                "hotline_calls_arrived_total",
                "INVITEs of trunks and known accounts since the start. With hotline_calls_live it is \
                 the sum of hotline_calls_outcome_total (A7), but for calls that a crash cut off \
                 before the start.",
            )?,
            causes: many("hotline_calls_ended_total", "Calls that ended, by cause.", "cause")?,
            outcomes: many(
                "hotline_calls_outcome_total",
                "Calls that ended, by what became of them (A7).",
                "outcome",
            )?,
            events: one("hotline_events_published_total", "Events published since the start.")?,
            strangers: one(
                "hotline_strangers_refused_total",
                "Requests refused that came from neither a trunk nor an account.",
            )?,
            turned_away: one(
                "hotline_turned_away_total",
                "SIP messages refused or dropped unread, because there were too many.",
            )?,
        };
        // Zeros from the start, so that the first call of a cause is an increase.
        for cause in names::<Cause>() {
            metrics.causes.with_label_values(&[cause]);
        }
        for outcome in names::<Outcome>().iter().filter(|name| *name != "in_progress") {
            metrics.outcomes.with_label_values(&[outcome]);
        }
        Ok(metrics)
    }

    /// Counts a record that was published.
    pub fn record(&self, record: &Record) {
        self.events.inc();
        match &record.fact {
            Fact::CallArrived(_) => self.arrived.inc(),
            Fact::Cdr(cdr) => {
                self.causes.with_label_values(&[name_of(&cdr.cause)]).inc();
                self.outcomes.with_label_values(&[name_of(&Outcome::of(cdr))]).inc();
            }
            Fact::StrangersRefused { count, .. } => self.strangers.inc_by(*count),
            Fact::TurnedAway(row) => self.turned_away.inc_by(row.refused + row.dropped),
            _ => {}
        }
    }
}
