use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;

use crate::base::Instant;
use crate::sim::chance::Chance;
use crate::sim::ua::{Client, Line, LineId, LineState, Purpose, Server, UaEvent};
use crate::sip::wire::{self, Message};

/// What a phone proves itself with.
#[derive(Clone, Debug)]
pub(crate) struct Account {
    pub(crate) user: String,
    pub(crate) password: String,
    /// Knows no SHA-256.
    pub(crate) only_md5: bool,
}

/// What a user agent wants.
#[derive(Clone, Debug)]
pub(crate) enum Out {
    /// To the engine.
    Send(Bytes),
    Event(UaEvent),
}

/// What is due at a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Timer {
    Client(u64),
    Server(String),
    Forget(LineId),
}

/// One user agent behind one address.
#[derive(Clone, Debug)]
pub(crate) struct Ua {
    pub(crate) address: SocketAddr,
    /// Where it believes to be.
    pub(super) told: SocketAddr,
    pub(super) engine: SocketAddr,
    pub(super) account: Option<Account>,
    pub(super) clients: BTreeMap<u64, Client>,
    pub(super) servers: BTreeMap<String, Server>,
    pub(super) lines: BTreeMap<LineId, Line>,
    pub(super) by_call_id: BTreeMap<String, LineId>,
    pub(super) by_media: BTreeMap<u16, LineId>,
    pub(super) timers: BTreeMap<(Instant, u64), Timer>,
    pub(super) chance: Chance,
    pub(super) count: u64,
    pub(super) register_cseq: u32,
    /// Speaks over a connection: nothing is sent again but a 200 that waits for its ACK.
    pub(crate) by_tcp: bool,
    /// No datagram leaves or is taken any more.
    pub(crate) dead: bool,
}

impl Ua {
    pub(crate) fn new(
        address: SocketAddr,
        engine: SocketAddr,
        account: Option<Account>,
        chance: Chance,
    ) -> Self {
        Self {
            address,
            told: address,
            engine,
            account,
            clients: BTreeMap::new(),
            servers: BTreeMap::new(),
            lines: BTreeMap::new(),
            by_call_id: BTreeMap::new(),
            by_media: BTreeMap::new(),
            timers: BTreeMap::new(),
            chance,
            count: 0,
            register_cseq: 0,
            by_tcp: false,
            dead: false,
        }
    }

    /// When `tick` wants to be called.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.timers.first_key_value().map(|((at, _), _)| *at)
    }

    /// A datagram of the engine.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        bytes: Bytes,
        out: &mut Vec<Out>,
    ) -> Result<(), String> {
        if self.dead {
            return Ok(());
        }
        let message = wire::parse(bytes.clone()).map_err(|error| {
            format!(
                "the engine sent what cannot be read ({error}): {}",
                String::from_utf8_lossy(&bytes)
            )
        })?;
        let call_id = message.headers().call_id().map(|id| id.as_str().to_owned());
        let call_id = call_id.map_err(|error| format!("the engine sent {error}"))?;
        let line = self.by_call_id.get(&call_id).copied();
        if line.and_then(|line| self.lines.get(&line)).is_some_and(|line| line.dead) {
            return Ok(());
        }
        match message {
            Message::Request(request) => self.request(now, line, &request, out),
            Message::Response(response) => self.response(now, line, &response, out),
        }
    }

    /// The network of this call's owner is gone: nothing of it is sent or taken any more.
    pub(crate) fn kill(&mut self, line: LineId) {
        let Some(found) = self.lines.get_mut(&line) else { return };
        found.dead = true;
        let call_id = found.call_id.clone();
        let mine = |client: &Client| {
            client.head.iter().any(|(name, value)| name == "Call-ID" && *value == call_id)
        };
        self.clients.retain(|_, client| !mine(client));
        self.servers.retain(|_, server| server.line != Some(line));
    }

    /// The connection is gone: what was asked over it gets no answer.
    pub(crate) fn wire_lost(&mut self, now: Instant, out: &mut Vec<Out>) {
        let open = self.clients.iter().filter(|(_, client)| !client.done);
        let open: Vec<(u64, Purpose)> = open.map(|(id, client)| (*id, client.purpose)).collect();
        for (id, purpose) in open {
            self.clients.remove(&id);
            self.gave_up(now, purpose, out);
        }
    }

    /// The phone is behind NAT: it knows its private address only, and nobody can connect to it. (Its
    /// media find their way by themselves.)
    pub(crate) fn hide(&mut self) {
        self.told = SocketAddr::from(([192, 168, 1, 7], 5060));
    }

    pub(crate) fn is_hidden(&self) -> bool {
        self.told != self.address
    }

    /// Our address as a URI.
    pub(super) fn uri(&self) -> String {
        let transport = if self.by_tcp { ";transport=tcp" } else { "" };
        format!("sip:{}@{}{transport}", self.user(), self.told)
    }

    /// The phone loses its power: everything is forgotten.
    pub(crate) fn die(&mut self) {
        self.dead = true;
        self.clients.clear();
        self.servers.clear();
        self.timers.clear();
        self.lines.clear();
        self.by_call_id.clear();
        self.by_media.clear();
    }

    pub(crate) fn state(&self, line: LineId) -> Option<LineState> {
        self.lines.get(&line).map(|line| line.state)
    }

    pub(crate) fn call_id(&self, line: LineId) -> Option<&str> {
        self.lines.get(&line).map(|line| line.call_id.as_str())
    }

    pub(crate) fn media(&self, line: LineId) -> Option<SocketAddr> {
        self.lines.get(&line).map(|line| line.media)
    }

    /// The call whose speech leaves from this port.
    pub(crate) fn line_at(&self, port: u16) -> Option<LineId> {
        self.by_media.get(&port).copied()
    }

    /// Whether speech leaves from this port now.
    pub(crate) fn is_sending(&self, port: u16) -> bool {
        let line = self.by_media.get(&port).and_then(|line| self.lines.get(line));
        !self.dead
            && line.is_some_and(|line| {
                let flows = line.state == LineState::Up || line.early;
                flows && !line.dead && !line.mute && line.flow.sends()
            })
    }

    /// Says nothing more, or speaks again.
    pub(crate) fn mute(&mut self, line: LineId, mute: bool) {
        if let Some(line) = self.lines.get_mut(&line) {
            line.mute = mute;
        }
    }

    /// Whether the call is not over and its owner can still be reached.
    pub(crate) fn is_there(&self, line: LineId) -> bool {
        let is_up = |line: &Line| line.state != LineState::Over && !line.dead;
        !self.dead && self.lines.get(&line).is_some_and(is_up)
    }

    /// All calls that are not over.
    pub(crate) fn live_lines(&self) -> Vec<LineId> {
        let live = |line: &Line| line.state != LineState::Over && !line.dead;
        self.lines.iter().filter(|(_, line)| live(line)).map(|(id, _)| *id).collect()
    }

    pub(super) fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    pub(super) fn timer(&mut self, at: Instant, timer: Timer) {
        let number = self.number();
        self.timers.insert((at, number), timer);
    }

    pub(super) fn open_line(&mut self, mut line: Line) -> LineId {
        let number = self.number();
        let id = LineId(number);
        let port = 10_000 + u16::try_from((number * 2) % 50_000).unwrap_or(0);
        line.media = SocketAddr::new(self.address.ip(), port);
        line.session = number;
        self.by_call_id.insert(line.call_id.clone(), id);
        self.by_media.insert(port, id);
        self.lines.insert(id, line);
        id
    }

    pub(super) fn user(&self) -> &str {
        self.account.as_ref().map_or("line", |account| &account.user)
    }
}
