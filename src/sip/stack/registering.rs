use std::time::Duration;

use crate::base::{AccountId, Instant};
use crate::sip::dialog::Reply;
use crate::sip::registrar::{NotRegistered, Registering, Wish};
use crate::sip::stack::asked::Asked;
use crate::sip::stack::inside::refusal;
use crate::sip::stack::nat::nat;
use crate::sip::stack::{Gate, Output, Stack};
use crate::sip::wire::{Contacts, Name, NameAddr, Scheme, Text, Uri};

/// Contacts that one REGISTER may name.
const CONTACTS_MAX: usize = 16;
/// Longest contact that is kept.
const CONTACT_LENGTH_MAX: usize = 1_024;

impl Stack {
    /// REGISTER (RFC 3261 §10.3). It proves itself by digest wherever it comes from.
    pub(super) fn register(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        let account = match self.account_of(now, asked) {
            Ok(account) => account,
            Err(denied) => return self.challenge(now, asked, denied, out),
        };
        let tag = self.new_tag();
        let server = self.begin(now, asked, None, None, tag);
        let reply = match refusal(asked) {
            Some(reply) => reply,
            None => {
                let told = out.len();
                let reply = self.registered(now, asked, &account, out);
                // The phone relies on what it is told: it is told no sooner than it is kept (R18).
                let has_changed = out.len() > told;
                Reply { gate: if has_changed { Gate::Registrations } else { Gate::Open }, ..reply }
            }
        };
        self.respond(now, server, reply, out);
    }

    fn registered(
        &mut self,
        now: Instant,
        asked: &Asked,
        account: &AccountId,
        out: &mut Vec<Output>,
    ) -> Reply {
        // An account registers nobody but itself.
        if self.account_named(&asked.to.uri).as_ref() != Some(account) {
            return Reply::new(403);
        }
        let headers = &asked.request.headers;
        let text = |name: &Name| {
            headers.text(name).map(|text| text.chars().take(256).collect()).unwrap_or_default()
        };
        let by = Registering {
            flow: asked.flow,
            call_id: asked.call_id.as_str().to_owned(),
            cseq: asked.cseq,
            user_agent: text(&Name::UserAgent),
            max_contacts: self.net.account(account).map_or(1, |account| account.max_contacts),
            max_all: self.net.settings.limits.bindings,
            nat: nat(&self.net.settings),
        };
        let expires = headers.expires().ok().flatten();
        let result = match headers.contacts() {
            Err(_) => return Reply::new(400),
            Ok(Contacts::All) if expires != Some(0) => return Reply::new(400),
            Ok(Contacts::All) => self.registrar.remove_all(account, Some(&by), out),
            Ok(Contacts::Listed(contacts)) if contacts.len() > CONTACTS_MAX => {
                return Reply::new(403);
            }
            Ok(Contacts::Listed(contacts)) => {
                let mut wishes = Vec::with_capacity(contacts.len());
                for contact in &contacts {
                    match self.wish(contact, expires) {
                        Ok(wish) => wishes.push(wish),
                        Err(reply) => return reply,
                    }
                }
                self.registrar.register(now, account, &by, wishes, out)
            }
        };
        match result {
            Ok(()) => self.registrar.of(account).fold(Reply::new(200), |reply, binding| {
                let left = binding.expires_at.since(now);
                let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
                reply.with(Name::Contact, format!("<{}>;expires={seconds}", binding.contact))
            }),
            Err(NotRegistered::OutOfOrder) => Reply::new(500),
            Err(NotRegistered::Full) => {
                let seconds = self.net.settings.limits.retry_after.to_string();
                Reply::new(503).with(Name::RetryAfter, seconds)
            }
        }
    }

    fn wish(&self, contact: &NameAddr, expires: Option<u32>) -> Result<Wish, Reply> {
        let settings = &self.net.settings;
        if !matches!(contact.uri.scheme, Scheme::Sip) {
            return Err(Reply::new(416));
        }
        let own = contact.params.get("expires").and_then(|own| own.parse::<u32>().ok());
        let asked = own.or(expires).map(|seconds| Duration::from_secs(u64::from(seconds)));
        let expires = asked.unwrap_or(settings.default_expires).min(settings.max_expires);
        if !expires.is_zero() && expires < settings.min_expires {
            let seconds = settings.min_expires.as_secs().to_string();
            return Err(Reply::new(423).with(Name::MinExpires, seconds));
        }
        let text = contact.uri.to_string();
        if text.len() > CONTACT_LENGTH_MAX {
            return Err(Reply::new(400));
        }
        let instance = contact.params.unquoted("+sip.instance");
        Ok(Wish {
            key: key(&contact.uri),
            host: contact.uri.address(),
            expires,
            instance: instance.map(|instance| instance.chars().take(256).collect()),
            contact: text,
        })
    }
}

/// What tells contacts of one account apart.
fn key(uri: &Uri) -> String {
    let user = uri.user_unescaped().unwrap_or_default();
    let host = uri.host.to_ascii_lowercase();
    let port = uri.port.unwrap_or(0);
    let transport = uri.transport().unwrap_or("udp").to_ascii_lowercase();
    let mut rest: Vec<String> = uri
        .params
        .iter()
        .filter(|(name, _)| ["line", "rinstance", "ob", "x-inst"].contains(name))
        .map(|(name, value)| format!(";{name}={}", value.unwrap_or("")))
        .collect();
    rest.sort_unstable();
    format!("{user}@{host}:{port};{transport}{}", rest.concat())
}

/// The same of a contact as it was kept.
pub(super) fn contact_key(contact: &str) -> Option<String> {
    Uri::parse(&Text::from(contact)).ok().map(|uri| key(&uri))
}
