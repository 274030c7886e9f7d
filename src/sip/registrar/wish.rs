use std::net::IpAddr;
use std::time::Duration;

use crate::sip::stack::Flow;

/// What one Contact of a REGISTER asks for.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    /// The URI as written.
    pub(crate) contact: String,
    /// The URI as compared (RFC 3261 §19.1.4, as far as contacts need it).
    pub(crate) key: String,
    /// The URI's host, if it is an address.
    pub(crate) host: Option<IpAddr>,
    /// For how long; zero removes it.
    pub(crate) expires: Duration,
    /// `+sip.instance`.
    pub(crate) instance: Option<String>,
}

/// The REGISTER around the wishes.
#[derive(Clone, Debug)]
pub(crate) struct Registering {
    pub(crate) flow: Flow,
    pub(crate) call_id: String,
    pub(crate) cseq: u32,
    pub(crate) user_agent: String,
    pub(crate) max_contacts: usize,
    /// Contacts of all accounts together.
    pub(crate) max_all: usize,
    /// What holds for a phone behind NAT.
    pub(crate) nat: Option<Nat>,
}

/// How the ways to phones behind NAT are kept open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nat {
    /// Time between two packets to one.
    pub(crate) every: Duration,
    /// The longest registration of one.
    pub(crate) expires: Duration,
}

/// Why a REGISTER changed nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum NotRegistered {
    /// It is older than the one that made the binding (§10.3 step 7).
    OutOfOrder,
    /// The table is full.
    Full,
}
