use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::base::Instant;
use crate::sim::Weather;
use crate::sim::chance::Chance;

/// A segment that nothing carries is sent again this much later.
const DARK: Duration = Duration::from_secs(11);

/// Connections over TCP between phones and the engine: while one lasts, nothing is lost, doubled or
/// overtaken, only late.
#[derive(Clone, Debug)]
pub(crate) struct Wires {
    wires: BTreeMap<u64, Wire>,
    /// The connection that each phone uses.
    of_phone: BTreeMap<usize, u64>,
    last: u64,
    weather: Weather,
    chance: Chance,
    /// How many were opened, cut, and refused.
    pub(crate) counts: (u64, u64, u64),
}

/// One connection, from its opening until the engine knows of its end.
#[derive(Clone, Debug)]
pub(crate) struct Wire {
    pub(crate) phone: usize,
    pub(crate) peer: SocketAddr,
    /// When the last of what is under way arrives.
    to_engine: Instant,
    to_phone: Instant,
    /// The phone's end is gone.
    pub(crate) gone: bool,
    /// What was under way when it went never arrives.
    pub(crate) reset: bool,
}

impl Wires {
    pub(crate) const fn new(weather: Weather, chance: Chance) -> Self {
        Self {
            wires: BTreeMap::new(),
            of_phone: BTreeMap::new(),
            last: 0,
            weather,
            chance,
            counts: (0, 0, 0),
        }
    }

    pub(crate) fn open(&mut self, now: Instant, phone: usize, peer: SocketAddr) -> u64 {
        self.last += 1;
        self.counts.0 += 1;
        let wire = Wire { phone, peer, to_engine: now, to_phone: now, gone: false, reset: false };
        self.wires.insert(self.last, wire);
        self.of_phone.insert(phone, self.last);
        self.last
    }

    /// Where the next connection of a phone comes from: a port of its own each time.
    pub(crate) fn next_peer(&self, phone: SocketAddr) -> SocketAddr {
        let port = 40_000 + u16::try_from(self.last % 20_000).unwrap_or(0);
        SocketAddr::new(phone.ip(), port)
    }

    pub(crate) fn get(&self, wire: u64) -> Option<&Wire> {
        self.wires.get(&wire)
    }

    pub(crate) fn of_phone(&self, phone: usize) -> Option<u64> {
        self.of_phone.get(&phone).copied()
    }

    /// Whether the engine knows of any connection of a phone.
    pub(crate) fn any_of(&self, phone: usize) -> bool {
        self.wires.values().any(|wire| wire.phone == phone)
    }

    /// What came last came this way: so goes the answer.
    pub(crate) fn used(&mut self, phone: usize, wire: u64) {
        self.of_phone.insert(phone, wire);
    }

    /// The connection to an address, as the engine knows it.
    pub(crate) fn to(&self, peer: SocketAddr) -> Option<u64> {
        self.wires.iter().find(|(_, wire)| wire.peer == peer).map(|(id, _)| *id)
    }

    /// The engine knows of the end.
    pub(crate) fn forget(&mut self, wire: u64) -> Option<Wire> {
        self.wires.remove(&wire)
    }

    /// The phone's ends of all its connections are gone.
    pub(crate) fn cut(&mut self, phone: usize, reset: bool) -> Vec<u64> {
        self.of_phone.remove(&phone);
        let mut cut = Vec::new();
        for (id, wire) in &mut self.wires {
            if wire.phone == phone && !wire.gone {
                (wire.gone, wire.reset) = (true, reset);
                cut.push(*id);
            }
        }
        self.counts.1 += cut.len() as u64;
        cut
    }

    /// When what is sent now arrives: never before what was sent earlier.
    pub(crate) fn arrival(
        &mut self,
        now: Instant,
        wire: u64,
        to_engine: bool,
        dark: bool,
    ) -> Instant {
        let mut delay = Duration::from_micros(200 + self.chance.below(4_000));
        if dark {
            delay += DARK;
        } else if self.chance.share(self.weather.loss) {
            delay += Duration::from_millis(200 + self.chance.below(1_500));
        }
        let Some(wire) = self.wires.get_mut(&wire) else { return now + delay };
        let last = if to_engine { &mut wire.to_engine } else { &mut wire.to_phone };
        *last = (*last).max(now + delay);
        *last
    }
}
