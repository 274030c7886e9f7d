use std::time::Duration;

use crate::sim::chance::Chance;

/// How the network treats datagrams.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Weather {
    /// Share that is lost, 0–1.
    pub loss: f64,
    /// Share that comes twice, 0–1.
    pub double: f64,
    /// Share that is held up by up to [`Weather::late_by`], so that others overtake it, 0–1.
    pub late: f64,
    /// The longest extra delay of a late datagram.
    pub late_by: Duration,
}

impl Weather {
    /// Nothing is lost, doubled or overtaken.
    pub const FAIR: Self =
        Self { loss: 0.0, double: 0.0, late: 0.0, late_by: Duration::from_millis(0) };
    /// What a bad line does.
    pub const FOUL: Self =
        Self { loss: 0.12, double: 0.05, late: 0.08, late_by: Duration::from_millis(900) };
}

/// The network between the engine and its peers: says when each copy of a datagram arrives.
#[derive(Clone, Debug)]
pub(crate) struct Network {
    weather: Weather,
    chance: Chance,
    /// Nothing arrives.
    pub(crate) dark: bool,
    pub(crate) sent: u64,
    pub(crate) lost: u64,
}

impl Network {
    pub(crate) const fn new(weather: Weather, chance: Chance) -> Self {
        Self { weather, chance, dark: false, sent: 0, lost: 0 }
    }

    /// The delays of the copies that arrive: none, one or two.
    pub(crate) fn carry(&mut self) -> [Option<Duration>; 2] {
        self.sent += 1;
        if self.chance.share(self.weather.loss) || self.dark {
            self.lost += 1;
            return [None, None];
        }
        let first = self.delay();
        let twice = self.chance.share(self.weather.double);
        [Some(first), twice.then(|| self.delay())]
    }

    fn delay(&mut self) -> Duration {
        let usual = Duration::from_micros(200 + self.chance.below(4_000));
        if self.chance.share(self.weather.late) {
            let most = u64::try_from(self.weather.late_by.as_micros()).unwrap_or(0);
            return usual + Duration::from_micros(self.chance.below(most + 1));
        }
        usual
    }
}
