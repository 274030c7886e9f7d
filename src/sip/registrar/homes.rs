use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use smallvec::SmallVec;

use crate::base::{AccountId, Instant};
use crate::sip::auth::source_of;

/// For how long an address counts as an account's home after its last REGISTER.
const DAY: Duration = Duration::from_secs(86_400);
/// Addresses of one account that are remembered; one more takes the oldest one's place.
const EACH: usize = 8;

/// From where accounts were registered of late, whether their contacts are still there or not: after a
/// power cut the phones of a house come back from there, with other ports. (IPv6 counts by /64.)
#[derive(Clone, Default, Debug)]
pub(crate) struct Homes {
    homes: HashMap<AccountId, SmallVec<[(IpAddr, Instant); 1]>>,
}

impl Homes {
    /// The account proved itself from there.
    pub(crate) fn note(&mut self, account: &AccountId, source: IpAddr, at: Instant) {
        let source = source_of(source);
        let Some(homes) = self.homes.get_mut(account) else {
            self.homes.insert(account.clone(), SmallVec::from_iter([(source, at)]));
            return;
        };
        homes.retain(|(known, _)| *known != source);
        if homes.len() >= EACH {
            homes.remove(0);
        }
        homes.push((source, at));
    }

    /// Whether it did within the last day.
    pub(crate) fn has(&self, account: &AccountId, source: IpAddr, now: Instant) -> bool {
        let source = source_of(source);
        self.homes.get(account).is_some_and(|homes| is_among(homes, source, now))
    }

    /// Whether any account did.
    pub(crate) fn is_of_any(&self, source: IpAddr, now: Instant) -> bool {
        let source = source_of(source);
        self.homes.values().any(|homes| is_among(homes, source, now))
    }

    /// Forgets the accounts that are not known.
    pub(crate) fn keep(&mut self, is_known: impl Fn(&AccountId) -> bool) {
        self.homes.retain(|account, _| is_known(account));
    }
}

fn is_among(homes: &[(IpAddr, Instant)], source: IpAddr, now: Instant) -> bool {
    homes.iter().any(|(home, at)| *home == source && now.since(*at) < DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_is_one_for_a_day_and_an_account_has_few() {
        let mut homes = Homes::default();
        let (a, at): (AccountId, Instant) = ("a".into(), Instant::from_micros(1));
        let ip = |last: u8| IpAddr::from([10, 0, 0, last]);
        homes.note(&a, ip(1), at);
        assert!(homes.has(&a, ip(1), at) && !homes.has(&a, ip(2), at));
        assert!(!homes.has(&"b".into(), ip(1), at) && homes.is_of_any(ip(1), at));
        assert!(!homes.has(&a, ip(1), at + DAY));
        for last in 2..200 {
            homes.note(&a, ip(last), at);
        }
        assert_eq!(homes.homes[&a].len(), EACH);
        homes.keep(|_| false);
        assert!(homes.homes.is_empty());
    }
}
