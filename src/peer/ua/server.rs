use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rsip::{Method, Request, Response};

use crate::peer::message;
use crate::peer::ua::timers::{GIVE_UP, T1, T2, Timer};
use crate::peer::ua::{CallKey, Output, Ua};

#[derive(Debug)]
pub(crate) enum ServerState {
    /// No final response yet.
    Open,
    /// A final response to an INVITE is sent again until the ACK comes.
    WaitAck {
        interval: Duration,
        give_up: Instant,
        success: bool,
    },
    Done,
}

/// A server transaction: what to say when a request comes again.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) key: String,
    pub(crate) request: Request,
    pub(crate) source: SocketAddr,
    pub(crate) target: SocketAddr,
    pub(crate) call: Option<CallKey>,
    pub(crate) state: ServerState,
    last: Option<Vec<u8>>,
    due: Instant,
}

/// The key under which a request that comes again is found; an ACK of a refusal finds its INVITE.
pub(crate) fn key(request: &Request, method: Method) -> Option<String> {
    Some(format!("{} {method}", message::branch(&request.headers)?))
}

impl Ua {
    pub(crate) fn open_server(
        &mut self,
        now: Instant,
        source: SocketAddr,
        request: Request,
    ) -> Option<u64> {
        let key = key(&request, request.method)?;
        let id = self.number();
        let target = message::response_target(&request, source);
        self.server_keys.insert(key.clone(), id);
        let state = ServerState::Open;
        let server =
            Server { key, request, source, target, call: None, state, last: None, due: now };
        self.servers.insert(id, server);
        Some(id)
    }

    /// Sends a response of a transaction.
    pub(crate) fn reply(
        &mut self,
        now: Instant,
        id: u64,
        response: Response,
        out: &mut Vec<Output>,
    ) {
        let linger = self.settings.linger;
        let Some(server) = self.servers.get_mut(&id) else { return };
        let status = response.status_code.code();
        let bytes: Vec<u8> = response.into();
        out.push(Output::Send { to: server.target, bytes: bytes.clone() });
        server.last = Some(bytes);
        if status < 200 {
            return;
        }
        if server.request.method == Method::Invite {
            let success = status < 300;
            let give_up = now + GIVE_UP;
            server.state = ServerState::WaitAck { interval: T1, give_up, success };
            server.due = now + T1;
        } else {
            server.state = ServerState::Done;
            server.due = now + linger;
        }
        server.request.body = Vec::new();
        self.timers.set(server.due, Timer::Server(id));
    }

    /// The same request came again.
    pub(crate) fn repeat(&mut self, id: u64, out: &mut Vec<Output>) {
        let Some(server) = self.servers.get(&id) else { return };
        // A 200 to an INVITE has a timer of its own.
        if matches!(server.state, ServerState::WaitAck { success: true, .. }) {
            return;
        }
        if let Some(bytes) = &server.last {
            out.push(Output::Send { to: server.target, bytes: bytes.clone() });
            self.retransmitted += 1;
        }
    }

    /// The ACK came, or nobody waits for it any more.
    pub(crate) fn close_server(&mut self, now: Instant, id: u64) {
        let linger = self.settings.linger;
        let Some(server) = self.servers.get_mut(&id) else { return };
        if !matches!(server.state, ServerState::Done) {
            server.state = ServerState::Done;
            server.last = None;
            server.due = now + linger;
            self.timers.set(server.due, Timer::Server(id));
        }
    }

    pub(crate) fn server_timer(&mut self, now: Instant, id: u64, out: &mut Vec<Output>) {
        let Some(server) = self.servers.get_mut(&id) else { return };
        if now < server.due {
            return;
        }
        match &mut server.state {
            ServerState::Open => {}
            ServerState::Done => {
                self.server_keys.remove(&server.key);
                self.servers.remove(&id);
            }
            ServerState::WaitAck { interval, give_up, .. } if now < *give_up => {
                *interval = (*interval * 2).min(T2);
                server.due = (now + *interval).min(*give_up);
                if let Some(bytes) = &server.last {
                    out.push(Output::Send { to: server.target, bytes: bytes.clone() });
                }
                self.timers.set(server.due, Timer::Server(id));
                self.retransmitted += 1;
            }
            ServerState::WaitAck { success, .. } => {
                let (success, call, source) = (*success, server.call, server.source);
                self.complain(format!("{source} never acknowledged our final response"));
                self.close_server(now, id);
                if success && let Some(call) = call {
                    self.not_acknowledged(now, call, out);
                }
            }
        }
    }
}
