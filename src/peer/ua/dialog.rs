use std::net::SocketAddr;
use std::time::Instant;

use rsip::{Header, Method, Request, Response, Uri};

use crate::peer::message;
use crate::peer::sdp::{Description, Direction, LocalMedia, Session};
use crate::peer::ua::client::{ClientId, Purpose};
use crate::peer::ua::{CallKey, EndedBy, Event, Output, Ua};

/// Where a call stands.
#[derive(Debug)]
pub(crate) enum DialogState {
    /// Our INVITE is out.
    Calling {
        client: ClientId,
        cancelling: bool,
        provisional: bool,
    },
    /// Their INVITE waits for our answer.
    Ringing {
        server: u64,
        offer: Option<Description>,
    },
    /// We answered; `ending`: hang up when the ACK is here.
    Accepted {
        ending: bool,
    },
    Up,
    /// Our BYE is out.
    Ending {
        by: EndedBy,
    },
}

/// A dialog (RFC 3261, 12).
#[derive(Debug)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) user: String,
    pub(crate) account: Option<usize>,
    /// Our From or To value without a tag.
    pub(crate) local: String,
    pub(crate) local_tag: String,
    /// Their value, tag included once it is known.
    pub(crate) remote: String,
    pub(crate) remote_tag: Option<String>,
    pub(crate) target: Uri,
    pub(crate) routes: Vec<String>,
    pub(crate) to: SocketAddr,
    pub(crate) cseq: u32,
    pub(crate) remote_cseq: u32,
    pub(crate) state: DialogState,
    pub(crate) session: Session,
    pub(crate) media: Option<LocalMedia>,
    /// Our re-INVITE in progress, with the direction to return to when it fails.
    pub(crate) reinvite: Option<(ClientId, Direction)>,
    /// A re-INVITE to be tried again after 491.
    pub(crate) retry: Option<Direction>,
    /// CSeq of each REFER of ours whose subscription is open.
    pub(crate) refers: Vec<u32>,
    /// Their INVITE whose 200 waits for an ACK.
    pub(crate) unacknowledged: Option<u64>,
    /// The ACK must bring the answer to the offer in our 200.
    pub(crate) answer_in_ack: bool,
    /// We called.
    pub(crate) is_caller: bool,
}

impl Dialog {
    /// Takes tag, contact and routes from a response to our INVITE. The error names what is
    /// missing.
    pub(crate) fn learn(&mut self, response: &Response, is_final: bool) -> Result<(), String> {
        let headers = &response.headers;
        let to = message::first(headers, "To").unwrap_or_default();
        match message::tag(to) {
            Some(tag) => {
                if let Some(known) = &self.remote_tag
                    && known != tag
                {
                    return Err(format!("To tag changed from {known} to {tag}"));
                }
                self.remote_tag = Some(tag.to_owned());
                self.remote = to.to_owned();
            }
            None => return Err("a response that makes a dialog has no To tag".to_owned()),
        }
        self.routes = message::all(headers, "Record-Route")
            .flat_map(|value| value.split(','))
            .map(|route| route.trim().to_owned())
            .collect();
        self.routes.reverse();
        match message::first(headers, "Contact").and_then(message::uri_of) {
            Some(uri) => self.target = uri,
            None if is_final => return Err("200 to INVITE without Contact".to_owned()),
            None => {}
        }
        self.find_way();
        Ok(())
    }

    /// Next hop: first route, else the target, when numeric.
    pub(crate) fn find_way(&mut self) {
        let first = self.routes.first().and_then(|route| message::uri_of(route));
        if let Some(address) = message::address_of(first.as_ref().unwrap_or(&self.target)) {
            self.to = address;
        }
    }
}

impl Ua {
    /// A request of a dialog without Via; `sdp` becomes its body.
    pub(crate) fn dialog_request(
        &mut self,
        call: CallKey,
        method: Method,
        sdp: Option<String>,
    ) -> Option<(Request, SocketAddr)> {
        let contact = self.contact(&self.dialogs.get(&call)?.user);
        let user_agent = self.settings.user_agent.clone();
        let dialog = self.dialogs.get_mut(&call)?;
        if method != Method::Ack {
            dialog.cseq += 1;
        }
        let mut headers = rsip::Headers::from(vec![
            Header::MaxForwards(rsip::headers::MaxForwards::from("70")),
            Header::From(rsip::headers::From::from(format!(
                "{};tag={}",
                dialog.local, dialog.local_tag
            ))),
            Header::To(rsip::headers::To::from(dialog.remote.clone())),
            Header::CallId(rsip::headers::CallId::from(dialog.call_id.clone())),
            rsip::typed::CSeq::from((dialog.cseq, method)).into(),
        ]);
        for route in &dialog.routes {
            headers.push(Header::Route(rsip::headers::Route::from(route.clone())));
        }
        if matches!(method, Method::Invite | Method::Update) {
            headers.push(contact);
        }
        if method == Method::Invite {
            headers.push(Self::allow());
        }
        headers.push(Header::UserAgent(rsip::headers::UserAgent::from(user_agent)));
        let mut body = Vec::new();
        message::finish(&mut headers, &mut body, sdp);
        let uri = dialog.target.clone();
        let request = Request { method, uri, version: rsip::Version::V2, headers, body };
        Some((request, dialog.to))
    }

    /// The ACK of a 200: a request of its own. `cseq` is that of the INVITE.
    pub(crate) fn acknowledge(
        &mut self,
        now: Instant,
        call: CallKey,
        cseq: u32,
        client: ClientId,
        out: &mut Vec<Output>,
    ) {
        let Some((mut request, to)) = self.dialog_request(call, Method::Ack, None) else { return };
        for header in request.headers.iter_mut() {
            if matches!(header, Header::CSeq(_)) {
                *header = rsip::typed::CSeq::from((cseq, Method::Ack)).into();
            }
        }
        let number = self.number();
        let mut headers = vec![self.via(number)];
        headers.extend(request.headers);
        request.headers = headers.into();
        let bytes: Vec<u8> = request.into();
        out.push(Output::Send { to, bytes: bytes.clone() });
        self.finish_client(now, client, Some((to, bytes)));
    }

    pub(crate) fn send_bye(
        &mut self,
        now: Instant,
        call: CallKey,
        by: EndedBy,
        out: &mut Vec<Output>,
    ) {
        let Some((request, to)) = self.dialog_request(call, Method::Bye, None) else { return };
        self.start_client(now, Purpose::Bye(call), request, to, out);
        if let Some(dialog) = self.dialogs.get_mut(&call) {
            dialog.state = DialogState::Ending { by };
        }
    }

    /// Forgets a dialog and says so.
    pub(crate) fn end(&mut self, now: Instant, call: CallKey, by: EndedBy, out: &mut Vec<Output>) {
        let Some(dialog) = self.dialogs.remove(&call) else { return };
        self.tags.remove(&dialog.local_tag);
        if let Some(server) = dialog.unacknowledged {
            self.close_server(now, server);
        }
        out.push(Output::Event(Event::Ended { call, by }));
    }

    /// Our 200 was not acknowledged in time: the call is over (RFC 3261, 13.3.1.4).
    pub(crate) fn not_acknowledged(&mut self, now: Instant, call: CallKey, out: &mut Vec<Output>) {
        self.send_bye(now, call, EndedBy::NoAck, out);
    }
}
