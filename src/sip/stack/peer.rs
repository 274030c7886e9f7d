use serde::{Deserialize, Serialize};

use crate::base::{AccountId, TrunkId};

/// Who is at the other end, as proved by a source address or by a digest.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Peer {
    /// A trunk, known by the address its messages come from.
    Trunk(TrunkId),
    /// An account, known by its digest.
    Account(AccountId),
}
