use bytes::Bytes;

use crate::sip::dialog::Ground;
use crate::sip::stack::{Flow, Peer};
use crate::sip::txn::ClientId;
use crate::sip::wire::{Headers, Method, Name, NameAddr, Request, Response, Text, Uri};

/// Longest route set that is kept.
const ROUTES_MAX: usize = 16;

/// What RFC 3261 §12 calls the state of a dialog: who its two ends are and how the other is reached.
#[derive(Clone, Debug)]
pub(crate) struct Ends {
    /// Call-ID.
    pub(crate) call_id: Text,
    /// Our tag.
    pub(crate) local_tag: Text,
    /// The peer's tag; `None` until its first response that has one.
    pub(crate) remote_tag: Option<Text>,
    /// The From of our requests, with our tag.
    pub(crate) local: Text,
    /// The To of our requests, with the peer's tag if there is one.
    pub(crate) remote: Text,
    /// The remote target: the Request-URI of our requests.
    pub(crate) target: Uri,
    /// The Route headers of our requests.
    pub(crate) routes: Vec<Text>,
    /// CSeq of our last request.
    pub(crate) local_cseq: u32,
    /// CSeq of the peer's last request.
    pub(crate) remote_cseq: Option<u32>,
    /// Where the peer's messages come from.
    pub(crate) source: Flow,
    /// Where our requests go.
    pub(crate) flow: Flow,
    /// Whether we made the Call-ID (glare, §14.1).
    pub(crate) is_ours: bool,
    /// Our contact, of the flow.
    pub(crate) contact: Text,
}

impl Ends {
    /// The next request of this dialog, with a CSeq of its own.
    pub(crate) fn request(&mut self, ground: &Ground<'_>, method: Method, id: ClientId) -> Request {
        self.local_cseq = self.local_cseq.saturating_add(1);
        self.request_of(ground, method, id, self.local_cseq)
    }

    /// The ACK of the 2xx to the INVITE with this CSeq.
    pub(crate) fn ack(&self, ground: &Ground<'_>, id: ClientId, cseq: u32) -> Request {
        self.request_of(ground, Method::Ack, id, cseq)
    }

    fn request_of(&self, ground: &Ground<'_>, method: Method, id: ClientId, cseq: u32) -> Request {
        let mut request = Request::new(method, self.target.clone());
        let headers = &mut request.headers;
        headers.push(Name::Via, ground.net.via(&self.flow, id));
        for route in &self.routes {
            headers.push(Name::Route, route.clone());
        }
        headers.push(Name::MaxForwards, Text::from_static("70"));
        headers.push(Name::From, self.local.clone());
        headers.push(Name::To, self.remote.clone());
        headers.push(Name::CallId, self.call_id.clone());
        headers.push(Name::CSeq, format!("{cseq} {}", request.method));
        if matches!(request.method, Method::Invite | Method::Update | Method::Notify) {
            headers.push(Name::Contact, self.contact.clone());
        }
        ground.net.sign(headers, &request.method);
        request
    }

    /// Takes what a response to our INVITE says about the peer's end. The route set is taken while
    /// the dialog is not confirmed, the target always.
    pub(crate) fn learn(
        &mut self,
        ground: &Ground<'_>,
        peer: &Peer,
        response: &Response,
        first: bool,
    ) {
        if first {
            if let Some(to) = response.headers.text(&Name::To) {
                self.remote = to.detached();
            }
            self.remote_tag = response.headers.to().ok().and_then(|to| to.tag().map(Text::from));
            self.routes = routes(&response.headers);
            self.routes.reverse();
        }
        self.aim(ground, peer, contact(&response.headers));
    }

    /// Takes what a request inside the dialog says about the peer's end (a target refresh, §12.2.2).
    pub(crate) fn refresh(
        &mut self,
        ground: &Ground<'_>,
        peer: &Peer,
        request: &Request,
        source: Flow,
    ) {
        self.source = source;
        self.aim(ground, peer, contact(&request.headers));
    }

    /// Calls the peer at this target from now on, or at the old one if there is none.
    pub(crate) fn aim(&mut self, ground: &Ground<'_>, peer: &Peer, target: Option<Uri>) {
        if let Some(target) = target {
            self.target = target;
        }
        self.flow = ground.net.flow_to(peer, &self.target, self.routes.first(), self.source);
        self.contact = ground.net.contact(&self.flow);
    }

    /// A TCP connection is gone: the next request takes another one.
    pub(crate) fn lost(&mut self, ground: &Ground<'_>, peer: &Peer, connection: u64) {
        if self.source.connection == Some(connection) {
            self.source.connection = None;
            self.aim(ground, peer, None);
        }
    }
}

/// The Record-Routes of a message, topmost first, as they are.
pub(crate) fn routes(headers: &Headers) -> Vec<Text> {
    headers.list(Name::RecordRoute).take(ROUTES_MAX).map(|route| route.detached()).collect()
}

/// The URI of the first Contact, with its own memory.
pub(crate) fn contact(headers: &Headers) -> Option<Uri> {
    let first = headers.list(Name::Contact).next()?.detached();
    NameAddr::parse(&first).ok().map(|contact| contact.uri)
}

/// Gives a request this SDP as its body.
pub(crate) fn attach(request: &mut Request, sdp: Option<Bytes>) {
    if let Some(sdp) = sdp {
        request.headers.push(Name::ContentType, Text::from_static("application/sdp"));
        request.body = sdp;
    }
}
