use crate::base::{Instant, Random};
use crate::sip::stack::{Net, Timers};
use crate::sip::txn::ClientId;

/// What a dialog stands on while it takes one input.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    /// The time.
    pub(crate) now: Instant,
    /// RFC 3261's timer base values.
    pub(crate) timers: Timers,
    /// Listeners, trunks and accounts.
    pub(crate) net: &'a Net,
    /// Branches and glare times are drawn from it.
    pub(crate) random: &'a mut Random,
}

impl Ground<'_> {
    /// The name of a new client transaction.
    pub(crate) fn client(&mut self) -> ClientId {
        ClientId::new(self.random.next_u64())
    }
}
