use crate::base::{AccountId, DialogId, Instant};
use crate::sip::auth::{Answer, Claim, Verdict};
use crate::sip::dialog::Reply;
use crate::sip::stack::asked::Asked;
use crate::sip::stack::head::reply_to;
use crate::sip::stack::receiving::{Denied, stranger};
use crate::sip::stack::{Flow, Gate, Output, Peer, Stack};
use crate::sip::wire::{Credentials, Name, Response, Text, Uri};

/// Bytes that a source which has not proved itself gets back for each byte that it sends (R27).
const AMPLIFICATION_MAX: usize = 2;

impl Stack {
    /// The dialog that a request names by Call-ID and both tags (RFC 3261 §12.2.2).
    pub(super) fn dialog_of(&self, asked: &Asked) -> Option<DialogId> {
        let (id, dialog) = self.dialogs.by_tag(asked.to.tag()?)?;
        let ends = dialog.ends();
        let is_it = ends.call_id == asked.call_id
            && ends.remote_tag.as_deref().unwrap_or("") == asked.caller_tag();
        is_it.then_some(id)
    }

    /// Whether a request inside a dialog comes from where its peer may be (R12).
    pub(super) fn is_from_peer(&self, id: DialogId, flow: &Flow) -> bool {
        let Some(dialog) = self.dialogs.get(id) else { return false };
        let ip = flow.peer.ip();
        let ends = dialog.ends();
        ends.source.peer.ip() == ip
            || ends.flow.peer.ip() == ip
            || match dialog.peer() {
                Peer::Trunk(trunk) => self.net.is_of_trunk(trunk, flow.peer),
                Peer::Account(account) => self.registrar.is_at(account, ip),
            }
    }

    /// Whether a request comes from a trunk, or from where the account it names is registered: enough
    /// to be told that there is nothing here.
    pub(super) fn is_familiar(&self, asked: &Asked) -> bool {
        self.net.trunk_at(asked.flow.peer).is_some()
            || self
                .account_named(&asked.from.uri)
                .is_some_and(|account| self.registrar.is_at(&account, asked.flow.peer.ip()))
    }

    /// Who sends a request outside a dialog.
    pub(super) fn peer_of(&mut self, now: Instant, asked: &Asked) -> Result<Peer, Denied> {
        match self.net.trunk_at(asked.flow.peer) {
            Some(trunk) => Ok(Peer::Trunk(trunk.clone())),
            None => self.account_of(now, asked).map(Peer::Account),
        }
    }

    /// Whose digest a request carries.
    pub(super) fn account_of(&mut self, now: Instant, asked: &Asked) -> Result<AccountId, Denied> {
        let headers = &asked.request.headers;
        let realm = self.net.settings.realm.as_str();
        let credentials = headers
            .authorization()
            .chain(headers.proxy_authorization())
            .find(|credentials| credentials.realm() == Some(realm));
        let Some(credentials) = credentials else {
            let is_hostile = self.account_named(&asked.from.uri).is_none();
            return Err(Denied { is_stale: false, is_hostile });
        };
        let account = self.net.account_of(credentials.username().unwrap_or(""));
        let source = asked.flow.peer;
        let claim = Claim {
            source: source.ip().to_canonical(),
            method: asked.request.method.as_str(),
            is_uri_right: is_about(credentials.uri().unwrap_or(""), &asked.request.uri),
            answer: answer(&credentials),
            account,
            is_at_home: account.is_some_and(|account| {
                self.registrar.of(&account.id).any(|binding| binding.flow.peer == source)
            }),
            was_here: account
                .is_some_and(|account| self.registrar.was_at(&account.id, source.ip(), now)),
        };
        match (self.authority.check(now, &self.net.settings, &claim), account) {
            (Verdict::Right, Some(account)) => Ok(account.id.clone()),
            (Verdict::Stale, _) => Err(Denied { is_stale: true, is_hostile: false }),
            _ => Err(Denied::HOSTILE),
        }
    }

    /// 401, without a memory of it. It tells nothing about which accounts there are, but for their
    /// order of algorithms.
    pub(super) fn challenge(
        &mut self,
        now: Instant,
        asked: &Asked,
        denied: Denied,
        out: &mut Vec<Output>,
    ) {
        if denied.is_hostile {
            out.push(stranger(&asked.flow));
        }
        let account =
            self.account_named(&asked.from.uri).and_then(|account| self.net.account(&account));
        let values = self.authority.challenge(
            now,
            &mut self.random,
            &self.net.settings,
            asked.flow.peer.ip().to_canonical(),
            account,
            denied.is_stale,
        );
        let reply = |values: &[String]| {
            values.iter().fold(Reply::new(401), |reply, value| {
                reply.with(Name::WwwAuthenticate, value.as_str())
            })
        };
        // A short request may be too little for all algorithms.
        if !self.reply_stateless(asked, reply(&values), out) {
            self.reply_stateless(asked, reply(values.get(..1).unwrap_or(&[])), out);
        }
    }

    /// Answers once and forgets; `false` when the answer would be too long for the asker.
    pub(super) fn reply_stateless(
        &self,
        asked: &Asked,
        reply: Reply,
        out: &mut Vec<Output>,
    ) -> bool {
        let tag = asked.stateless_tag(self.tag_key);
        let response = asked.head().respond(&self.net, &tag, &asked.flow, reply);
        self.send_response(asked, &response, out)
    }

    pub(super) fn send_response(
        &self,
        asked: &Asked,
        response: &Response,
        out: &mut Vec<Output>,
    ) -> bool {
        self.send_within(reply_to(asked.flow, &asked.via), asked.length, response, out)
    }

    /// Sends a response, unless that would help somebody to flood a third party with it.
    pub(super) fn send_within(
        &self,
        flow: Flow,
        length: usize,
        response: &Response,
        out: &mut Vec<Output>,
    ) -> bool {
        let mut bytes = Vec::with_capacity(1_024);
        response.write(&mut bytes);
        let is_proved = flow.transport.is_reliable() || self.net.trunk_at(flow.peer).is_some();
        let is_within = is_proved || bytes.len() <= length.saturating_mul(AMPLIFICATION_MAX);
        if is_within {
            out.push(Output::Send { flow, bytes: bytes.into(), gate: Gate::Open });
        }
        is_within
    }

    /// The account that an address of record names.
    pub(super) fn account_named(&self, uri: &Uri) -> Option<AccountId> {
        let user = uri.user_unescaped()?;
        self.net.account_of(&user).map(|account| account.id.clone())
    }
}

fn answer(credentials: &Credentials) -> Answer<'_> {
    Answer {
        user: credentials.username().unwrap_or(""),
        realm: credentials.realm().unwrap_or(""),
        nonce: credentials.nonce().unwrap_or(""),
        uri: credentials.uri().unwrap_or(""),
        response: credentials.response().unwrap_or(""),
        algorithm: credentials.algorithm(),
        qop: credentials.qop(),
        nc: credentials.nc(),
        cnonce: credentials.cnonce(),
    }
}

/// Whether a digest's URI names this Request-URI: scheme, host and port the same, and the user too
/// unless the digest names none (as sipp's do).
fn is_about(digest: &str, uri: &Uri) -> bool {
    let Ok(named) = Uri::parse(&Text::from(digest)) else { return false };
    named.scheme == uri.scheme
        && named.host.eq_ignore_ascii_case(&uri.host)
        && named.port.unwrap_or(5060) == uri.port.unwrap_or(5060)
        && (named.user.is_none() || named.user_unescaped() == uri.user_unescaped())
}
