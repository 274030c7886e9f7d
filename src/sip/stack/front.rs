use crate::base::{AccountId, Deadlines, DialogId, Instant, Random, TrunkId};
use crate::sip::auth::Authority;
use crate::sip::registrar::{Binding, Registrar};
use crate::sip::stack::nat::nat;
use crate::sip::stack::{
    Census, Clients, Dialogs, Flow, Hunts, Input, Keepalives, Messages, Net, Output, Servers,
    Settings,
};
use crate::sip::txn::{ClientId, ServerId};

/// The SIP side of the engine: all transactions, dialogs, bindings and nonces.
#[derive(Clone, Debug)]
pub struct Stack {
    pub(super) net: Net,
    pub(super) random: Random,
    pub(super) clients: Clients,
    pub(super) servers: Servers,
    pub(super) dialogs: Dialogs,
    pub(super) hunts: Hunts,
    pub(super) registrar: Registrar,
    pub(super) authority: Authority,
    pub(super) keepalives: Keepalives,
    pub(super) messages: Messages,
    pub(super) timers: Deadlines<Timer>,
    /// Machines whose step is being done, the outer first; empty between inputs.
    pub(super) at_work: Vec<Timer>,
    #[cfg(test)]
    pub(crate) break_next_dialog: bool,
    /// Makes To tags of what is answered without a memory.
    pub(super) tag_key: [u64; 4],
    next_dialog: u64,
}

/// Whose deadline it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) enum Timer {
    Client(ClientId),
    Server(ServerId),
    Dialog(DialogId),
    /// Of a call that has more contacts to try.
    Hunt(DialogId),
    Trunk(TrunkId),
}

impl Stack {
    /// A stack without calls and bindings.
    #[must_use]
    pub fn new(settings: Settings, mut random: Random) -> Self {
        let tag_key = std::array::from_fn(|_| random.next_u64());
        let [a, b, c, d] = std::array::from_fn(|_| random.next_u64());
        let hasher = ahash::RandomState::with_seeds(a, b, c, d);
        Self {
            net: Net::new(settings),
            clients: Clients::new(hasher.clone()),
            servers: Servers::new(hasher.clone()),
            dialogs: Dialogs::new(hasher.clone()),
            hunts: Hunts::new(hasher.clone()),
            registrar: Registrar::new(&mut random),
            authority: Authority::new(&mut random),
            keepalives: Keepalives::default(),
            messages: Messages::default(),
            timers: Deadlines::with_hasher(hasher),
            at_work: Vec::new(),
            #[cfg(test)]
            break_next_dialog: false,
            tag_key,
            next_dialog: 1,
            random,
        }
    }

    /// Takes one input and pushes what must be done.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        self.at_work.clear();
        self.start_keepalives(now);
        match input {
            Input::Received { flow, bytes } => self.received(now, flow, bytes, out),
            Input::Closed { connection } => self.closed(now, connection, out),
            Input::SendFailed { flow } => self.send_failed(now, &flow, out),
            Input::Command(command) => self.command(now, command, out),
            Input::Deadline => self.deadline_came(now, out),
        }
    }

    /// When `handle` wants `Input::Deadline` if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        [
            self.timers.first(),
            self.registrar.deadline(),
            self.authority.deadline(),
            self.keepalives.deadline(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Takes new settings. Calls go on; dialogs, contacts and keep-alives of trunks and accounts
    /// that are gone end.
    pub fn reconfigure(&mut self, now: Instant, settings: Settings, out: &mut Vec<Output>) {
        let before = nat(&self.net.settings);
        self.net = Net::new(settings);
        let after = nat(&self.net.settings);
        if after != before {
            self.registrar.open_ways(now, after);
        }
        self.drop_strangers(now, out);
        self.keepalives.reset();
        self.start_keepalives(now);
    }

    /// An id for `Command::Invite`.
    pub fn new_dialog(&mut self) -> DialogId {
        let id = DialogId(self.next_dialog);
        self.next_dialog += 1;
        id
    }

    /// How many of each thing there are.
    #[must_use]
    pub fn census(&self) -> Census {
        let ways = self.clients.ways() + self.servers.indexes() + self.dialogs.indexes();
        let ways = ways + self.hunts.len();
        Census {
            clients: self.clients.len(),
            servers: self.servers.len(),
            dialogs: self.dialogs.len() - self.dialogs.closing(),
            closing: self.dialogs.closing(),
            bindings: self.registrar.len(),
            nonces: self.authority.nonces(),
            lockouts: self.authority.suspects(),
            indexes: ways,
            timers: self.timers.len(),
        }
    }

    /// Forgets a dialog at once and sends nothing, after a panic in its call.
    pub fn bury(&mut self, dialog: DialogId) {
        let inner = self.hunts.inner(dialog);
        self.bury_hunt(dialog);
        self.bury_inner(inner);
    }

    fn bury_inner(&mut self, dialog: DialogId) {
        for client in self.clients.of_dialog(dialog) {
            self.clients.forget(client);
            self.timers.set(&Timer::Client(client), None);
        }
        for server in self.servers.of_dialog(dialog) {
            self.servers.forget(server);
            self.timers.set(&Timer::Server(server), None);
        }
        self.dialogs.bury(dialog);
        self.timers.set(&Timer::Dialog(dialog), None);
    }

    /// After a panic in `handle`: forgets the transactions and dialogs whose step it was. Tables are
    /// sound again, since a machine is out of its table during its step and what leads to it is
    /// looked for everywhere. Returns the dialogs, which end without another word.
    pub fn mend(&mut self) -> Vec<DialogId> {
        let mut lost = Vec::new();
        for at_work in std::mem::take(&mut self.at_work) {
            match at_work {
                Timer::Client(id) => self.clients.bury(id),
                Timer::Server(id) => self.servers.bury(id),
                Timer::Dialog(id) => {
                    let outer = self.hunts.outer(id);
                    if self.hunts.is(id, outer) {
                        self.bury_hunt(outer);
                        lost.push(outer);
                    }
                    self.bury_inner(id);
                }
                Timer::Hunt(_) | Timer::Trunk(_) => continue,
            }
            self.timers.set(&at_work, None);
        }
        lost
    }

    /// All contacts, in no order.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        self.registrar.all()
    }

    /// The contacts of one account, oldest first.
    pub fn bindings_of(&self, account: &AccountId) -> impl Iterator<Item = &Binding> {
        self.registrar.of(account)
    }

    /// Takes back the contacts of the last run (R18). Those of unknown accounts, expired ones, and
    /// those that only a lost TCP connection could reach are left out.
    pub fn restore_bindings(&mut self, now: Instant, bindings: Vec<Binding>) {
        for mut binding in bindings {
            self.registrar.remember(&binding);
            let is_lost = binding.behind_nat && binding.flow.transport.is_reliable();
            binding.flow.connection = None;
            if binding.expires_at > now
                && !is_lost
                && self.net.account(&binding.account).is_some()
                && self.registrar.len() < self.net.settings.limits.bindings
                && let Some(key) = crate::sip::stack::contact_key(&binding.contact)
            {
                self.registrar.restore(now, key, binding, nat(&self.net.settings));
            }
        }
    }

    /// Where the contact that would be called now sent its REGISTER from.
    #[must_use]
    pub fn newest_source(&self, account: &AccountId) -> Option<std::net::IpAddr> {
        self.registrar.newest(account).map(|binding| binding.flow.peer.ip())
    }

    /// The flow that an account's phone registered by which a dialog calls now, if it still is so.
    #[must_use]
    pub fn phone_of(&self, account: &AccountId, dialog: DialogId) -> Option<Flow> {
        let flow = self.dialogs.get(self.hunts.inner(dialog))?.ends().source;
        self.registrar.at(account, flow).map(|binding| binding.flow)
    }

    /// Whether the account has a contact that can be called.
    #[must_use]
    pub fn is_reachable(&self, account: &AccountId) -> bool {
        self.registrar.newest(account).is_some()
    }
}
