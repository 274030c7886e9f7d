use serde::{Deserialize, Serialize};

use crate::base::{AccountId, Instant};
use crate::sip::stack::Flow;

/// One contact of an account: where its phone is (RFC 3261 §10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Binding {
    /// Whose.
    pub account: AccountId,
    /// The contact's URI as registered.
    pub contact: String,
    /// Where the REGISTER came from. A phone behind NAT is called there.
    pub flow: Flow,
    /// Whether the contact's own host is not where its REGISTER came from.
    pub behind_nat: bool,
    /// When this contact was first registered.
    pub since: Instant,
    /// When it was registered last; the latest is called first.
    #[serde(default)]
    pub refreshed: Instant,
    /// When it expires.
    pub expires_at: Instant,
    /// Call-ID of its REGISTERs.
    pub call_id: String,
    /// CSeq of the last REGISTER.
    pub cseq: u32,
    /// User-Agent of its REGISTER; empty if none.
    pub user_agent: String,
    /// `+sip.instance` (RFC 5626): a phone that comes back with another contact replaces its old one.
    pub instance: Option<String>,
}
