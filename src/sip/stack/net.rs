use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use crate::base::{AccountId, TrunkId};
use crate::sip::stack::{
    AccountSettings, Flow, Listener, Peer, Settings, Sources, Transport, TrunkSettings,
};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Headers, Method, Name, NameAddr, Text, Uri};

/// What we accept.
const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER, REFER";

/// What we accept where texts are taken.
const ALLOW_MESSAGES: &str =
    "INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REGISTER, REFER, MESSAGE";

/// The extensions that we have (RFC 3891, RFC 4488).
pub(crate) const SUPPORTED: &str = "replaces, norefersub";

/// The port of a URI that names none (RFC 3261 §19.1.2).
pub(crate) const SIP_PORT: u16 = 5060;

type Index<K> = HashMap<K, usize, ahash::RandomState>;

/// The settings, with look-ups: who is who, and what goes which way.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(crate) settings: Settings,
    trunks: Index<TrunkId>,
    accounts: Index<AccountId>,
    users: Index<String>,
    sources: Sources,
}

impl Net {
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            trunks: settings.trunks.iter().enumerate().map(|(i, t)| (t.id.clone(), i)).collect(),
            accounts: settings
                .accounts
                .iter()
                .enumerate()
                .map(|(i, a)| (a.id.clone(), i))
                .collect(),
            users: settings.accounts.iter().enumerate().map(|(i, a)| (a.user.clone(), i)).collect(),
            sources: Sources::new(&settings.trunks),
            settings,
        }
    }

    /// The Allow header.
    pub(crate) fn allow(&self) -> Text {
        Text::from_static(if self.settings.messages { ALLOW_MESSAGES } else { ALLOW })
    }

    pub(crate) fn trunk(&self, id: &TrunkId) -> Option<&TrunkSettings> {
        self.settings.trunks.get(*self.trunks.get(id)?)
    }

    pub(crate) fn account(&self, id: &AccountId) -> Option<&AccountSettings> {
        self.settings.accounts.get(*self.accounts.get(id)?)
    }

    pub(crate) fn account_of(&self, user: &str) -> Option<&AccountSettings> {
        self.settings.accounts.get(*self.users.get(user)?)
    }

    /// The trunk that a message from this address comes from.
    pub(crate) fn trunk_at(&self, source: SocketAddr) -> Option<&TrunkId> {
        self.sources.trunk(source)
    }

    /// Whether an address is one of this trunk's.
    pub(crate) fn is_of_trunk(&self, id: &TrunkId, address: SocketAddr) -> bool {
        self.trunk_at(address) == Some(id)
            || self.trunk(id).is_some_and(|trunk| trunk.address == address)
    }

    /// Whether the peer is still configured.
    pub(crate) fn knows(&self, peer: &Peer) -> bool {
        match peer {
            Peer::Trunk(id) => self.trunk(id).is_some(),
            Peer::Account(id) => self.account(id).is_some(),
        }
    }

    /// A new flow to an address, from the first listener that can carry it.
    pub(crate) fn flow(&self, transport: Transport, peer: SocketAddr) -> Option<Flow> {
        let listener = self.settings.listeners.iter().find(|listener| {
            listener.transport == transport && listener.bind.is_ipv4() == peer.is_ipv4()
        })?;
        Some(Flow { transport, local: listener.bind, peer, connection: None })
    }

    /// Where a request inside a dialog goes: to the first route, else to the target, if that is an
    /// address that can be reached; else where the peer's messages come from.
    pub(crate) fn flow_to(
        &self,
        peer: &Peer,
        target: &Uri,
        route: Option<&Text>,
        source: Flow,
    ) -> Flow {
        let route = route.and_then(|route| NameAddr::parse(route).ok()).map(|route| route.uri);
        let hop = route.as_ref().unwrap_or(target);
        let Some(address) = hop.address() else { return source };
        let address = SocketAddr::new(address, hop.port.unwrap_or(SIP_PORT));
        let from = source.peer.ip().to_canonical();
        let is_near = address.ip() == from;
        let is_sane = match peer {
            // A contact elsewhere than its messages come from is behind NAT.
            Peer::Account(_) => is_near,
            Peer::Trunk(_) => is_near || !is_private(address.ip()) || is_private(from),
        };
        if !is_sane || (is_near && source.connection.is_some()) {
            return source;
        }
        let transport = match hop.transport() {
            Some(name) if name.eq_ignore_ascii_case("tcp") => Transport::Tcp,
            Some(name) if name.eq_ignore_ascii_case("udp") => Transport::Udp,
            _ => source.transport,
        };
        if transport == source.transport {
            Flow { peer: address, connection: None, ..source }
        } else {
            self.flow(transport, address).unwrap_or(source)
        }
    }

    /// The Via of a request of ours.
    pub(crate) fn via(&self, flow: &Flow, id: ClientId) -> Text {
        let (host, port) = self.advertised(flow);
        let transport = flow.transport.name();
        let branch = id.branch;
        Text::from(format!("SIP/2.0/{transport} {host}:{port};branch=z9hG4bK{branch:016x};rport"))
    }

    /// Our Contact towards a flow.
    pub(crate) fn contact(&self, flow: &Flow) -> Text {
        let (host, port) = self.advertised(flow);
        match flow.transport {
            Transport::Udp => Text::from(format!("<sip:{host}:{port}>")),
            Transport::Tcp => Text::from(format!("<sip:{host}:{port};transport=tcp>")),
        }
    }

    /// The host that stands for us in From and To towards a flow.
    pub(crate) fn host(&self, flow: &Flow) -> String {
        self.advertised(flow).0
    }

    /// Adds what every request of ours carries.
    pub(crate) fn sign(&self, headers: &mut Headers, method: &Method) {
        if matches!(method, Method::Invite | Method::Update | Method::Options) {
            headers.push(Name::Allow, self.allow());
            headers.push(Name::Supported, Text::from_static(SUPPORTED));
        }
        if !self.settings.user_agent.is_empty() && *method != Method::Ack {
            headers.push(Name::UserAgent, Text::from(self.settings.user_agent.as_str()));
        }
    }

    fn advertised(&self, flow: &Flow) -> (String, u16) {
        let exact = |l: &&Listener| l.transport == flow.transport && l.bind == flow.local;
        let alike = |l: &&Listener| {
            l.transport == flow.transport && l.bind.is_ipv4() == flow.local.is_ipv4()
        };
        let listeners = &self.settings.listeners;
        match listeners.iter().find(exact).or_else(|| listeners.iter().find(alike)) {
            Some(listener) => {
                let (host, port) = &listener.advertised;
                (bracketed(host), *port)
            }
            None => (bracketed(&flow.local.ip().to_string()), flow.local.port()),
        }
    }
}

fn bracketed(host: &str) -> String {
    if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() }
}

/// Whether an address means nothing outside its own network.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}
