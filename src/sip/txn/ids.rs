use serde::{Deserialize, Serialize};

/// The name of a client transaction: the number in its branch, and whether it is the CANCEL, which
/// shares the branch of its INVITE (RFC 3261 §9.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct ClientId {
    pub(crate) branch: u64,
    pub(crate) is_cancel: bool,
}

impl ClientId {
    /// The transaction of a request that is no CANCEL.
    pub(crate) const fn new(branch: u64) -> Self {
        Self { branch, is_cancel: false }
    }

    /// The transaction of the CANCEL of this INVITE.
    pub(crate) const fn cancel(self) -> Self {
        Self { branch: self.branch, is_cancel: true }
    }
}

/// The name of a server transaction, counted up.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct ServerId(pub(crate) u64);
