use crate::base::{AccountId, DialogId, Instant, Random};
use crate::sip::registrar::Binding;
use crate::sip::stack::{Census, Input, Output, Settings};

/// The SIP side of the engine: all transactions, dialogs, bindings and nonces.
#[derive(Clone, Debug)]
pub struct Stack {
    settings: Settings,
    random: Random,
    next_dialog: u64,
}

impl Stack {
    /// A stack without calls and bindings.
    #[must_use]
    pub fn new(settings: Settings, random: Random) -> Self {
        Self { settings, random, next_dialog: 1 }
    }

    /// Takes one input and pushes what must be done.
    pub fn handle(&mut self, now: Instant, input: Input, out: &mut Vec<Output>) {
        let _ = (now, input, out, &self.settings, &mut self.random);
    }

    /// When `handle` wants `Input::Deadline` if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// Takes new settings. Calls go on; dialogs of trunks and accounts that are gone end.
    pub fn reconfigure(&mut self, now: Instant, settings: Settings, out: &mut Vec<Output>) {
        let _ = (now, out);
        self.settings = settings;
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
        Census::default()
    }

    /// Forgets a dialog at once and sends nothing, after a panic in its call.
    pub fn bury(&mut self, dialog: DialogId) {
        let _ = dialog;
    }

    /// All contacts, in no order.
    pub fn bindings(&self) -> impl Iterator<Item = &Binding> {
        std::iter::empty()
    }

    /// Takes back the contacts of the last run (R18). Those of unknown accounts and expired ones are
    /// left out, and TCP connections forgotten.
    pub fn restore_bindings(&mut self, now: Instant, bindings: Vec<Binding>) {
        let _ = (now, bindings);
    }

    /// Whether the account has a contact that can be called.
    #[must_use]
    pub fn is_reachable(&self, account: &AccountId) -> bool {
        let _ = account;
        false
    }
}
