use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rsip::{Header, Method, Request, Response, Uri};

use crate::peer::digest::{Challenge, Credentials};
use crate::peer::message;
use crate::peer::ua::client::Purpose;
use crate::peer::ua::timers::Timer;
use crate::peer::ua::{Event, Output, Ua};

/// An account at a registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) credentials: Credentials,
    /// Where REGISTER goes.
    pub(crate) registrar: SocketAddr,
    /// Asked lifetime in seconds.
    pub(crate) expires: u32,
}

/// An account and how its registration stands.
#[derive(Debug)]
pub(crate) struct Registration {
    account: Account,
    call_id: String,
    tag: String,
    cseq: u32,
    /// The nonce in use and how often it was used.
    challenge: Option<(Challenge, u32)>,
    expires: u32,
    refresh: Option<Instant>,
}

impl Ua {
    pub(crate) fn add_account(&mut self, account: Account) -> usize {
        let expires = account.expires;
        self.registrations.push(Registration {
            account,
            call_id: format!("{}@{}", self.chance.word(), self.local.ip()),
            tag: self.chance.word(),
            cseq: 0,
            challenge: None,
            expires,
            refresh: None,
        });
        self.registrations.len() - 1
    }

    pub(crate) fn account_of(&self, user: &str) -> Option<usize> {
        self.registrations.iter().position(|r| r.account.credentials.user == user)
    }

    /// Registers; the registration is refreshed at half of its life from then on.
    pub(crate) fn register(&mut self, now: Instant, account: usize, out: &mut Vec<Output>) {
        if let Some(registration) = self.registrations.get_mut(account) {
            registration.expires = registration.account.expires.max(registration.expires).max(1);
        }
        self.send_register(now, account, out);
    }

    /// Takes the contact away.
    pub(crate) fn unregister(&mut self, now: Instant, account: usize, out: &mut Vec<Output>) {
        if let Some(registration) = self.registrations.get_mut(account) {
            registration.expires = 0;
            registration.refresh = None;
        }
        self.send_register(now, account, out);
    }

    /// The next REGISTER goes out without credentials.
    pub(crate) fn forget_challenge(&mut self, account: usize) {
        if let Some(registration) = self.registrations.get_mut(account) {
            registration.challenge = None;
        }
    }

    fn send_register(&mut self, now: Instant, account: usize, out: &mut Vec<Output>) {
        let cseq = self.next_register_cseq(account);
        let Some(registration) = self.registrations.get(account) else { return };
        let to = registration.account.registrar;
        let user = registration.account.credentials.user.clone();
        let uri = Uri { scheme: Some(rsip::Scheme::Sip), ..Uri::from(to) };
        let identity = format!("<sip:{user}@{}>", to.ip());
        let from = format!("{identity};tag={}", registration.tag);
        let mut headers = rsip::Headers::from(vec![
            Header::MaxForwards(rsip::headers::MaxForwards::from("70")),
            Header::From(rsip::headers::From::from(from)),
            Header::To(rsip::headers::To::from(identity)),
            Header::CallId(rsip::headers::CallId::from(registration.call_id.clone())),
            rsip::typed::CSeq::from((cseq, Method::Register)).into(),
            self.contact(&user),
            Header::Expires(rsip::headers::Expires::from(registration.expires.to_string())),
            Header::UserAgent(rsip::headers::UserAgent::from(self.settings.user_agent.clone())),
        ]);
        // A nonce that was good the last time is used again, counted up.
        let old = self.registrations.get(account).and_then(|r| r.challenge.clone());
        if let Some((challenge, count)) = old {
            let value = self.spend(account, challenge, count, "REGISTER", &uri.to_string());
            headers.push(Header::Authorization(rsip::headers::Authorization::from(value)));
        }
        let mut body = Vec::new();
        message::finish(&mut headers, &mut body, None);
        let method = Method::Register;
        let request = Request { method, uri, version: rsip::Version::V2, headers, body };
        self.start_client(now, Purpose::Register(account), request, to, out);
    }

    pub(crate) fn next_register_cseq(&mut self, account: usize) -> u32 {
        self.registrations.get_mut(account).map_or(0, |registration| {
            registration.cseq += 1;
            registration.cseq
        })
    }

    /// The answer to one of `offers`, unless it was answered already.
    pub(crate) fn credentials(
        &mut self,
        account: usize,
        offers: &[String],
        challenged: u8,
        method: &str,
        uri: &str,
    ) -> Option<String> {
        let registration = self.registrations.get(account)?;
        let challenge =
            registration.account.credentials.choose(offers.iter().map(String::as_str))?;
        // A second challenge means a wrong password, unless only the nonce was too old.
        if challenged >= 1 && !(challenge.stale && challenged < 3) {
            return None;
        }
        Some(self.spend(account, challenge, 0, method, uri))
    }

    fn spend(
        &mut self,
        account: usize,
        challenge: Challenge,
        used: u32,
        method: &str,
        uri: &str,
    ) -> String {
        let client_nonce = self.chance.word();
        let Some(registration) = self.registrations.get_mut(account) else {
            return String::new();
        };
        let count = used + 1;
        let value =
            registration.account.credentials.answer(&challenge, method, uri, count, &client_nonce);
        registration.challenge = Some((challenge, count));
        value
    }

    pub(crate) fn register_final(
        &mut self,
        now: Instant,
        account: usize,
        status: u16,
        response: &Response,
        out: &mut Vec<Output>,
    ) {
        let local = self.local;
        let Some(registration) = self.registrations.get_mut(account) else { return };
        match status {
            200..=299 if registration.expires == 0 => {
                out.push(Output::Event(Event::Unregistered));
            }
            200..=299 => {
                let granted = granted(response, local);
                let asked = registration.expires;
                let seconds = granted.unwrap_or(asked);
                // Half of the life, at least a second.
                let wait = Duration::from_millis(u64::from(seconds) * 500);
                let refresh = now + wait.max(Duration::from_secs(1));
                registration.refresh = Some(refresh);
                self.timers.set(refresh, Timer::Register(account));
                if granted.is_none() {
                    self.complain("200 to REGISTER does not list our contact".to_owned());
                } else if seconds > asked {
                    self.complain(format!("{seconds} s granted where {asked} were asked"));
                }
                out.push(Output::Event(Event::Registered { account }));
            }
            423 => {
                let least = message::first(&response.headers, "Min-Expires")
                    .and_then(|value| value.trim().parse().ok());
                match least {
                    Some(least) if least > registration.expires => {
                        registration.expires = least;
                        self.send_register(now, account, out);
                    }
                    _ => {
                        self.complain("423 without a longer Min-Expires".to_owned());
                        out.push(Output::Event(Event::RegisterFailed { account, status }));
                    }
                }
            }
            _ => {
                registration.challenge = None;
                registration.refresh = None;
                out.push(Output::Event(Event::RegisterFailed { account, status }));
            }
        }
    }

    pub(crate) fn register_timeout(&mut self, now: Instant, account: usize, out: &mut Vec<Output>) {
        let Some(registration) = self.registrations.get_mut(account) else { return };
        // The registrar may be starting again: a phone keeps trying.
        if registration.refresh.is_some() {
            let refresh = now + Duration::from_secs(2);
            registration.refresh = Some(refresh);
            self.timers.set(refresh, Timer::Register(account));
        }
        out.push(Output::Event(Event::RegisterFailed { account, status: 408 }));
    }

    pub(crate) fn register_timer(&mut self, now: Instant, account: usize, out: &mut Vec<Output>) {
        let due = self.registrations.get(account).and_then(|registration| registration.refresh);
        if due.is_some_and(|due| due <= now) {
            self.send_register(now, account, out);
        }
    }
}

/// Seconds granted to our contact, if the response lists it (RFC 3261, 10.3).
fn granted(response: &Response, local: SocketAddr) -> Option<u32> {
    let common = message::first(&response.headers, "Expires")
        .and_then(|value| value.trim().parse::<u32>().ok());
    message::all(&response.headers, "Contact").flat_map(|value| value.split(',')).find_map(
        |contact| {
            let uri = message::uri_of(contact)?;
            if message::address_of(&uri) != Some(local) {
                return None;
            }
            let after = contact.rsplit_once('>').map_or("", |(_, parameters)| parameters);
            message::parameter(after, "expires").and_then(|v| v.parse().ok()).or(common)
        },
    )
}
