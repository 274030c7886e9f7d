use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sim::ua::agent::Timer;
use crate::sim::ua::body::describe;
use crate::sim::ua::client::{GIVE_UP, T1};
use crate::sim::ua::{Client, Flow, Line, LineId, LineState, Out, PendingOffer, Purpose, Ua};

/// A call to be made.
#[derive(Clone, Debug)]
pub(crate) struct Invite {
    /// The number called.
    pub(crate) to: String,
    /// The number that calls.
    pub(crate) from: String,
    /// More headers.
    pub(crate) headers: Vec<(String, String)>,
    /// What it says about media.
    pub(crate) offer: Offer,
}

/// What an INVITE says about media.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Offer {
    Good,
    /// A codec that the engine does not have.
    Bad,
    /// Nothing: the engine must offer.
    Late,
}

/// A description that no engine can agree on.
const BAD: &str = "v=0\r\no=- 1 1 IN IP4 10.9.9.9\r\ns=-\r\nc=IN IP4 10.9.9.9\r\nt=0 0\r\n\
                   m=audio 40000 RTP/AVP 9\r\n";

impl Ua {
    pub(crate) fn invite(&mut self, now: Instant, invite: Invite, out: &mut Vec<Out>) -> LineId {
        let (mine, theirs) = (self.address, self.engine);
        let tag = self.chance.below(u64::MAX);
        let cseq = 1 + u32::try_from(self.chance.below(1_000)).unwrap_or(0);
        let number = self.number();
        let target = format!("sip:{}@{theirs}", invite.to);
        let line = self.open_line(Line {
            call_id: format!("{tag:x}-{number}@{}", mine.ip()),
            local: format!("<sip:{}@{}>;tag=s{tag:x}", invite.from, mine.ip()),
            remote: format!("<sip:{}@{}>", invite.to, theirs.ip()),
            target,
            cseq,
            invite_cseq: cseq,
            ack: None,
            state: LineState::Calling { cancelled: false },
            server: None,
            client: None,
            media: mine,
            session: 0,
            version: 1,
            flow: Flow::Both,
            pending: if invite.offer == Offer::Late {
                PendingOffer::InAck
            } else {
                PendingOffer::None
            },
            dead: false,
            mute: false,
            early: false,
        });
        let body = match invite.offer {
            Offer::Good => self.description(line),
            Offer::Bad => BAD.to_owned(),
            Offer::Late => String::new(),
        };
        let client =
            self.send(now, Purpose::Invite(line), "INVITE", Some(line), invite.headers, body, out);
        if let Some(line) = self.lines.get_mut(&line) {
            line.client = Some(client);
        }
        line
    }

    /// What we say about our media on this line.
    pub(super) fn description(&mut self, line: LineId) -> String {
        let Some(line) = self.lines.get_mut(&line) else { return String::new() };
        line.version += 1;
        describe(line.media, line.session, line.version, line.flow)
    }

    /// 180, or 183 with early media.
    pub(crate) fn ring(&mut self, now: Instant, line: LineId, status: u16, out: &mut Vec<Out>) {
        let body = if status == 183 { self.description(line) } else { String::new() };
        if let Some(found) = self.lines.get_mut(&line) {
            found.early |= status == 183;
        }
        self.answer_invite(now, line, status, body, out);
    }

    pub(crate) fn answer(&mut self, now: Instant, line: LineId, out: &mut Vec<Out>) {
        if self.state(line) != Some(LineState::Ringing) {
            return;
        }
        let body = self.description(line);
        self.answer_invite(now, line, 200, body, out);
        if let Some(line) = self.lines.get_mut(&line) {
            line.state = LineState::Up;
        }
    }

    /// A 200 whose body no engine can agree on.
    pub(crate) fn answer_badly(&mut self, now: Instant, line: LineId, out: &mut Vec<Out>) {
        if self.state(line) != Some(LineState::Ringing) {
            return;
        }
        self.answer_invite(now, line, 200, BAD.to_owned(), out);
        if let Some(line) = self.lines.get_mut(&line) {
            line.state = LineState::Up;
        }
    }

    pub(crate) fn refuse(&mut self, now: Instant, line: LineId, status: u16, out: &mut Vec<Out>) {
        if self.state(line) == Some(LineState::Ringing) {
            self.answer_invite(now, line, status, String::new(), out);
            self.over(now, line);
        }
    }

    /// Whatever ends the call in its state.
    pub(crate) fn hang_up(&mut self, now: Instant, line: LineId, out: &mut Vec<Out>) {
        match self.state(line) {
            Some(LineState::Calling { cancelled: false }) => {
                let client = self.lines.get_mut(&line).and_then(|found| {
                    found.state = LineState::Calling { cancelled: true };
                    found.client
                });
                let heard = client.and_then(|client| self.clients.get(&client));
                if let (Some(client), true) = (client, heard.is_some_and(|c| c.provisional)) {
                    self.cancel(now, client, out);
                }
            }
            Some(LineState::Ringing) => self.refuse(now, line, 486, out),
            Some(LineState::Up) => {
                self.send(now, Purpose::Bye, "BYE", Some(line), Vec::new(), String::new(), out);
                self.over(now, line);
            }
            Some(LineState::Calling { .. } | LineState::Over) | None => {}
        }
    }

    /// The call is over; it is forgotten when nothing of it can come any more.
    pub(super) fn over(&mut self, now: Instant, line: LineId) {
        let Some(found) = self.lines.get_mut(&line) else { return };
        found.state = LineState::Over;
        found.early = false;
        self.timer(now + GIVE_UP + GIVE_UP, Timer::Forget(line));
    }

    /// Hold or retrieve by a re-INVITE.
    pub(crate) fn reinvite(&mut self, now: Instant, line: LineId, flow: Flow, out: &mut Vec<Out>) {
        let busy = self.clients.values().any(|client| {
            !client.done && matches!(client.purpose, Purpose::Reinvite(of, _) if of == line)
        });
        if self.state(line) != Some(LineState::Up) || busy {
            return;
        }
        let Some(found) = self.lines.get_mut(&line) else { return };
        found.version += 1;
        let body = describe(found.media, found.session, found.version, flow);
        self.send(now, Purpose::Reinvite(line, flow), "INVITE", Some(line), Vec::new(), body, out);
    }

    /// A key by INFO.
    pub(crate) fn info(&mut self, now: Instant, line: LineId, key: char, out: &mut Vec<Out>) {
        if self.state(line) == Some(LineState::Up) {
            let kind = ("Content-Type".to_owned(), "application/dtmf-relay".to_owned());
            let body = format!("Signal={key}\r\nDuration=160\r\n");
            self.send(now, Purpose::Other, "INFO", Some(line), vec![kind], body, out);
        }
    }

    /// Registers for `expires` seconds; 0 unregisters.
    pub(crate) fn register(&mut self, now: Instant, expires: u32, out: &mut Vec<Out>) {
        if self.dead {
            return;
        }
        self.register_cseq += 1;
        let (user, mine, theirs) = (self.user().to_owned(), self.address, self.engine.ip());
        let head = vec![
            ("From".to_owned(), format!("<sip:{user}@{theirs}>;tag=r{}", mine.port())),
            ("To".to_owned(), format!("<sip:{user}@{theirs}>")),
            ("Call-ID".to_owned(), format!("register-{user}@{}", mine.ip())),
            ("CSeq".to_owned(), format!("{} REGISTER", self.register_cseq)),
            ("Contact".to_owned(), format!("<{}>", self.uri())),
            ("Expires".to_owned(), expires.to_string()),
        ];
        let uri = format!("sip:{theirs}");
        self.start(now, Purpose::Register, "REGISTER", uri, head, String::new(), out);
    }

    pub(super) fn cancel(&mut self, now: Instant, invite: u64, out: &mut Vec<Out>) {
        let Some(client) = self.clients.get(&invite) else { return };
        let (uri, mut head) = (client.uri.clone(), client.head.clone());
        head.retain(|(name, _)| ["From", "To", "Call-ID", "CSeq"].contains(&name.as_str()));
        for (name, value) in &mut head {
            if name == "CSeq" {
                *value = value.replace("INVITE", "CANCEL");
            }
        }
        let branch = self.branch(invite);
        let id = self.number();
        let bytes = self.write("CANCEL", &uri, &branch, &head, "");
        self.begin(now, id, Purpose::Cancel, "CANCEL", uri, head, String::new(), bytes, out);
    }

    /// Sends a request inside or at the beginning of a call's dialog.
    #[expect(clippy::too_many_arguments, reason = "the parts of a request")]
    pub(super) fn send(
        &mut self,
        now: Instant,
        purpose: Purpose,
        method: &'static str,
        line: Option<LineId>,
        more: Vec<(String, String)>,
        body: String,
        out: &mut Vec<Out>,
    ) -> u64 {
        let contact = format!("<{}>", self.uri());
        let Some(found) = line.and_then(|line| self.lines.get_mut(&line)) else { return 0 };
        if !matches!(purpose, Purpose::Invite(_)) {
            found.cseq += 1;
        }
        if method == "INVITE" {
            found.invite_cseq = found.cseq;
        }
        let mut head = vec![
            ("From".to_owned(), found.local.clone()),
            ("To".to_owned(), found.remote.clone()),
            ("Call-ID".to_owned(), found.call_id.clone()),
            ("CSeq".to_owned(), format!("{} {method}", found.cseq)),
            ("Contact".to_owned(), contact),
        ];
        if !body.is_empty() && more.iter().all(|(name, _)| name != "Content-Type") {
            head.push(("Content-Type".to_owned(), "application/sdp".to_owned()));
        }
        head.extend(more);
        let uri = found.target.clone();
        self.start(now, purpose, method, uri, head, body, out)
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a request")]
    pub(super) fn start(
        &mut self,
        now: Instant,
        purpose: Purpose,
        method: &'static str,
        uri: String,
        head: Vec<(String, String)>,
        body: String,
        out: &mut Vec<Out>,
    ) -> u64 {
        let id = self.number();
        let branch = self.branch(id);
        let bytes = self.write(method, &uri, &branch, &head, &body);
        self.begin(now, id, purpose, method, uri, head, body, bytes, out);
        id
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of a transaction")]
    fn begin(
        &mut self,
        now: Instant,
        id: u64,
        purpose: Purpose,
        method: &'static str,
        uri: String,
        head: Vec<(String, String)>,
        body: String,
        bytes: Bytes,
        out: &mut Vec<Out>,
    ) {
        out.push(Out::Send(bytes.clone()));
        let client = Client {
            purpose,
            method,
            uri,
            head,
            body,
            bytes,
            interval: T1,
            give_up: now + GIVE_UP,
            provisional: false,
            done: false,
            ack: None,
            proved: false,
        };
        self.clients.insert(id, client);
        self.timer(now + T1, Timer::Client(id));
    }

    pub(super) fn branch(&self, id: u64) -> String {
        format!("z9hG4bKs{}-{id}", self.address.ip().to_string().replace('.', "-"))
    }

    pub(super) fn write(
        &self,
        method: &str,
        uri: &str,
        branch: &str,
        head: &[(String, String)],
        body: &str,
    ) -> Bytes {
        let mut text = format!(
            "{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{} {};rport;branch={branch}\r\nMax-Forwards: 70\r\n",
            if self.by_tcp { "TCP" } else { "UDP" },
            self.told
        );
        for (name, value) in head {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        Bytes::from(text)
    }
}

/// The next interval of a retransmission.
pub(super) fn doubled(interval: Duration, capped: bool) -> Duration {
    let next = interval * 2;
    if capped { next.min(crate::sim::ua::client::T2) } else { next }
}
