use std::time::Duration;

use crate::sim::Weather;
use crate::sim::chance::Chance;

/// What is played: everything but the course of events, which the seed decides.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// How long callers keep coming.
    pub length: Duration,
    /// Agents, each with a phone.
    pub agents: usize,
    /// Mean of calls an hour (they come at random, a Poisson stream).
    pub calls_per_hour: f64,
    /// The most calls; no more come after it.
    pub calls_max: u64,
    /// Mean of the talk, exponentially distributed.
    pub talk: Duration,
    /// Mean of the patience in the queue, exponentially distributed.
    pub patience: Duration,
    /// Wrap-up limit of the queues.
    pub wrap_up: Duration,
    /// The network.
    pub weather: Weather,
    /// How people behave.
    pub manners: Manners,
    /// Even RTP ports.
    pub ports: u16,
    /// Channels of the carrier's trunk.
    pub channels: u32,
    /// The longest call, at least a minute.
    pub call_limit: Duration,
    /// The invariants are checked after each so many steps.
    pub check_every: u64,
    /// Stop at this step, to read what led there.
    pub stop_at: Option<u64>,
    /// Whether every effect goes into the verdict's hash, not only what is sent.
    pub exact_hash: bool,
}

/// How people behave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manners {
    /// As on a usual day: callers wait as long as their patience lasts and hang up after the talk,
    /// agents answer after a few seconds and seldom miss a ring.
    Usual,
    /// Everybody does anything at any moment, phones die, settings change under way.
    Wild,
}

impl Plan {
    /// A usual day. The default number of calls keeps the agents about half busy.
    #[must_use]
    pub fn day(seed: u64, hours: f64, agents: usize) -> Self {
        Self {
            seed,
            length: Duration::from_secs_f64(hours * 3_600.0),
            agents,
            calls_per_hour: agents as f64 * 10.0,
            calls_max: u64::MAX,
            talk: Duration::from_secs(150),
            patience: Duration::from_secs(180),
            wrap_up: Duration::from_secs(30),
            weather: Weather::FAIR,
            manners: Manners::Usual,
            ports: 2_000,
            channels: 500,
            call_limit: Duration::from_secs(7_200),
            check_every: 1,
            stop_at: None,
            exact_hash: false,
        }
    }

    /// A short run in which everything goes wrong that can, all of it chosen by the seed. Every other
    /// seed has a fair network, so that what goes wrong there is nobody's excuse.
    #[must_use]
    pub fn wild(seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ 0x5eed_0fa1_1b1a_2e5d);
        let fair = seed.is_multiple_of(2);
        let agents = 1 + chance.index(5);
        let few_ports = chance.share(0.1);
        let few_channels = chance.share(0.1);
        let short_calls = chance.share(0.1);
        Self {
            seed,
            length: Duration::from_secs(90 + chance.below(240)),
            agents,
            calls_per_hour: 120.0 + 120.0 * agents as f64,
            calls_max: 16,
            talk: Duration::from_secs(5 + chance.below(60)),
            patience: Duration::from_secs(10 + chance.below(120)),
            wrap_up: Duration::from_secs(chance.below(3) * 10),
            weather: if fair { Weather::FAIR } else { Weather::FOUL },
            manners: Manners::Wild,
            ports: if few_ports {
                4 + 2 * u16::try_from(chance.below(4)).unwrap_or(0)
            } else {
                400
            },
            channels: if few_channels { 3 } else { 100 },
            call_limit: Duration::from_secs(if short_calls { 60 } else { 7_200 }),
            check_every: 1,
            stop_at: None,
            exact_hash: false,
        }
    }

    pub(crate) fn is_wild(&self) -> bool {
        self.manners == Manners::Wild
    }
}
