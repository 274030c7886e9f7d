use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rsip::{Header, Method, SipMessage};

use crate::peer::message;
use crate::peer::ua::client::{Client, ClientId};
use crate::peer::ua::dialog::Dialog;
use crate::peer::ua::registration::Registration;
use crate::peer::ua::server::Server;
use crate::peer::ua::timers::{GIVE_UP, Timer, Timers};
use crate::peer::ua::{CallKey, Event};
use crate::peer::world::Chance;

/// Complaints kept; more are only counted.
const COMPLAINTS_MAX: usize = 100;

/// What a user agent wants done.
#[derive(Debug, Clone)]
pub(crate) enum Output {
    Send { to: SocketAddr, bytes: Vec<u8> },
    Event(Event),
}

/// How a user agent behaves.
#[derive(Debug, Clone)]
pub(crate) struct UaSettings {
    pub(crate) user_agent: String,
    /// Users that may be called here; every user when empty.
    pub(crate) users: Vec<String>,
    /// How long an ended transaction is remembered.
    pub(crate) linger: Duration,
}

impl Default for UaSettings {
    fn default() -> Self {
        Self { user_agent: "hotline-peer".to_owned(), users: Vec::new(), linger: GIVE_UP }
    }
}

/// One user agent behind one UDP address.
#[derive(Debug)]
pub(crate) struct Ua {
    pub(crate) settings: UaSettings,
    pub(crate) local: SocketAddr,
    pub(crate) dialogs: HashMap<CallKey, Dialog>,
    pub(crate) tags: HashMap<String, CallKey>,
    pub(crate) clients: HashMap<ClientId, Client>,
    pub(crate) servers: HashMap<u64, Server>,
    pub(crate) server_keys: HashMap<String, u64>,
    pub(crate) registrations: Vec<Registration>,
    pub(crate) timers: Timers,
    pub(crate) chance: Chance,
    pub(crate) branch_prefix: String,
    pub(crate) next: u64,
    complaints: Vec<String>,
    complaint_count: u64,
    /// Requests and responses sent again, both roles.
    pub(crate) retransmitted: u64,
}

impl Ua {
    pub(crate) fn new(local: SocketAddr, settings: UaSettings) -> Self {
        let mut chance = Chance::from_world();
        let branch_prefix = format!("z9hG4bKp{:08x}-", chance.next() as u32);
        Self {
            settings,
            local,
            dialogs: HashMap::new(),
            tags: HashMap::new(),
            clients: HashMap::new(),
            servers: HashMap::new(),
            server_keys: HashMap::new(),
            registrations: Vec::new(),
            timers: Timers::default(),
            chance,
            branch_prefix,
            next: 1,
            complaints: Vec::new(),
            complaint_count: 0,
            retransmitted: 0,
        }
    }

    /// A datagram came.
    pub(crate) fn datagram(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        out: &mut Vec<Output>,
    ) {
        if bytes.iter().all(|byte| b"\r\n\0".contains(byte)) {
            return;
        }
        match message::read(bytes) {
            Ok(SipMessage::Request(request)) => self.request(now, from, request, out),
            Ok(SipMessage::Response(response)) => self.response(now, response, out),
            Err(why) => {
                let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned();
                self.complain(format!("message from {from}: {why}: {start:?}"));
            }
        }
    }

    /// When `tick` wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Time passed.
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Vec<Output>) {
        while let Some(timer) = self.timers.pop(now) {
            match timer {
                Timer::Client(id) => self.client_timer(now, id, out),
                Timer::Server(id) => self.server_timer(now, id, out),
                Timer::Register(account) => self.register_timer(now, account, out),
                Timer::Reinvite(call) => self.retry_reinvite(now, call, out),
            }
        }
    }

    /// Writes a fault of the other side down.
    pub(crate) fn complain(&mut self, what: String) {
        self.complaint_count += 1;
        if self.complaints.len() < COMPLAINTS_MAX {
            self.complaints.push(what);
        }
    }

    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    pub(crate) fn complaint_count(&self) -> u64 {
        self.complaint_count
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    pub(crate) fn contact(&self, user: &str) -> Header {
        Header::Contact(rsip::headers::Contact::from(format!("<sip:{user}@{}>", self.local)))
    }

    pub(crate) fn allow() -> Header {
        let methods = [
            Method::Invite,
            Method::Ack,
            Method::Bye,
            Method::Cancel,
            Method::Options,
            Method::Info,
            Method::Update,
            Method::Notify,
            Method::Refer,
            Method::Message,
        ];
        let text = methods.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Header::Allow(rsip::headers::Allow::from(text))
    }
}
