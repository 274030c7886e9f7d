use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use crate::acd;
use crate::base::{AccountId, AgentId, Instant, TrunkId};
use crate::call::core::Core;
use crate::call::{Effect, Fact, RegistrationView, Settings, View};
use crate::sip;

/// Sources, and accounts of each, that the alarm of locks names.
const NAMED: usize = 16;

impl Core {
    /// Registrations of the last run are good until they expire (R18).
    pub(crate) fn restore(
        &mut self,
        now: Instant,
        bindings: Vec<sip::Binding>,
        out: &mut Vec<Effect>,
    ) {
        self.world.stack.restore_bindings(now, bindings);
        let restored: Vec<sip::Binding> = self.world.stack.bindings().cloned().collect();
        for binding in &restored {
            self.know_contact(binding, out);
        }
        self.tell_reachable(now);
    }

    /// Tells the desk of every agent whether the phone is registered.
    pub(crate) fn tell_reachable(&mut self, now: Instant) {
        let mut phones: Vec<(AgentId, AccountId)> = self
            .settings
            .phones
            .iter()
            .map(|(agent, phone)| (agent.clone(), phone.account.clone()))
            .collect();
        phones.sort_unstable();
        for (agent, account) in phones {
            let reachable = self.world.stack.is_reachable(&account);
            self.desk_step(now, acd::Input::Reachable { agent, reachable });
        }
    }

    fn know_contact(&mut self, binding: &sip::Binding, out: &mut Vec<Effect>) {
        let account = binding.account.clone();
        let view = RegistrationView {
            account,
            contact: binding.contact.clone(),
            source: binding.flow.peer.to_string(),
            transport: binding.flow.transport.name().to_ascii_lowercase(),
            expires: self.world.clock.wall(binding.expires_at),
            user_agent: binding.user_agent.chars().take(128).collect(),
        };
        out.push(Effect::View(Box::new(View::Registration(view))));
    }

    pub(crate) fn registered(
        &mut self,
        now: Instant,
        account: &AccountId,
        binding: &sip::Binding,
        out: &mut Vec<Effect>,
    ) {
        self.know_contact(binding, out);
        // A refresh is no news.
        if binding.since == now {
            let contact = binding.contact.clone();
            let account = account.clone();
            self.record(now, Fact::Registration { account, contact, registered: true }, out);
        }
        self.reachable(now, account, out);
        out.push(Effect::KeepRegistrations(account.clone()));
    }

    pub(crate) fn unregistered(
        &mut self,
        now: Instant,
        account: &AccountId,
        contact: String,
        out: &mut Vec<Effect>,
    ) {
        if !self.world.stack.is_reachable(account) {
            let view = RegistrationView {
                account: account.clone(),
                contact: String::new(),
                source: String::new(),
                transport: String::new(),
                expires: self.world.clock.wall(now),
                user_agent: String::new(),
            };
            out.push(Effect::View(Box::new(View::Registration(view))));
            let account = account.clone();
            self.record(now, Fact::Registration { account, contact, registered: false }, out);
        }
        self.reachable(now, account, out);
        out.push(Effect::KeepRegistrations(account.clone()));
    }

    fn reachable(&mut self, now: Instant, account: &AccountId, out: &mut Vec<Effect>) {
        let Some(agent) = self.settings.agent_of(account).cloned() else { return };
        let reachable = self.world.stack.is_reachable(account);
        let was = self.desk.agent(&agent).is_some_and(|agent| agent.reachable);
        if was != reachable {
            self.desk_step(now, acd::Input::Reachable { agent: agent.clone(), reachable });
            self.show_agent(&agent, out);
        }
    }

    /// The registrations of one account as they are now.
    pub fn bindings_of(&self, account: &AccountId) -> impl Iterator<Item = &sip::Binding> {
        self.world.stack.bindings_of(account)
    }

    /// All registrations as they are now, to be kept for the next start.
    pub fn bindings(&self) -> impl Iterator<Item = &sip::Binding> {
        self.world.stack.bindings()
    }

    pub(crate) fn trunk_alive(
        &mut self,
        now: Instant,
        trunk: TrunkId,
        alive: bool,
        out: &mut Vec<Effect>,
    ) {
        let changed = if alive {
            self.dead_trunks.remove(&trunk)
        } else {
            self.dead_trunks.insert(trunk.clone())
        };
        if changed {
            let what =
                format!("trunk {trunk} does not answer OPTIONS; check the line and its address");
            self.trunk_alarm(now, &trunk, what, alive, out);
            self.show_trunk(&trunk, out);
        }
    }

    /// New settings: trunks that are gone are shown no more, and of those that are no longer asked
    /// nobody knows whether they answer.
    pub(crate) fn forget_trunks(&mut self, now: Instant, old: &Settings, out: &mut Vec<Effect>) {
        let mut gone: Vec<TrunkId> = old.trunks.keys().cloned().collect();
        gone.retain(|trunk| !self.settings.trunks.contains_key(trunk));
        gone.sort();
        out.extend(gone.into_iter().map(|trunk| Effect::View(Box::new(View::TrunkGone(trunk)))));
        let asked = |trunk: &TrunkId| {
            let mut trunks = self.settings.sip.trunks.iter();
            trunks.any(|known| known.id == *trunk && known.keepalive.is_some())
        };
        let mut unknown: Vec<TrunkId> =
            self.dead_trunks.iter().filter(|trunk| !asked(trunk)).cloned().collect();
        unknown.sort();
        for trunk in unknown {
            self.dead_trunks.remove(&trunk);
            let what = format!("trunk {trunk} is no longer configured to be asked by OPTIONS");
            self.trunk_alarm(now, &trunk, what, true, out);
        }
    }

    fn trunk_alarm(
        &mut self,
        now: Instant,
        trunk: &TrunkId,
        what: String,
        cleared: bool,
        out: &mut Vec<Effect>,
    ) {
        let id = format!("trunk-{trunk}");
        self.record(now, Fact::Alarm { id, what, cleared }, out);
    }

    /// Sources of phones are locked after wrong passwords: an alarm names them and the accounts.
    pub(crate) fn locked_out(
        &mut self,
        now: Instant,
        locked: &BTreeMap<IpAddr, BTreeSet<String>>,
        out: &mut Vec<Effect>,
    ) {
        let place = |(source, users): (&IpAddr, &BTreeSet<String>)| {
            let users: Vec<&str> = users.iter().take(NAMED).map(String::as_str).collect();
            match users.is_empty() {
                true => source.to_string(),
                false => format!("{source} (accounts {})", users.join(", ")),
            }
        };
        let places: Vec<String> = locked.iter().take(NAMED).map(place).collect();
        let (cleared, minutes) = (locked.is_empty(), self.settings.sip.lockout.time.as_secs() / 60);
        let what = if cleared {
            "no phone is locked out any more".to_owned()
        } else {
            format!(
                "wrong passwords from {}: they are not listened to until {minutes} minutes after the \
                 last one; correct the password of these phones",
                places.join("; ")
            )
        };
        self.record(now, Fact::Alarm { id: "lockout".to_owned(), what, cleared }, out);
    }

    pub(crate) fn flush_strangers(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let due = [self.strangers.deadline(), self.refusals.deadline()];
        if due.into_iter().flatten().any(|at| at <= now) {
            self.flush_strangers_now(now, out);
        }
    }

    pub(crate) fn flush_strangers_now(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for (source, count) in self.strangers.take() {
            self.record(now, Fact::StrangersRefused { source, count }, out);
        }
        for (source, count) in self.refusals.take() {
            self.record(now, Fact::InvitesRefused { source, count }, out);
        }
    }
}
