use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rsip::prelude::*;
use rsip::{Header, Method, Request, Response, Uri};

use crate::peer::message;
use crate::peer::ua::timers::{GIVE_UP, T1, T2, Timer};
use crate::peer::ua::{CallKey, Output, Ua};

/// The longest that a call may ring.
const RING_MAX: Duration = Duration::from_secs(300);

/// A client transaction; a CANCEL shares the number of its INVITE.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClientId {
    pub(crate) number: u64,
    pub(crate) cancel: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Invite(CallKey),
    Reinvite(CallKey),
    Bye(CallKey),
    Register(usize),
    Refer(CallKey),
    Text {
        number: u64,
        account: Option<usize>,
    },
    /// Nobody waits for the outcome.
    Other,
}

#[derive(Debug, Clone)]
pub(crate) enum ClientState {
    /// Sent again after `interval` until something comes.
    Sent {
        interval: Duration,
    },
    Proceeding,
    /// Final response came; `ack` answers it when it comes again.
    Done {
        ack: Option<(SocketAddr, Vec<u8>)>,
    },
}

#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) purpose: Purpose,
    pub(crate) request: Request,
    pub(crate) to: SocketAddr,
    pub(crate) bytes: Vec<u8>,
    pub(crate) state: ClientState,
    pub(crate) due: Instant,
    pub(crate) give_up: Instant,
    /// How often a challenge was answered.
    pub(crate) challenged: u8,
}

impl Ua {
    /// Sends a request, Via not yet in it, as a new transaction.
    pub(crate) fn start_client(
        &mut self,
        now: Instant,
        purpose: Purpose,
        request: Request,
        to: SocketAddr,
        out: &mut Vec<Output>,
    ) -> ClientId {
        let id = ClientId { number: self.number(), cancel: false };
        self.launch(now, id, purpose, request, to, 0, out);
        id
    }

    #[expect(clippy::too_many_arguments, reason = "everything that makes a transaction")]
    fn launch(
        &mut self,
        now: Instant,
        id: ClientId,
        purpose: Purpose,
        mut request: Request,
        to: SocketAddr,
        challenged: u8,
        out: &mut Vec<Output>,
    ) {
        let mut headers = vec![self.via(id.number)];
        headers.extend(request.headers);
        request.headers = headers.into();
        let bytes: Vec<u8> = request.clone().into();
        out.push(Output::Send { to, bytes: bytes.clone() });
        let due = now + T1;
        self.timers.set(due, Timer::Client(id));
        let state = ClientState::Sent { interval: T1 };
        let give_up = now + GIVE_UP;
        let client = Client { purpose, request, to, bytes, state, due, give_up, challenged };
        self.clients.insert(id, client);
    }

    /// The Via of a transaction.
    pub(crate) fn via(&self, number: u64) -> Header {
        Header::Via(rsip::headers::Via::from(format!(
            "SIP/2.0/UDP {};branch={}{number:x};rport",
            self.local, self.branch_prefix
        )))
    }

    /// Sends the request again with an answer to a challenge.
    pub(crate) fn relaunch(
        &mut self,
        now: Instant,
        old: ClientId,
        cseq: u32,
        credentials: Header,
        out: &mut Vec<Output>,
    ) -> Option<ClientId> {
        let client = self.clients.get(&old)?;
        let (purpose, to, challenged) = (client.purpose, client.to, client.challenged + 1);
        let mut request = client.request.clone();
        request.headers.retain(|header| {
            !matches!(
                header,
                Header::Via(_) | Header::Authorization(_) | Header::ProxyAuthorization(_)
            )
        });
        let method = request.method;
        for header in request.headers.iter_mut() {
            if let Header::CSeq(value) = header {
                value.replace(format!("{cseq} {method}"));
            }
        }
        let mut headers: Vec<Header> = request.headers.into();
        headers.push(credentials);
        request.headers = headers.into();
        let id = ClientId { number: self.number(), cancel: false };
        self.launch(now, id, purpose, request, to, challenged, out);
        Some(id)
    }

    /// CANCEL of an INVITE in progress (RFC 3261, 9.1).
    pub(crate) fn cancel(&mut self, now: Instant, invite: ClientId, out: &mut Vec<Output>) {
        let Some(client) = self.clients.get(&invite) else { return };
        let to = client.to;
        let request = sibling(&client.request, Method::Cancel, None);
        let bytes: Vec<u8> = request.clone().into();
        out.push(Output::Send { to, bytes: bytes.clone() });
        let id = ClientId { number: invite.number, cancel: true };
        let (due, give_up) = (now + T1, now + GIVE_UP);
        self.timers.set(due, Timer::Client(id));
        let state = ClientState::Sent { interval: T1 };
        let purpose = Purpose::Other;
        let client = Client { purpose, request, to, bytes, state, due, give_up, challenged: 0 };
        self.clients.insert(id, client);
    }

    /// ACK of a refusal: it belongs to the INVITE's transaction (RFC 3261, 17.1.1.3).
    pub(crate) fn ack_refusal(
        &mut self,
        now: Instant,
        id: ClientId,
        response: &Response,
        out: &mut Vec<Output>,
    ) {
        let Some(client) = self.clients.get(&id) else { return };
        let to = client.to;
        let to_value = message::first(&response.headers, "To");
        let bytes: Vec<u8> = sibling(&client.request, Method::Ack, to_value).into();
        out.push(Output::Send { to, bytes: bytes.clone() });
        self.finish_client(now, id, Some((to, bytes)));
    }

    /// The transaction has its final response and lingers for those that come again.
    pub(crate) fn finish_client(
        &mut self,
        now: Instant,
        id: ClientId,
        ack: Option<(SocketAddr, Vec<u8>)>,
    ) {
        let linger = self.settings.linger;
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.state = ClientState::Done { ack };
        client.bytes = Vec::new();
        client.request.body = Vec::new();
        client.request.headers = rsip::Headers::default();
        client.due = now + linger;
        self.timers.set(client.due, Timer::Client(id));
    }

    /// A provisional response: no more retransmissions of an INVITE, slower ones of others.
    pub(crate) fn proceed_client(&mut self, now: Instant, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.request.method == Method::Invite {
            client.state = ClientState::Proceeding;
            client.give_up = now + RING_MAX;
            client.due = client.give_up;
        } else {
            client.state = ClientState::Sent { interval: T2 };
            client.due = (now + T2).min(client.give_up);
        }
        self.timers.set(client.due, Timer::Client(id));
    }

    pub(crate) fn client_timer(&mut self, now: Instant, id: ClientId, out: &mut Vec<Output>) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if now < client.due {
            return;
        }
        match &mut client.state {
            ClientState::Done { .. } => {
                self.clients.remove(&id);
            }
            ClientState::Sent { interval } if now < client.give_up => {
                *interval *= 2;
                if client.request.method != Method::Invite {
                    *interval = (*interval).min(T2);
                }
                client.due = (now + *interval).min(client.give_up);
                out.push(Output::Send { to: client.to, bytes: client.bytes.clone() });
                self.timers.set(client.due, Timer::Client(id));
                self.retransmitted += 1;
            }
            ClientState::Sent { .. } | ClientState::Proceeding => {
                let purpose = client.purpose;
                let method = client.request.method;
                let to = client.to;
                self.clients.remove(&id);
                self.complain(format!("{to} never answered our {method}"));
                self.no_response(now, purpose, out);
            }
        }
    }
}

/// CANCEL or ACK made of an INVITE: same Via, URI, From, Call-ID, routes and number.
fn sibling(invite: &Request, method: Method, to: Option<&str>) -> Request {
    let mut headers = Vec::with_capacity(8);
    for header in invite.headers.iter() {
        match header {
            Header::Via(_)
            | Header::From(_)
            | Header::CallId(_)
            | Header::Route(_)
            | Header::MaxForwards(_) => headers.push(header.clone()),
            Header::To(_) => headers.push(match to {
                Some(value) => Header::To(rsip::headers::To::from(value)),
                None => header.clone(),
            }),
            Header::CSeq(value) => {
                let number = value.value().split(' ').next().unwrap_or_default();
                headers.push(Header::CSeq(rsip::headers::CSeq::from(format!("{number} {method}"))));
            }
            _ => {}
        }
    }
    headers.push(Header::ContentLength(rsip::headers::ContentLength::from("0")));
    let uri: Uri = invite.uri.clone();
    Request { method, uri, version: rsip::Version::V2, headers: headers.into(), body: Vec::new() }
}
