use std::net::SocketAddr;

use crate::sip::dialog::Reply;
use crate::sip::stack::net::{SIP_PORT, SUPPORTED};
use crate::sip::stack::{Flow, Net};
use crate::sip::wire::{Headers, Method, Name, Request, Response, Text, Via};

/// What the responses to a request are made from (RFC 3261 §8.2.6).
#[derive(Clone, Debug)]
pub(crate) struct Head {
    /// Via, From, To, Call-ID, CSeq and Record-Route; the top Via says where the request came from.
    headers: Headers,
    /// INVITE, UPDATE or REFER, whose responses carry our Contact.
    is_target: bool,
    /// INVITE outside a dialog, whose responses carry its Record-Routes.
    is_first: bool,
}

impl Head {
    pub(crate) fn new(request: &Request, via: &Via, flow: &Flow) -> Self {
        let mut head = Self::of(&request.headers, via, flow);
        head.is_target = matches!(request.method, Method::Invite | Method::Update | Method::Refer);
        let has_tag = request.headers.to().is_ok_and(|to| to.tag().is_some());
        head.is_first = request.method == Method::Invite && !has_tag;
        head
    }

    /// The same of headers that may not be whole.
    pub(crate) fn of(headers: &Headers, via: &Via, flow: &Flow) -> Self {
        let mut kept = Headers::with_capacity(8);
        for (name, value) in headers.iter() {
            if matches!(
                name,
                Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq | Name::RecordRoute
            ) {
                kept.push(name.clone(), value.clone());
            }
        }
        let source = flow.peer.ip().to_canonical();
        let mut via = via.clone();
        if via.wants_rport() {
            via.params.set("rport", Some(&flow.peer.port().to_string()));
        }
        if via.wants_rport() || via.address().map(|a| a.to_canonical()) != Some(source) {
            via.params.set("received", Some(&source.to_string()));
        }
        kept.set_top_via(&via);
        Self { headers: kept, is_target: false, is_first: false }
    }

    /// The response.
    pub(crate) fn respond(&self, net: &Net, tag: &str, flow: &Flow, reply: Reply) -> Response {
        let status = reply.status;
        let mut response = Response::answering(&self.headers, status);
        if status > 100
            && let Some(to) = self.headers.text(&Name::To)
            && !self.headers.to().is_ok_and(|to| to.tag().is_some())
        {
            response.headers.set(Name::To, format!("{to};tag={tag}"));
        }
        if (101..300).contains(&status) {
            if self.is_first {
                for route in self.headers.all(Name::RecordRoute) {
                    response.headers.push(Name::RecordRoute, route.clone());
                }
            }
            if self.is_target {
                response.headers.push(Name::Contact, net.contact(flow));
            }
        }
        if (self.is_target && status == 200) || matches!(status, 405 | 501) {
            response.headers.push(Name::Allow, net.allow());
        }
        if self.is_target && status == 200 {
            response.headers.push(Name::Supported, Text::from_static(SUPPORTED));
        }
        for (name, value) in reply.headers {
            response.headers.push(name, value);
        }
        if !net.settings.user_agent.is_empty() && !matches!(status, 100 | 401) {
            response.headers.push(Name::Server, Text::from(net.settings.user_agent.as_str()));
        }
        if let Some(sdp) = reply.sdp {
            response.headers.push(Name::ContentType, Text::from_static("application/sdp"));
            response.body = sdp;
        }
        response
    }
}

/// Where the responses to a request go (RFC 3261 §18.2.2, RFC 3581): over the same connection, and
/// to the address it came from; the port of its Via counts only when `rport` is not asked for and
/// there is no NAT between. Never to `maddr` (R27).
pub(crate) fn reply_to(flow: Flow, via: &Via) -> Flow {
    let source = flow.peer.ip();
    let is_direct = via.address().is_some_and(|a| a.to_canonical() == source.to_canonical());
    if flow.transport.is_reliable() || via.wants_rport() || !is_direct {
        return flow;
    }
    Flow { peer: SocketAddr::new(source, via.port.unwrap_or(SIP_PORT)), ..flow }
}
