use crate::acd;
use crate::base::{AccountId, AgentId, Instant, TrunkId};
use crate::call::core::Core;
use crate::call::{Effect, Fact, RegistrationView, View};
use crate::sip;

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
        out.push(Effect::KeepRegistrations);
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
        out.push(Effect::KeepRegistrations);
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
            let fact = Fact::Alarm {
                id: format!("trunk-{trunk}"),
                what: format!(
                    "trunk {trunk} does not answer OPTIONS; check the line and its address"
                ),
                cleared: alive,
            };
            self.record(now, fact, out);
            self.show_trunk(&trunk, out);
        }
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
