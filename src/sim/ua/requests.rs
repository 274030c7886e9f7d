use bytes::Bytes;

use crate::base::Instant;
use crate::sim::ua::agent::Timer;
use crate::sim::ua::client::{GIVE_UP, T1};
use crate::sim::ua::{Flow, Line, LineId, LineState, Out, PendingOffer, Server, Ua, UaEvent};
use crate::sip::wire::{Method, Name, Request, Response, Text};

impl Ua {
    pub(super) fn request(
        &mut self,
        now: Instant,
        line: Option<LineId>,
        request: &Request,
        out: &mut Vec<Out>,
    ) -> Result<(), String> {
        let wrong = |error| format!("the engine sent {error}");
        let via = request.headers.via().map_err(wrong)?;
        let branch = via.branch().unwrap_or_default().to_owned();
        let to = request.headers.to().map_err(wrong)?;
        let key = |method: &Method| format!("{branch} {method}");
        match &request.method {
            Method::Ack => {
                self.acked(line, &key(&Method::Invite));
                return Ok(());
            }
            Method::Cancel => {
                self.cancelled(now, &key(&Method::Invite), request, out);
                return Ok(());
            }
            _ => {}
        }
        let key = key(&request.method);
        if let Some(server) = self.servers.get(&key) {
            out.extend(server.response.clone().map(Out::Send));
            return Ok(());
        }
        let is_invite = request.method == Method::Invite;
        let server = Server {
            headers: request.headers.clone(),
            line,
            is_invite,
            response: None,
            status: 0,
            interval: T1,
            acked: false,
            give_up: now + GIVE_UP,
        };
        self.servers.insert(key.clone(), server);
        self.timer(now + GIVE_UP, Timer::Server(key.clone()));
        let live =
            line.filter(|line| self.state(*line).is_some_and(|state| state != LineState::Over));
        match (&request.method, to.tag(), live) {
            (Method::Invite, None, _) => self.incoming(now, key, request, out)?,
            (Method::Options, None, _) => self.reply(now, &key, 200, "", out),
            (_, _, None) => self.reply(now, &key, 481, "", out),
            (Method::Invite, Some(_), Some(line)) => {
                let body = self.description(line);
                self.reply(now, &key, 200, &body, out);
            }
            (Method::Bye, _, Some(line)) => {
                self.reply(now, &key, 200, "", out);
                self.over(now, line);
                out.push(Out::Event(UaEvent::Ended { line }));
            }
            (Method::Notify, _, Some(line)) => {
                self.reply(now, &key, 200, "", out);
                if request.headers.get(Name::Event) == Some("talk") {
                    out.push(Out::Event(UaEvent::Talk { line }));
                }
            }
            _ => self.reply(now, &key, 200, "", out),
        }
        Ok(())
    }

    fn incoming(
        &mut self,
        now: Instant,
        key: String,
        request: &Request,
        out: &mut Vec<Out>,
    ) -> Result<(), String> {
        let wrong = |error| format!("the engine sent {error}");
        let headers = &request.headers;
        let contacts = headers.contacts().map_err(wrong)?;
        let contact = contacts.first().ok_or("the engine sent an INVITE without Contact")?;
        if request.body.is_empty() {
            return Err("the engine sent an INVITE without SDP".to_owned());
        }
        let tag = self.chance.below(u64::MAX);
        let line = self.open_line(Line {
            call_id: headers.call_id().map_err(wrong)?.as_str().to_owned(),
            local: format!("{};tag=p{tag:x}", headers.to().map_err(wrong)?),
            remote: headers.from().map_err(wrong)?.to_string(),
            target: contact.uri.to_string(),
            cseq: 1,
            invite_cseq: 0,
            ack: None,
            state: LineState::Ringing,
            server: Some(key.clone()),
            client: None,
            media: self.address,
            session: 0,
            version: 1,
            flow: Flow::Both,
            pending: PendingOffer::None,
            dead: false,
            mute: false,
            early: false,
        });
        if let Some(server) = self.servers.get_mut(&key) {
            server.line = Some(line);
        }
        self.reply(now, &key, 100, "", out);
        let call = headers.other("X-Call-Id").map(|id| id.as_str().to_owned());
        let auto_answer =
            headers.get(Name::CallInfo).is_some_and(|info| info.contains("answer-after=0"));
        out.push(Out::Event(UaEvent::Incoming { line, call, auto_answer }));
        Ok(())
    }

    /// Answers the INVITE of a call that came in.
    pub(super) fn answer_invite(
        &mut self,
        now: Instant,
        line: LineId,
        status: u16,
        body: String,
        out: &mut Vec<Out>,
    ) {
        if self.state(line) != Some(LineState::Ringing) {
            return;
        }
        if let Some(key) = self.lines.get(&line).and_then(|line| line.server.clone()) {
            self.reply(now, &key, status, &body, out);
        }
    }

    pub(super) fn reply(
        &mut self,
        now: Instant,
        key: &str,
        status: u16,
        body: &str,
        out: &mut Vec<Out>,
    ) {
        let contact = format!("<{}>", self.uri());
        let tag = self
            .servers
            .get(key)
            .and_then(|server| server.line)
            .and_then(|line| self.lines.get(&line).map(|line| line.local.clone()));
        let Some(server) = self.servers.get_mut(key) else { return };
        let mut response = Response::answering(&server.headers, status);
        let has_tag = server.headers.to().is_ok_and(|to| to.tag().is_some());
        if status > 100 && !has_tag {
            let to = tag.unwrap_or_else(|| {
                format!("{};tag=x", server.headers.get(Name::To).unwrap_or_default())
            });
            response.headers.set(Name::To, Text::from(to));
        }
        if server.is_invite && (101..300).contains(&status) {
            response.headers.push(Name::Contact, Text::from(contact));
        }
        if !body.is_empty() {
            response.headers.push(Name::ContentType, Text::from("application/sdp"));
            response.body = Bytes::from(body.to_owned());
        }
        let mut bytes = Vec::with_capacity(1_024);
        response.write(&mut bytes);
        let bytes = Bytes::from(bytes);
        server.response = Some(bytes.clone());
        server.status = status;
        out.push(Out::Send(bytes));
        if server.is_invite && status >= 200 {
            server.interval = T1;
            server.give_up = now + GIVE_UP;
            self.timer(now + T1, Timer::Server(key.to_owned()));
        }
    }

    /// The ACK of a refusal has the INVITE's branch; that of a 2xx is found by its call.
    fn acked(&mut self, line: Option<LineId>, key: &str) {
        if let Some(server) = self.servers.get_mut(key) {
            server.acked = true;
            return;
        }
        for server in self.servers.values_mut() {
            if server.is_invite && server.line == line && (200..300).contains(&server.status) {
                server.acked = true;
            }
        }
    }

    fn cancelled(&mut self, now: Instant, key: &str, request: &Request, out: &mut Vec<Out>) {
        let found = self.servers.get(key).map(|server| (server.line, server.status));
        let status = if found.is_some() { 200 } else { 481 };
        let mut bytes = Vec::with_capacity(512);
        let mut response = Response::answering(&request.headers, status);
        let to = format!("{};tag=c", request.headers.get(Name::To).unwrap_or_default());
        response.headers.set(Name::To, Text::from(to));
        response.write(&mut bytes);
        out.push(Out::Send(Bytes::from(bytes)));
        if let Some((Some(line), ..=199)) = found {
            self.answer_invite(now, line, 487, String::new(), out);
            self.over(now, line);
            out.push(Out::Event(UaEvent::Ended { line }));
        }
    }
}
