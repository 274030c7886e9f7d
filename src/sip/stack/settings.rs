use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use crate::base::{AccountId, TrunkId};
use crate::sip::auth::Algorithm;
use crate::sip::stack::Transport;

/// What the stack must know of the operator's wishes.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The digest realm, and the domain of accounts' addresses. HA1 values are bound to it.
    pub realm: String,
    /// The User-Agent and Server header; empty leaves them out.
    pub user_agent: String,
    /// Where `node` listens. A peer is called from the first listener of its transport and address
    /// family.
    pub listeners: Vec<Listener>,
    /// The trunks. Where sources overlap, the longer prefix (then the one with a port) wins.
    pub trunks: Vec<TrunkSettings>,
    /// The accounts.
    pub accounts: Vec<AccountSettings>,
    /// Signs nonces. Keep it over restarts (R8): a nonce of before is then known for an old one and
    /// answered with `stale=true`, so that a phone tries again without asking for its password. It is
    /// not good any more: which of its counts were used up is forgotten.
    pub nonce_key: [u8; 32],
    /// How long a nonce is good; 10–3,600 s.
    pub nonce_life: Duration,
    /// Challenge algorithms, first preferred, towards whoever is not (yet) known as an account.
    pub algorithms: Vec<Algorithm>,
    /// Shortest registration; a shorter wish is answered 423.
    pub min_expires: Duration,
    /// Registration when the phone names none.
    pub default_expires: Duration,
    /// Longest registration; a longer wish is cut to it.
    pub max_expires: Duration,
    /// Time between two packets that keep the way to a phone behind NAT open, whose registration is
    /// then 120 s at most; `None`: neither.
    pub nat_keepalive: Option<Duration>,
    /// RFC 3261 timer base values.
    pub timers: Timers,
    /// Bounds of tables.
    pub limits: Limits,
    /// When guessing is stopped.
    pub lockout: Lockout,
    /// Whether somebody takes the texts that accounts send; else MESSAGE is answered 405 and not in
    /// Allow.
    pub messages: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            realm: "hotline".into(),
            user_agent: "hotline".into(),
            listeners: Vec::new(),
            trunks: Vec::new(),
            accounts: Vec::new(),
            nonce_key: [0; 32],
            nonce_life: Duration::from_secs(300),
            algorithms: vec![Algorithm::Sha256, Algorithm::Md5],
            min_expires: Duration::from_secs(60),
            default_expires: Duration::from_secs(300),
            max_expires: Duration::from_secs(3_600),
            nat_keepalive: Some(Duration::from_secs(25)),
            timers: Timers::default(),
            limits: Limits::default(),
            lockout: Lockout::default(),
            messages: false,
        }
    }
}

/// An address that `node` listens on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Listener {
    /// What it carries.
    pub transport: Transport,
    /// The bound address; `Flow::local` of everything received there.
    pub bind: SocketAddr,
    /// Host and port that stand in Via and Contact: what peers can reach. An IPv6 host without
    /// brackets.
    pub advertised: (String, u16),
}

/// Addresses that a trunk's messages come from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Source {
    /// The network; bits beyond `prefix` do not count.
    pub net: IpAddr,
    /// Bits that count: 0–32 or 0–128; more is taken as all.
    pub prefix: u8,
    /// Only this source port, where several peers live at one address.
    pub port: Option<u16>,
}

impl Source {
    /// Every port of one address.
    #[must_use]
    pub const fn host(address: IpAddr) -> Self {
        Self { net: address, prefix: 128, port: None }
    }
}

/// A trunk: a peer that is known by the address its messages come from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkSettings {
    /// Its name.
    pub id: TrunkId,
    /// Where its messages come from. `address` belongs to them without being listed, all ports if
    /// `sources` is empty, else its own port only.
    pub sources: Vec<Source>,
    /// Where our requests go.
    pub address: SocketAddr,
    /// How they go there.
    pub transport: Transport,
    /// The host of From and To towards it; the address when empty.
    pub from_domain: String,
    /// What answers its challenges.
    pub credentials: Option<TrunkCredentials>,
    /// Time between OPTIONS; `None`: no keep-alive, always alive.
    pub keepalive: Option<Duration>,
    /// OPTIONS without answer until it counts as down; at least 1.
    pub keepalive_misses: u8,
    /// Answers in a row until it counts as alive again; at least 1.
    pub keepalive_successes: u8,
    /// Header names that are never sent to it.
    pub omit_headers: Vec<String>,
    /// Whether its REFERs are told; else they are answered 403.
    pub may_refer: bool,
}

impl TrunkSettings {
    /// A trunk at `address` over UDP, without keep-alive and credentials.
    #[must_use]
    pub fn new(id: TrunkId, address: SocketAddr) -> Self {
        Self {
            id,
            sources: Vec::new(),
            address,
            transport: Transport::Udp,
            from_domain: String::new(),
            credentials: None,
            keepalive: None,
            keepalive_misses: 3,
            keepalive_successes: 2,
            omit_headers: Vec::new(),
            may_refer: false,
        }
    }
}

/// What answers a trunk's digest challenge. A challenge for another realm, or from another address,
/// is not answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkCredentials {
    /// The digest username.
    pub user: String,
    /// The realm that the HA1 values are bound to.
    pub realm: String,
    /// `MD5(user:realm:password)` in lower-case hex; see `sip::ha1`.
    pub ha1_md5: Option<String>,
    /// `SHA-256(user:realm:password)` in lower-case hex.
    pub ha1_sha256: Option<String>,
}

/// An account: what registers, and proves itself by digest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountSettings {
    /// Its name.
    pub id: AccountId,
    /// The user of its address and of its digest.
    pub user: String,
    /// `MD5(user:realm:password)` in lower-case hex; see `sip::ha1`.
    pub ha1_md5: Option<String>,
    /// `SHA-256(user:realm:password)` in lower-case hex.
    pub ha1_sha256: Option<String>,
    /// Challenges offered, in this order; those without an HA1 are skipped. Empty: as
    /// `Settings::algorithms`. One for phones that fail on two.
    pub algorithms: Vec<Algorithm>,
    /// Contacts at once, at least 1; one more displaces the oldest.
    pub max_contacts: usize,
}

impl AccountSettings {
    /// An account of this user with both HA1 values made from `password` for `realm`.
    #[must_use]
    pub fn new(id: AccountId, user: &str, realm: &str, password: &str) -> Self {
        Self {
            id,
            user: user.into(),
            ha1_md5: Some(crate::sip::auth::ha1(Algorithm::Md5, user, realm, password)),
            ha1_sha256: Some(crate::sip::auth::ha1(Algorithm::Sha256, user, realm, password)),
            algorithms: Vec::new(),
            max_contacts: 4,
        }
    }
}

/// RFC 3261 appendix A.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timers {
    /// Round-trip estimate; 500 ms.
    pub t1: Duration,
    /// Longest time between retransmissions; 4 s.
    pub t2: Duration,
    /// How long a message may stay in the network; 5 s.
    pub t4: Duration,
    /// Longest time from our INVITE to its final response, and from theirs to ours; 10 min.
    pub ring_max: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            t1: Duration::from_millis(500),
            t2: Duration::from_secs(4),
            t4: Duration::from_secs(5),
            ring_max: Duration::from_secs(600),
        }
    }
}

/// Bounds of tables; beyond them a new request is answered 503 with Retry-After.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Server transactions, which live up to 64 × T1 after their end.
    pub servers: usize,
    /// Dialogs, closing ones included.
    pub dialogs: usize,
    /// Contacts of all accounts.
    pub bindings: usize,
    /// Nonces whose counts are remembered; beyond it the one that expires first is forgotten, and
    /// is stale from then on.
    pub nonces: usize,
    /// Sources with failed tries; beyond it the oldest is forgotten.
    pub lockouts: usize,
    /// Seconds in the Retry-After of a 503.
    pub retry_after: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            servers: 400_000,
            dialogs: 100_000,
            bindings: 100_000,
            nonces: 200_000,
            lockouts: 50_000,
            retry_after: 5,
        }
    }
}

/// When guessing passwords is stopped (R9). While locked, everything is answered by a plain 401.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lockout {
    /// Wrong answers of one source for one account until the pair is locked.
    pub pair_tries: u32,
    /// Wrong answers of one source (IPv6: /64) until it is locked. Still served are a contact that is
    /// registered from there, and, while there were no more than as many wrong answers again, accounts
    /// that were within a day and that nobody there got wrong.
    pub source_tries: u32,
    /// How long a lock holds, and how long a wrong answer is remembered.
    pub time: Duration,
}

impl Default for Lockout {
    fn default() -> Self {
        Self { pair_tries: 5, source_tries: 30, time: Duration::from_secs(300) }
    }
}

impl Listener {
    /// A UDP listener on a port of every IPv4 address, advertised as `host`.
    #[must_use]
    pub fn udp(port: u16, host: &str) -> Self {
        Self {
            transport: Transport::Udp,
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port),
            advertised: (host.into(), port),
        }
    }
}
