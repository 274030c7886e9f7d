use std::collections::HashMap;
use std::net::IpAddr;

use smallvec::SmallVec;

use crate::base::{AccountId, Deadlines, Instant, Random};
use crate::sip::registrar::{Binding, Homes, Nat, NotRegistered, Registering, Wish};
use crate::sip::stack::{Event, Flow, Output};

/// All contacts of all accounts, with their expiry.
#[derive(Clone, Debug)]
pub(crate) struct Registrar {
    bindings: HashMap<u64, Entry, ahash::RandomState>,
    /// Oldest first.
    by_account: HashMap<AccountId, SmallVec<[u64; 2]>, ahash::RandomState>,
    by_connection: HashMap<u64, SmallVec<[u64; 1]>, ahash::RandomState>,
    deadlines: Deadlines<u64>,
    /// When the way to a phone behind NAT is to be kept open next.
    openings: Deadlines<u64>,
    homes: Homes,
    next: u64,
}

#[derive(Clone, Debug)]
struct Entry {
    key: String,
    binding: Binding,
}

impl Registrar {
    pub(crate) fn new(random: &mut Random) -> Self {
        let [a, b, c, d] = std::array::from_fn(|_| random.next_u64());
        let hasher = ahash::RandomState::with_seeds(a, b, c, d);
        Self {
            bindings: HashMap::with_hasher(hasher.clone()),
            by_account: HashMap::with_hasher(hasher.clone()),
            by_connection: HashMap::with_hasher(hasher.clone()),
            deadlines: Deadlines::with_hasher(hasher.clone()),
            openings: Deadlines::with_hasher(hasher),
            homes: Homes::default(),
            next: 1,
        }
    }

    /// Grants all wishes of a REGISTER, or none.
    pub(crate) fn register(
        &mut self,
        now: Instant,
        account: &AccountId,
        registering: &Registering,
        wishes: Vec<Wish>,
        out: &mut Vec<Output>,
    ) -> Result<(), NotRegistered> {
        let mut more = 0;
        for wish in &wishes {
            match self.find(account, wish).and_then(|id| self.bindings.get(&id)) {
                Some(entry)
                    if entry.binding.call_id == registering.call_id
                        && entry.binding.cseq >= registering.cseq =>
                {
                    return Err(NotRegistered::OutOfOrder);
                }
                Some(_) => {}
                None => more += usize::from(!wish.expires.is_zero()),
            }
        }
        let here = self.by_account.get(account).map_or(0, SmallVec::len);
        let grows = (here + more).min(registering.max_contacts.max(1)).saturating_sub(here);
        if self.bindings.len() + grows > registering.max_all {
            return Err(NotRegistered::Full);
        }
        for wish in wishes {
            let found = self.find(account, &wish);
            if wish.expires.is_zero() {
                if let Some(id) = found {
                    self.remove(id, Some(out));
                }
                continue;
            }
            let since = match found.and_then(|id| self.remove_silently(id)) {
                Some(old) if old.contact == wish.contact => old.since,
                Some(old) => {
                    let contact = old.contact;
                    let account = account.clone();
                    out.push(Output::Event(Event::Unregistered { account, contact }));
                    now
                }
                None => now,
            };
            while let Some(ids) = self.by_account.get(account)
                && ids.len() >= registering.max_contacts.max(1)
                && let Some(oldest) = ids.first()
            {
                self.remove(*oldest, Some(out));
            }
            let source = registering.flow.peer.ip().to_canonical();
            self.homes.note(account, source, now);
            let behind_nat = wish.host.is_none_or(|host| host.to_canonical() != source);
            let nat = registering.nat.filter(|_| behind_nat);
            let expires = nat.map_or(wish.expires, |nat| wish.expires.min(nat.expires));
            let binding = Binding {
                account: account.clone(),
                behind_nat,
                contact: wish.contact,
                flow: registering.flow,
                since,
                refreshed: now,
                expires_at: now + expires,
                call_id: registering.call_id.clone(),
                cseq: registering.cseq,
                user_agent: registering.user_agent.clone(),
                instance: wish.instance,
            };
            out.push(Output::Event(Event::Registered {
                account: account.clone(),
                binding: binding.clone(),
            }));
            let id = self.insert(wish.key, binding);
            self.openings.set(&id, nat.map(|nat| now + nat.every));
        }
        Ok(())
    }

    /// Removes all contacts of an account (`Contact: *`), unless one of them was made by a later
    /// REGISTER of the same Call-ID.
    pub(crate) fn remove_all(
        &mut self,
        account: &AccountId,
        by: Option<&Registering>,
        out: &mut Vec<Output>,
    ) -> Result<(), NotRegistered> {
        let ids = self.by_account.get(account).cloned().unwrap_or_default();
        if let Some(by) = by
            && self
                .of(account)
                .any(|binding| binding.call_id == by.call_id && binding.cseq >= by.cseq)
        {
            return Err(NotRegistered::OutOfOrder);
        }
        for id in ids {
            self.remove(id, Some(out));
        }
        Ok(())
    }

    /// Takes a binding of the last run back. The ways to phones behind NAT are opened one after the
    /// other, not all at once.
    pub(crate) fn restore(
        &mut self,
        now: Instant,
        key: String,
        binding: Binding,
        nat: Option<Nat>,
    ) {
        let nat = nat.filter(|_| binding.behind_nat);
        let id = self.insert(key, binding);
        let part = u32::try_from(id % 32).unwrap_or(0);
        self.openings.set(&id, nat.map(|nat| now + nat.every / 32 * part));
    }

    /// An account was registered from somewhere in the last run.
    pub(crate) fn remember(&mut self, binding: &Binding) {
        let source = binding.flow.peer.ip().to_canonical();
        self.homes.note(&binding.account, source, binding.refreshed.max(binding.since));
    }

    /// The ways to phones behind NAT are kept open so from now on.
    pub(crate) fn open_ways(&mut self, now: Instant, nat: Option<Nat>) {
        let mut behind: Vec<u64> = self
            .bindings
            .iter()
            .filter(|(_, entry)| entry.binding.behind_nat)
            .map(|(id, _)| *id)
            .collect();
        behind.sort_unstable();
        for id in behind {
            let part = u32::try_from(id % 32).unwrap_or(0);
            self.openings.set(&id, nat.map(|nat| now + nat.every / 32 * part));
        }
    }

    /// A phone whose way is to be kept open now.
    pub(crate) fn pop_way(&mut self, now: Instant, nat: Option<Nat>) -> Option<&Binding> {
        let id = self.openings.pop_due(now)?;
        self.openings.set(&id, nat.map(|nat| now + nat.every));
        self.bindings.get(&id).map(|entry| &entry.binding)
    }

    /// Whether the account was registered from this address within the last day.
    pub(crate) fn was_at(&self, account: &AccountId, source: IpAddr, now: Instant) -> bool {
        self.homes.has(account, source, now)
    }

    /// Whether any account was.
    pub(crate) fn is_home(&self, source: IpAddr, now: Instant) -> bool {
        self.homes.is_of_any(source, now)
    }

    /// Forgets where accounts were that are no longer known.
    pub(crate) fn keep_homes(&mut self, is_known: impl Fn(&AccountId) -> bool) {
        self.homes.keep(is_known);
    }

    /// Removes what has expired.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        while let Some(id) = self.deadlines.pop_due(now) {
            self.remove(id, Some(out));
        }
    }

    /// A TCP connection is gone: a phone behind NAT cannot be reached any more; another is called
    /// at its contact.
    pub(crate) fn closed(&mut self, connection: u64, out: &mut Vec<Output>) {
        for id in self.by_connection.remove(&connection).unwrap_or_default() {
            match self.bindings.get_mut(&id) {
                Some(entry) if !entry.binding.behind_nat => entry.binding.flow.connection = None,
                Some(_) => self.remove(id, Some(out)),
                None => {}
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Instant> {
        [self.deadlines.first(), self.openings.first()].into_iter().flatten().min()
    }

    pub(crate) fn len(&self) -> usize {
        self.bindings.len()
    }

    /// All contacts, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.values().map(|entry| &entry.binding)
    }

    /// The contacts of an account, oldest first.
    pub(crate) fn of(&self, account: &AccountId) -> impl Iterator<Item = &Binding> {
        let ids = self.by_account.get(account).map_or(&[][..], SmallVec::as_slice);
        ids.iter().filter_map(|id| self.bindings.get(id)).map(|entry| &entry.binding)
    }

    /// The contact of an account that was refreshed last: where its phone was seen last.
    pub(crate) fn newest(&self, account: &AccountId) -> Option<&Binding> {
        self.of(account).max_by_key(|binding| (binding.refreshed, binding.since))
    }

    /// The contact of an account that was registered by this flow.
    pub(crate) fn at(&self, account: &AccountId, flow: Flow) -> Option<&Binding> {
        self.of(account).find(|binding| binding.flow == flow)
    }

    /// The contacts of an account but for the newest, the one that was refreshed first first.
    pub(crate) fn others(&self, account: &AccountId) -> Vec<String> {
        let mut all: Vec<&Binding> = self.of(account).collect();
        // As `newest` has it: among equals the last.
        all.sort_by_key(|binding| (binding.refreshed, binding.since));
        all.pop();
        all.into_iter().map(|binding| binding.contact.clone()).collect()
    }

    /// Whether the account has a contact that was registered from this address.
    pub(crate) fn is_at(&self, account: &AccountId, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.of(account).any(|binding| binding.flow.peer.ip().to_canonical() == address)
    }

    fn find(&self, account: &AccountId, wish: &Wish) -> Option<u64> {
        let ids = self.by_account.get(account)?;
        ids.iter().copied().find(|id| {
            self.bindings.get(id).is_some_and(|entry| {
                entry.key == wish.key
                    || (wish.instance.is_some() && entry.binding.instance == wish.instance)
            })
        })
    }

    fn insert(&mut self, key: String, binding: Binding) -> u64 {
        let id = self.next;
        self.next += 1;
        self.deadlines.set(&id, Some(binding.expires_at));
        self.by_account.entry(binding.account.clone()).or_default().push(id);
        if let Some(connection) = binding.flow.connection {
            self.by_connection.entry(connection).or_default().push(id);
        }
        self.bindings.insert(id, Entry { key, binding });
        id
    }

    fn remove(&mut self, id: u64, out: Option<&mut Vec<Output>>) {
        if let Some(Binding { account, contact, .. }) = self.remove_silently(id)
            && let Some(out) = out
        {
            out.push(Output::Event(Event::Unregistered { account, contact }));
        }
    }

    fn remove_silently(&mut self, id: u64) -> Option<Binding> {
        let Entry { binding, .. } = self.bindings.remove(&id)?;
        self.deadlines.set(&id, None);
        self.openings.set(&id, None);
        if let Some(ids) = self.by_account.get_mut(&binding.account) {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_account.remove(&binding.account);
            }
        }
        if let Some(connection) = binding.flow.connection
            && let Some(ids) = self.by_connection.get_mut(&connection)
        {
            ids.retain(|other| *other != id);
            if ids.is_empty() {
                self.by_connection.remove(&connection);
            }
        }
        Some(binding)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::sip::stack::{Flow, Transport};

    fn at(s: u64) -> Instant {
        Instant::from_micros(s * 1_000_000)
    }

    fn registering(peer: &str, cseq: u32, connection: Option<u64>) -> Registering {
        let transport = if connection.is_some() { Transport::Tcp } else { Transport::Udp };
        let local = "127.0.0.1:5060".parse().unwrap();
        Registering {
            flow: Flow { transport, local, peer: peer.parse().unwrap(), connection },
            call_id: "c".into(),
            cseq,
            user_agent: String::new(),
            max_contacts: 2,
            max_all: 3,
            nat: None,
        }
    }

    fn wish(host: &str, expires_s: u64) -> Wish {
        Wish {
            contact: format!("sip:a@{host}"),
            key: format!("a@{host}"),
            host: host.parse().ok(),
            expires: Duration::from_secs(expires_s),
            instance: None,
        }
    }

    fn told(out: &mut Vec<Output>) -> Vec<String> {
        out.drain(..)
            .map(|output| match output {
                Output::Event(Event::Registered { binding, .. }) => format!("+{}", binding.contact),
                Output::Event(Event::Unregistered { contact, .. }) => format!("-{contact}"),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn contacts_come_are_refreshed_displaced_and_expire() {
        let mut registrar = Registrar::new(&mut Random::from_number(1));
        let mut out = Vec::new();
        let a: AccountId = "a".into();
        let one = registering("10.0.0.1:5060", 1, None);
        registrar.register(at(0), &a, &one, vec![wish("10.0.0.1", 60)], &mut out).unwrap();
        assert_eq!(told(&mut out), ["+sip:a@10.0.0.1"]);
        assert!(!registrar.newest(&a).unwrap().behind_nat);

        let again = registrar.register(at(1), &a, &one, vec![wish("10.0.0.1", 60)], &mut out);
        assert_eq!(again, Err(NotRegistered::OutOfOrder));
        let two = registering("10.0.0.1:5060", 2, None);
        registrar.register(at(2), &a, &two, vec![wish("10.0.0.1", 60)], &mut out).unwrap();
        let two = registering("10.0.0.2:5060", 3, None);
        registrar.register(at(3), &a, &two, vec![wish("192.168.0.2", 30)], &mut out).unwrap();
        assert!(registrar.newest(&a).unwrap().behind_nat);
        told(&mut out);
        let three = registering("10.0.0.3:5060", 4, None);
        registrar.register(at(4), &a, &three, vec![wish("10.0.0.3", 90)], &mut out).unwrap();
        assert_eq!(told(&mut out), ["-sip:a@10.0.0.1", "+sip:a@10.0.0.3"]);
        assert_eq!(registrar.newest(&a).unwrap().contact, "sip:a@10.0.0.3");

        assert_eq!(registrar.deadline(), Some(at(33)));
        registrar.tick(at(33), &mut out);
        assert_eq!(told(&mut out), ["-sip:a@192.168.0.2"]);
        let four = registering("10.0.0.3:5060", 5, None);
        registrar.register(at(63), &a, &four, vec![wish("10.0.0.3", 0)], &mut out).unwrap();
        assert_eq!(told(&mut out), ["-sip:a@10.0.0.3"]);
        assert_eq!((registrar.len(), registrar.deadline()), (0, None));
        assert!(registrar.by_account.is_empty() && registrar.by_connection.is_empty());
    }

    #[test]
    fn a_phone_that_comes_back_elsewhere_replaces_itself() {
        let mut registrar = Registrar::new(&mut Random::from_number(1));
        let mut out = Vec::new();
        let a: AccountId = "a".into();
        for (cseq, host) in [(1, "10.0.0.1"), (2, "10.0.0.2")] {
            let wish = Wish { instance: Some("<urn:1>".into()), ..wish(host, 60) };
            let by = registering("10.0.0.9:5060", cseq, None);
            registrar.register(at(u64::from(cseq)), &a, &by, vec![wish], &mut out).unwrap();
        }
        assert_eq!(told(&mut out), ["+sip:a@10.0.0.1", "-sip:a@10.0.0.1", "+sip:a@10.0.0.2"]);
        assert_eq!(registrar.len(), 1);
    }

    #[test]
    fn a_lost_connection_takes_only_what_cannot_be_called_otherwise() {
        let mut registrar = Registrar::new(&mut Random::from_number(1));
        let mut out = Vec::new();
        let (near, far): (AccountId, AccountId) = ("near".into(), "far".into());
        let by = registering("10.0.0.1:40000", 1, Some(7));
        registrar.register(at(0), &near, &by, vec![wish("10.0.0.1", 60)], &mut out).unwrap();
        let by = registering("10.0.0.1:40000", 2, Some(7));
        registrar.register(at(0), &far, &by, vec![wish("192.168.0.1", 60)], &mut out).unwrap();
        told(&mut out);
        registrar.closed(7, &mut out);
        assert_eq!(told(&mut out), ["-sip:a@192.168.0.1"]);
        assert_eq!(registrar.newest(&near).unwrap().flow.connection, None);
        registrar.remove_all(&near, None, &mut out).unwrap();
        assert!(registrar.by_account.is_empty() && registrar.by_connection.is_empty());
    }

    #[test]
    fn the_table_is_bounded() {
        let mut registrar = Registrar::new(&mut Random::from_number(1));
        let mut out = Vec::new();
        for (n, account) in ["a", "b", "c", "d"].into_iter().enumerate() {
            let by = registering("10.0.0.1:5060", 1, None);
            let result =
                registrar.register(at(0), &account.into(), &by, vec![wish("x", 60)], &mut out);
            assert_eq!(result.is_ok(), n < 3, "{account}");
        }
    }
}
