use bytes::Bytes;

use crate::base::{AccountId, DialogId, Instant};
use crate::sip::dialog::{Dialog, Ends, Ground};
use crate::sip::registrar::Binding;
use crate::sip::stack::front::Timer;
use crate::sip::stack::net::SIP_PORT;
use crate::sip::stack::{Caller, Destination, Event, Flow, Output, Peer, Stack, Transport};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Method, Name, NameAddr, Params, Text, Uri, reason_phrase};

/// Where a call goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) peer: Peer,
    /// The Request-URI.
    pub(super) uri: Uri,
    pub(super) to: Uri,
    pub(super) flow: Flow,
    /// Where the peer's messages come from.
    pub(super) source: Flow,
    /// The host of the From.
    pub(super) host: String,
    pub(super) omit: Vec<String>,
}

/// Why a call goes nowhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Nowhere {
    pub(super) status: u16,
    pub(super) warning: Option<&'static str>,
}

/// A call as the conductor asked for it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) to: Destination,
    pub(super) from: Caller,
    pub(super) headers: Vec<(Text, Text)>,
    pub(super) sdp: Option<Bytes>,
}

impl Stack {
    /// `Command::Invite`.
    pub(super) fn invite(
        &mut self,
        now: Instant,
        dialog: DialogId,
        call: Call,
        out: &mut Vec<Output>,
    ) {
        let is_full = self.dialogs.len() >= self.net.settings.limits.dialogs;
        let target = match self.target(&call.to) {
            Ok(target) if !is_full => target,
            result => {
                let nowhere = result.err().unwrap_or(Nowhere { status: 503, warning: None });
                return out.push(Output::Event(Event::Failed {
                    dialog,
                    status: nowhere.status,
                    reason: Text::from_static(reason_phrase(nowhere.status)),
                    retry_after: None,
                    warning: nowhere.warning.map(Text::from_static),
                }));
            }
        };
        if self.dialogs.get(dialog).is_some() {
            return;
        }
        let rest = match &call.to {
            Destination::Account(account) => self.registrar.others(account),
            Destination::Phone { account, flow } => {
                let first = self.registrar.at(account, **flow).map(|binding| &binding.contact);
                let mut rest = self.registrar.others(account);
                if first.is_some() {
                    rest.extend(
                        self.registrar.newest(account).map(|newest| newest.contact.clone()),
                    );
                    rest.retain(|contact| Some(contact) != first);
                }
                rest
            }
            Destination::Trunk { .. } | Destination::Uri { .. } => Vec::new(),
        };
        let client = self.send_invite(now, dialog, target, &call, out);
        if !rest.is_empty() && self.dialogs.get(dialog).is_some() {
            self.hunt(now, dialog, client, call, rest);
        }
    }

    /// Begins a dialog by an INVITE to a target.
    pub(super) fn send_invite(
        &mut self,
        now: Instant,
        dialog: DialogId,
        target: Target,
        call: &Call,
        out: &mut Vec<Output>,
    ) -> ClientId {
        let Call { from, headers, sdp, .. } = call;
        let Target { peer, uri, to, flow, source, host, omit } = target;
        let local_tag = self.new_tag();
        let user = from.user.as_deref().unwrap_or("anonymous");
        let local = NameAddr::new(Uri::sip(Some(user), &host, None), Params::default())
            .with_display(from.display.clone())
            .with_tag(&local_tag);
        let mut ends = Ends {
            call_id: Text::from(format!("{:032x}", self.random.next_u128())),
            local_tag,
            remote_tag: None,
            local: Text::from(local.to_string()),
            remote: Text::from(NameAddr::new(to, Params::default()).to_string()),
            target: uri,
            routes: Vec::new(),
            local_cseq: 0,
            remote_cseq: None,
            source,
            flow,
            is_ours: true,
            contact: self.net.contact(&flow),
        };
        let timers = self.net.settings.timers;
        let client = ClientId::new(self.random.next_u64());
        let ground = Ground { now, timers, net: &self.net, random: &mut self.random };
        let mut invite = ends.request(&ground, Method::Invite, client);
        for (name, value) in headers.iter().cloned() {
            let name = Name::from(name);
            if name == Name::MaxForwards {
                invite.headers.set(name, value);
            } else if is_free(&name, &value)
                && !omit.iter().any(|omit| omit.eq_ignore_ascii_case(name.as_str()))
            {
                invite.headers.push(name, value);
            }
        }
        for omit in &omit {
            let name = Name::from(omit.as_str());
            if is_free(&name, "") {
                invite.headers.remove(name);
            }
        }
        crate::sip::dialog::attach(&mut invite, sdp.clone());
        let mut wants = Vec::new();
        let machine = Dialog::calling(&ground, dialog, peer, ends, (client, invite), &mut wants);
        self.timers.set(&Timer::Dialog(dialog), machine.deadline());
        self.dialogs.insert(dialog, machine);
        self.do_wants(now, dialog, wants, out);
        client
    }

    /// One more contact of an account; `None` when it is gone meanwhile.
    pub(super) fn contact_target(&self, to: &Destination, contact: &str) -> Option<Target> {
        let (Destination::Account(id) | Destination::Phone { account: id, .. }) = to else {
            return None;
        };
        let binding = self.registrar.of(id).find(|binding| binding.contact == contact)?;
        self.binding_target(id, binding)
    }

    fn binding_target(&self, id: &AccountId, binding: &Binding) -> Option<Target> {
        let account = self.net.account(id)?;
        let uri = Uri::parse(&Text::from(binding.contact.as_str())).ok()?;
        let to = Uri::sip(Some(&account.user), &self.net.settings.realm, None);
        let peer = Peer::Account(id.clone());
        let source = binding.flow;
        let flow = self.net.flow_to(&peer, &uri, None, source);
        let host = self.net.host(&flow);
        Some(Target { peer, uri, to, flow, source, host, omit: Vec::new() })
    }

    pub(super) fn target(&self, to: &Destination) -> Result<Target, Nowhere> {
        match to {
            Destination::Account(id) | Destination::Phone { account: id, .. } => {
                let nowhere = Nowhere { status: 480, warning: None };
                let first = match to {
                    Destination::Phone { flow, .. } => self.registrar.at(id, **flow),
                    _ => None,
                };
                let binding = first.or_else(|| self.registrar.newest(id)).ok_or(nowhere)?;
                self.binding_target(id, binding).ok_or(nowhere)
            }
            Destination::Trunk { trunk: id, user } => {
                let nowhere = Nowhere { status: 503, warning: None };
                let trunk = self.net.trunk(id).ok_or(nowhere)?;
                let flow = self.net.flow(trunk.transport, trunk.address).ok_or(nowhere)?;
                let address = trunk.address.ip().to_string();
                let mut uri = match trunk.from_domain.as_str() {
                    "" => Uri::sip(Some(user), &address, Some(trunk.address.port())),
                    domain => Uri::sip(Some(user), domain, None),
                };
                let to = uri.clone();
                if trunk.transport == Transport::Tcp {
                    uri.params.set("transport", Some("tcp"));
                }
                Ok(self.trunk_target(trunk, uri, to, flow))
            }
            Destination::Uri { trunk: id, uri } => {
                let nowhere = Nowhere { status: 503, warning: None };
                let trunk = self.net.trunk(id).ok_or(nowhere)?;
                let address = uri.address().ok_or(Nowhere {
                    warning: Some("399 hotline \"unresolvable: the host is no IP address\""),
                    ..nowhere
                })?;
                let address = (address, uri.port.unwrap_or(SIP_PORT)).into();
                let transport = match uri.transport() {
                    Some(name) if name.eq_ignore_ascii_case("tcp") => Transport::Tcp,
                    Some(name) if name.eq_ignore_ascii_case("udp") => Transport::Udp,
                    Some(_) => return Err(nowhere),
                    None => trunk.transport,
                };
                let flow = self.net.flow(transport, address).ok_or(nowhere)?;
                let uri = Uri::clone(uri);
                Ok(self.trunk_target(trunk, uri.clone(), uri, flow))
            }
        }
    }

    fn trunk_target(
        &self,
        trunk: &crate::sip::stack::TrunkSettings,
        uri: Uri,
        to: Uri,
        flow: Flow,
    ) -> Target {
        let host = match trunk.from_domain.as_str() {
            "" => self.net.host(&flow),
            domain => domain.to_owned(),
        };
        let peer = Peer::Trunk(trunk.id.clone());
        let omit = trunk.omit_headers.clone();
        Target { peer, uri, to, flow, source: flow, host, omit }
    }
}

/// Whether the conductor may add this header: the stack's own are not its to set, and a line break
/// would begin another header.
fn is_free(name: &Name, value: &str) -> bool {
    let is_ours = matches!(
        name,
        Name::Via
            | Name::From
            | Name::To
            | Name::CallId
            | Name::CSeq
            | Name::Contact
            | Name::ContentLength
            | Name::ContentType
            | Name::Route
            | Name::RecordRoute
            | Name::MaxForwards
            | Name::Authorization
            | Name::ProxyAuthorization
            | Name::Require
            | Name::Supported
    );
    let is_token = name.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    !is_ours && is_token && !name.as_str().is_empty() && !value.contains(['\r', '\n', '\0'])
}
