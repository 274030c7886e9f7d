/// How many of each thing the stack holds. When all have hung up and 64 × T1 has passed, only
/// `bindings`, `nonces` and `lockouts` are above zero, and the last two empty themselves in minutes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Census {
    /// Client transactions.
    pub clients: usize,
    /// Server transactions.
    pub servers: usize,
    /// Dialogs that the conductor knows.
    pub dialogs: usize,
    /// Dialogs that the conductor has forgotten and that still have something to say (a BYE under
    /// way, a CANCEL that waits for a provisional).
    pub closing: usize,
    /// Registered contacts.
    pub bindings: usize,
    /// Nonces whose counts are remembered.
    pub nonces: usize,
    /// Sources, and pairs of source and account, with failed tries.
    pub lockouts: usize,
    /// Entries of side tables (by tag, by flow, merged requests): zero when the rest is.
    pub indexes: usize,
    /// Armed timers.
    pub timers: usize,
}

impl Census {
    /// Whether nothing is left of any call.
    #[must_use]
    pub const fn is_calm(&self) -> bool {
        self.clients == 0 && self.servers == 0 && self.dialogs == 0 && self.closing == 0
    }
}
