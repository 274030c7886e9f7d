use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};

use crate::base::AccountId;
use crate::sip::Binding;

/// From which addresses phones are registered, for those who read sockets. The core's hands keep it.
#[derive(Clone, Default, Debug)]
pub(crate) struct PhoneSources {
    now: Arc<RwLock<Phones>>,
}

#[derive(Default, Debug)]
struct Phones {
    by_account: HashMap<AccountId, Vec<IpAddr>>,
    /// How many contacts each address has.
    counts: HashMap<IpAddr, usize>,
}

impl PhoneSources {
    /// These are the contacts of an account now.
    pub(crate) fn set<'a>(&self, account: &AccountId, bindings: impl Iterator<Item = &'a Binding>) {
        let sources: Vec<IpAddr> =
            bindings.map(|binding| binding.flow.peer.ip().to_canonical()).collect();
        // A refresh, which most are, changes nothing.
        let is_same = |phones: &Phones| match phones.by_account.get(account) {
            Some(old) => *old == sources,
            None => sources.is_empty(),
        };
        if is_same(&self.now.read().unwrap_or_else(PoisonError::into_inner)) {
            return;
        }
        let mut phones = self.now.write().unwrap_or_else(PoisonError::into_inner);
        let Phones { by_account, counts } = &mut *phones;
        for source in &sources {
            *counts.entry(*source).or_default() += 1;
        }
        let old = if sources.is_empty() {
            by_account.remove(account)
        } else {
            by_account.insert(account.clone(), sources)
        };
        for source in old.unwrap_or_default() {
            if let Some(count) = counts.get_mut(&source) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(&source);
                }
            }
        }
    }

    /// Whether a phone is registered from this address.
    pub(crate) fn contain(&self, source: IpAddr) -> bool {
        let phones = self.now.read().unwrap_or_else(PoisonError::into_inner);
        phones.counts.contains_key(&source.to_canonical())
    }
}

#[cfg(test)]
pub(crate) fn binding(account: &str, peer: &str) -> Binding {
    use crate::base::Instant;
    use crate::sip::{Flow, Transport};
    let local = "10.0.0.1:5060".parse().unwrap();
    let peer = peer.parse().unwrap();
    Binding {
        account: account.into(),
        contact: format!("sip:{account}@{peer}"),
        flow: Flow { transport: Transport::Udp, local, peer, connection: None },
        behind_nat: false,
        since: Instant::ZERO,
        refreshed: Instant::ZERO,
        expires_at: Instant::from_micros(9),
        call_id: "c".into(),
        cseq: 1,
        user_agent: String::new(),
        instance: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_known_for_as_long_as_one_phone_is_registered_from_it() {
        let sources = PhoneSources::default();
        let (one, two) = (AccountId::from("1"), AccountId::from("2"));
        let (here, there) = ("10.0.0.9".parse().unwrap(), "10.0.0.8".parse().unwrap());
        let known = || (sources.contain(here), sources.contain(there));
        sources.set(&one, [binding("1", "10.0.0.9:5060")].iter());
        sources.set(&two, [binding("2", "10.0.0.9:40000"), binding("2", "10.0.0.8:1")].iter());
        sources.set(&two, [binding("2", "10.0.0.9:40001"), binding("2", "10.0.0.8:1")].iter());
        assert_eq!(known(), (true, true));
        sources.set(&one, [].iter());
        assert_eq!(known(), (true, true));
        sources.set(&two, [binding("2", "10.0.0.8:1")].iter());
        assert_eq!(known(), (false, true));
        sources.set(&two, [].iter());
        assert_eq!(known(), (false, false));
        assert!(sources.now.read().unwrap().counts.is_empty());
    }
}
