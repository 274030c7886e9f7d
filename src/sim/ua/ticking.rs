use crate::base::Instant;
use crate::sim::ua::agent::Timer;
use crate::sim::ua::client::GIVE_UP;
use crate::sim::ua::making::doubled;
use crate::sim::ua::{LineState, Out, Purpose, Ua, UaEvent};

impl Ua {
    pub(crate) fn tick(&mut self, now: Instant, out: &mut Vec<Out>) {
        while self.deadline().is_some_and(|at| at <= now) {
            let Some((_, timer)) = self.timers.pop_first() else { return };
            match timer {
                Timer::Client(id) => self.client_due(now, id, out),
                Timer::Server(key) => self.server_due(now, key, out),
                Timer::Forget(line) => {
                    if let Some(line) = self.lines.remove(&line) {
                        self.by_call_id.remove(&line.call_id);
                        self.by_media.remove(&line.media.port());
                    }
                }
            }
        }
    }

    fn client_due(&mut self, now: Instant, id: u64, out: &mut Vec<Out>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        let is_invite = client.is_invite();
        if client.done {
            if now >= client.give_up {
                self.clients.remove(&id);
            }
            return;
        }
        if is_invite && client.provisional {
            // It rings for as long as the caller likes.
        } else if now >= client.give_up {
            let purpose = client.purpose;
            self.clients.remove(&id);
            self.gave_up(now, purpose, out);
        } else if self.by_tcp {
            let at = client.give_up;
            self.timer(at, Timer::Client(id));
        } else {
            out.push(Out::Send(client.bytes.clone()));
            client.interval = doubled(client.interval, !is_invite);
            let next = now + client.interval;
            self.timer(next, Timer::Client(id));
        }
    }

    pub(super) fn gave_up(&mut self, now: Instant, purpose: Purpose, out: &mut Vec<Out>) {
        match purpose {
            Purpose::Invite(line) => {
                self.over(now, line);
                out.push(Out::Event(UaEvent::Failed { line, status: 408 }));
            }
            Purpose::Reinvite(line, _) => {
                self.hang_up(now, line, out);
                out.push(Out::Event(UaEvent::Ended { line }));
            }
            Purpose::Register => out.push(Out::Event(UaEvent::Registered { status: 408 })),
            Purpose::Cancel | Purpose::Bye | Purpose::Other => {}
        }
    }

    fn server_due(&mut self, now: Instant, key: String, out: &mut Vec<Out>) {
        let Some(server) = self.servers.get_mut(&key) else { return };
        let waits = server.is_invite && server.status >= 200 && !server.acked;
        if now >= server.give_up {
            let (line, status) = (server.line, server.status);
            let unanswered = server.is_invite && status < 200;
            if unanswered {
                // It still rings; the caller decides how long.
                server.give_up = now + GIVE_UP;
                self.timer(now + GIVE_UP, Timer::Server(key));
                return;
            }
            self.servers.remove(&key);
            if let (true, Some(line), 200..=299) = (waits, line, status)
                && self.state(line) == Some(LineState::Up)
            {
                self.hang_up(now, line, out);
                out.push(Out::Event(UaEvent::Ended { line }));
            }
            return;
        }
        if waits && (!self.by_tcp || server.status < 300) {
            out.extend(server.response.clone().map(Out::Send));
            server.interval = doubled(server.interval, true);
            let next = (now + server.interval).min(server.give_up);
            self.timer(next, Timer::Server(key));
        } else {
            let at = server.give_up;
            self.timer(at, Timer::Server(key));
        }
    }
}
