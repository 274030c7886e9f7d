use std::sync::{Arc, Mutex, PoisonError};

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{IntGauge, IntGaugeVec, Opts};

use crate::api::{Health, Live};
use crate::base::TenantId;

/// What can be seen now as gauges, read whenever the metrics are asked for: nothing has to be kept
/// in step with the engine.
pub(crate) struct LiveGauges {
    live: Arc<Live>,
    health: Arc<Health>,
    /// One reading at a time.
    gauges: Mutex<()>,
    calls: IntGauge,
    registrations: IntGauge,
    agents: IntGaugeVec,
    alarms: IntGaugeVec,
    waiting: IntGaugeVec,
    signed_in: IntGaugeVec,
    free: IntGaugeVec,
    talking: IntGaugeVec,
    trunk_calls: IntGaugeVec,
    trunk_channels: IntGaugeVec,
    trunk_alive: IntGaugeVec,
}

impl LiveGauges {
    pub(crate) fn new(
        tenant: &TenantId,
        live: Arc<Live>,
        health: Arc<Health>,
    ) -> prometheus::Result<Self> {
        let options =
            |name: &str, help: &str| Opts::new(name, help).const_label("tenant", tenant.as_str());
        let one = |name, help| IntGauge::with_opts(options(name, help));
        let many = |name, help, labels: &[&str]| IntGaugeVec::new(options(name, help), labels);
        Ok(Self {
            live,
            health,
            gauges: Mutex::new(()),
            calls: one("hotline_calls_live", "Calls that are up.")?,
            registrations: one("hotline_registrations", "Phones that are registered.")?,
            agents: many(
                "hotline_agents",
                "Agents by what they chose and what the engine does with them.",
                &["status", "state"],
            )?,
            alarms: many("hotline_alarm", "1 for each alarm that is up.", &["alarm"])?,
            waiting: many("hotline_queue_waiting", "Callers that wait.", &["queue"])?,
            signed_in: many("hotline_queue_signed_in", "Agents signed in.", &["queue"])?,
            free: many("hotline_queue_free", "Agents ready, idle and reachable.", &["queue"])?,
            talking: many("hotline_queue_talking", "Agents with a caller.", &["queue"])?,
            trunk_calls: many("hotline_trunk_calls", "Calls up on the trunk.", &["trunk"])?,
            trunk_channels: many("hotline_trunk_channels", "Calls it may carry.", &["trunk"])?,
            trunk_alive: many("hotline_trunk_alive", "1 while it answers probes.", &["trunk"])?,
        })
    }

    fn all(&self) -> [&dyn Collector; 11] {
        [
            &self.calls,
            &self.registrations,
            &self.agents,
            &self.alarms,
            &self.waiting,
            &self.signed_in,
            &self.free,
            &self.talking,
            &self.trunk_calls,
            &self.trunk_channels,
            &self.trunk_alive,
        ]
    }

    fn read(&self) {
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.calls.set(count(self.live.call_count()));
        self.registrations.set(count(self.live.registrations().len()));
        self.agents.reset();
        for agent in self.live.agents() {
            self.agents.with_label_values(&[agent.status, agent.state]).inc();
        }
        self.alarms.reset();
        for alarm in self.health.alarms() {
            self.alarms.with_label_values(&[alarm.id]).set(1);
        }
        for gauges in [&self.waiting, &self.signed_in, &self.free, &self.talking] {
            gauges.reset();
        }
        for queue in self.live.queues() {
            let id = [queue.id.as_str()];
            self.waiting.with_label_values(&id).set(queue.waiting.into());
            self.signed_in.with_label_values(&id).set(queue.signed_in.into());
            self.free.with_label_values(&id).set(queue.free.into());
            self.talking.with_label_values(&id).set(queue.talking.into());
        }
        for gauges in [&self.trunk_calls, &self.trunk_channels, &self.trunk_alive] {
            gauges.reset();
        }
        for trunk in self.live.trunks() {
            let id = [trunk.id.as_str()];
            self.trunk_calls.with_label_values(&id).set(trunk.calls.into());
            self.trunk_channels.with_label_values(&id).set(trunk.channels.into());
            self.trunk_alive.with_label_values(&id).set(trunk.alive.into());
        }
    }
}

impl Collector for LiveGauges {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let _alone = self.gauges.lock().unwrap_or_else(PoisonError::into_inner);
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}
