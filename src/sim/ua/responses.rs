use bytes::Bytes;

use crate::base::Instant;
use crate::sim::ua::agent::Timer;
use crate::sim::ua::client::GIVE_UP;
use crate::sim::ua::digest;
use crate::sim::ua::{Client, LineId, LineState, Out, PendingOffer, Purpose, Ua, UaEvent};
use crate::sip::wire::{Method, Name, Response};

impl Ua {
    pub(super) fn response(
        &mut self,
        now: Instant,
        line: Option<LineId>,
        response: &Response,
        out: &mut Vec<Out>,
    ) -> Result<(), String> {
        let cseq = response.headers.cseq().map_err(|error| format!("the engine sent {error}"))?;
        let via = response.headers.via().map_err(|error| format!("the engine sent {error}"))?;
        let id = via.branch().and_then(|branch| branch.rsplit('-').next()?.parse::<u64>().ok());
        // A CANCEL shares its INVITE's branch but has a number of its own here.
        let id = if cseq.method == Method::Cancel {
            let call_id = response.headers.get(Name::CallId).unwrap_or_default();
            let is_it = |c: &Client| {
                let of_call =
                    |(name, value): &(String, String)| name == "Call-ID" && value == call_id;
                c.purpose == Purpose::Cancel && c.head.iter().any(of_call)
            };
            self.clients.iter().find(|(_, client)| is_it(client)).map(|(id, _)| *id)
        } else {
            id
        };
        let known = id.and_then(|id| self.clients.get_mut(&id).map(|client| (id, client)));
        let Some((id, client)) = known else {
            if let (Some(line), true) =
                (line, cseq.method == Method::Invite && response.status < 300)
            {
                self.acknowledge_again(line, cseq.number, out);
            }
            return Ok(());
        };
        let first = !client.provisional;
        if response.status < 200 {
            client.provisional = true;
            if let Purpose::Invite(line) = client.purpose {
                self.progress(now, id, line, response, first, out);
            }
            return Ok(());
        }
        if client.done {
            if let Some(ack) = client.ack.clone() {
                out.push(Out::Send(ack));
            } else if let (Some(line), true) = (line, client.is_invite()) {
                self.acknowledge_again(line, cseq.number, out);
            }
            return Ok(());
        }
        client.done = true;
        client.give_up = now + GIVE_UP;
        let purpose = client.purpose;
        self.timer(now + GIVE_UP, Timer::Client(id));
        if matches!(response.status, 401 | 407) && self.prove(now, id, response, out) {
            return Ok(());
        }
        match purpose {
            Purpose::Invite(line) if response.status < 300 => {
                self.invite_answered(now, line, response, out)?;
            }
            Purpose::Invite(line) => {
                self.acknowledge_refusal(id, response, out);
                self.over(now, line);
                out.push(Out::Event(UaEvent::Failed { line, status: response.status }));
            }
            Purpose::Reinvite(line, flow) => {
                if response.status < 300 {
                    if let Some(found) = self.lines.get_mut(&line) {
                        found.flow = flow;
                    }
                    self.acknowledge(line, cseq.number, String::new(), out);
                } else {
                    self.acknowledge_refusal(id, response, out);
                    if response.status == 481 || response.status == 408 {
                        self.over(now, line);
                        out.push(Out::Event(UaEvent::Ended { line }));
                    }
                }
            }
            Purpose::Register => {
                out.push(Out::Event(UaEvent::Registered { status: response.status }));
            }
            Purpose::Cancel | Purpose::Bye | Purpose::Other => {}
        }
        Ok(())
    }

    fn progress(
        &mut self,
        now: Instant,
        id: u64,
        line: LineId,
        response: &Response,
        first: bool,
        out: &mut Vec<Out>,
    ) {
        if first && self.state(line) == Some(LineState::Calling { cancelled: true }) {
            self.cancel(now, id, out);
        }
        if response.status > 100 {
            out.push(Out::Event(UaEvent::Progress { line, status: response.status }));
        }
    }

    fn invite_answered(
        &mut self,
        now: Instant,
        line: LineId,
        response: &Response,
        out: &mut Vec<Out>,
    ) -> Result<(), String> {
        let to = response.headers.to().map_err(|error| format!("the engine sent {error}"))?;
        let contacts =
            response.headers.contacts().map_err(|error| format!("the engine sent {error}"))?;
        let contact = contacts.first().ok_or("the engine sent a 200 to INVITE without Contact")?;
        if response.body.is_empty() {
            return Err("the engine sent a 200 to INVITE without SDP".to_owned());
        }
        let Some(found) = self.lines.get_mut(&line) else { return Ok(()) };
        found.remote = to.to_string();
        found.target = contact.uri.to_string();
        let wanted = found.state == LineState::Calling { cancelled: false };
        let owes = std::mem::replace(&mut found.pending, PendingOffer::None) == PendingOffer::InAck;
        let cseq = found.invite_cseq;
        found.state = LineState::Up;
        let body = if owes { self.description(line) } else { String::new() };
        self.acknowledge(line, cseq, body, out);
        if wanted {
            out.push(Out::Event(UaEvent::Answered { line }));
        } else {
            // The CANCEL was too late.
            self.hang_up(now, line, out);
            out.push(Out::Event(UaEvent::Failed { line, status: 487 }));
        }
        Ok(())
    }

    fn acknowledge(&mut self, line: LineId, cseq: u32, body: String, out: &mut Vec<Out>) {
        let number = self.number();
        let branch = self.branch(number);
        let Some(found) = self.lines.get(&line) else { return };
        let mut head = vec![
            ("From".to_owned(), found.local.clone()),
            ("To".to_owned(), found.remote.clone()),
            ("Call-ID".to_owned(), found.call_id.clone()),
            ("CSeq".to_owned(), format!("{cseq} ACK")),
        ];
        if !body.is_empty() {
            head.push(("Content-Type".to_owned(), "application/sdp".to_owned()));
        }
        let ack = self.write("ACK", &found.target, &branch, &head, &body);
        if let Some(found) = self.lines.get_mut(&line) {
            found.ack = Some(ack.clone());
        }
        out.push(Out::Send(ack));
    }

    fn acknowledge_again(&self, line: LineId, cseq: u32, out: &mut Vec<Out>) {
        let Some(found) = self.lines.get(&line) else { return };
        if let (Some(ack), true) = (&found.ack, found.invite_cseq == cseq) {
            out.push(Out::Send(ack.clone()));
        }
    }

    /// The ACK of a refusal belongs to the INVITE's transaction (RFC 3261 §17.1.1.3).
    fn acknowledge_refusal(&mut self, id: u64, response: &Response, out: &mut Vec<Out>) {
        let ack = self.refusal_ack(id, response);
        if let (Some(ack), Some(client)) = (ack, self.clients.get_mut(&id)) {
            client.ack = Some(ack.clone());
            out.push(Out::Send(ack));
        }
    }

    fn refusal_ack(&self, id: u64, response: &Response) -> Option<Bytes> {
        let client = self.clients.get(&id)?;
        let mut head = client.head.clone();
        head.retain(|(name, _)| ["From", "Call-ID", "CSeq"].contains(&name.as_str()));
        for (name, value) in &mut head {
            if name == "CSeq" {
                *value = value.replace("INVITE", "ACK");
            }
        }
        head.push(("To".to_owned(), response.headers.get(Name::To)?.to_owned()));
        Some(self.write("ACK", &client.uri, &self.branch(id), &head, ""))
    }

    /// Sends the request once more, with an answer to the challenge. `false`: it cannot, or did so.
    fn prove(&mut self, now: Instant, id: u64, response: &Response, out: &mut Vec<Out>) -> bool {
        let nonce = format!("{:x}", self.chance.below(u64::MAX));
        let (Some(account), Some(client)) = (&self.account, self.clients.get(&id)) else {
            return false;
        };
        if client.proved {
            return false;
        }
        let headers = &response.headers;
        let (status, method, uri) = (response.status, client.method, &client.uri);
        let Some((name, value)) = digest::answer(account, headers, status, method, uri, &nonce)
        else {
            return false;
        };
        let again = client.clone();
        if again.is_invite() {
            self.acknowledge_refusal(id, response, out);
        }
        let mut head = again.head;
        let line = match again.purpose {
            Purpose::Invite(line) => Some(line),
            _ => None,
        };
        let cseq = match line.and_then(|line| self.lines.get_mut(&line)) {
            Some(line) => {
                line.cseq += 1;
                line.invite_cseq = line.cseq;
                line.cseq
            }
            None => {
                self.register_cseq += 1;
                self.register_cseq
            }
        };
        for (header, value) in &mut head {
            if header == "CSeq" {
                *value = format!("{cseq} {}", again.method);
            }
        }
        head.push((name.to_owned(), value));
        let id = self.start(now, again.purpose, again.method, again.uri, head, again.body, out);
        if let Some(client) = self.clients.get_mut(&id) {
            client.proved = true;
        }
        if let Some(line) = line.and_then(|line| self.lines.get_mut(&line)) {
            line.client = Some(id);
        }
        true
    }
}
