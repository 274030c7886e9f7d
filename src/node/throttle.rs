use std::net::SocketAddr;

use crate::base::Instant;
use crate::node::buckets::Buckets;
use crate::node::lanes::Kind;
use crate::node::phone_sources::PhoneSources;
use crate::node::trunk_sources::TrunkSources;

/// How fast a source that is no trunk may begin things, and how many at once.
const BEGINS: (u32, u32) = (200, 400);
/// The same for requests inside dialogs. They are more (keep-alives, holds, the BYE of every call), and
/// a lost one is sent again.
const GOES_ON: (u32, u32) = (1_000, 2_000);

/// What those who read sockets let through: everything of the trunks, which have their own caps; of
/// addresses where phones are registered all but what begins something; and of others as much as their
/// buckets hold, whatever it is (R14).
#[derive(Clone, Debug)]
pub(crate) struct Throttle {
    trunks: TrunkSources,
    phones: PhoneSources,
    begins: Buckets,
    goes_on: Buckets,
}

impl Throttle {
    pub(crate) fn new(trunks: TrunkSources, phones: PhoneSources) -> Self {
        Self {
            trunks,
            phones,
            begins: Buckets::new(BEGINS.0, BEGINS.1),
            goes_on: Buckets::new(GOES_ON.0, GOES_ON.1),
        }
    }

    /// Whether one more message of this kind may pass now.
    pub(crate) fn lets(&mut self, now: Instant, source: SocketAddr, kind: Kind) -> bool {
        if kind.begins() {
            return self.trunks.contain(source) || self.begins.take(now, source.ip());
        }
        self.is_familiar(source) || self.goes_on.take(now, source.ip())
    }

    /// Whether a trunk or a registered phone is at this address.
    pub(crate) fn is_familiar(&self, source: SocketAddr) -> bool {
        self.trunks.contain(source) || self.phones.contain(source.ip())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::phone_sources::binding;
    use crate::sip::TrunkSettings;

    #[test]
    fn strangers_have_buckets_for_all_that_they_send_and_trunks_have_none() {
        let trunk = "192.0.2.1:5060".parse().unwrap();
        let trunks = TrunkSources::new(&[TrunkSettings::new("t".into(), trunk)]);
        let phones = PhoneSources::default();
        let phone = "203.0.113.8:4000".parse().unwrap();
        phones.set(&"1".into(), [binding("1", "203.0.113.8:5060")].iter());
        let mut throttle = Throttle::new(trunks.clone(), phones.clone());
        let stranger = "203.0.113.7:4000".parse().unwrap();
        let mut count = |source, kind| {
            (0..5_000).filter(|_| throttle.lets(Instant::ZERO, source, kind)).count()
        };
        for (source, kind, passed) in [
            (stranger, Kind::Begins, 400),
            (stranger, Kind::GoesOn, 2_000),
            (stranger, Kind::Answers, 0),
            (phone, Kind::Begins, 400),
            (phone, Kind::GoesOn, 5_000),
            (phone, Kind::Answers, 5_000),
            (trunk, Kind::Begins, 5_000),
            (trunk, Kind::GoesOn, 5_000),
            (trunk, Kind::Answers, 5_000),
        ] {
            assert_eq!(count(source, kind), passed, "{source} {kind:?}");
        }
        // Another trunk by a reload: what was one has buckets now.
        trunks.replace(&[TrunkSettings::new("t".into(), stranger)]);
        assert_eq!(count(stranger, Kind::Begins), 5_000);
        assert_eq!(count(trunk, Kind::Begins), 400);
        phones.set(&"1".into(), [].iter());
        assert_eq!(count(phone, Kind::Answers), 2_000);
    }
}
