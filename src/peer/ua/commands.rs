use std::net::SocketAddr;
use std::time::Instant;

use rsip::prelude::*;
use rsip::{Header, Method, Request, Uri};

use crate::peer::message;
use crate::peer::sdp::{Direction, LocalMedia, Session};
use crate::peer::ua::client::Purpose;
use crate::peer::ua::dialog::{Dialog, DialogState};
use crate::peer::ua::{CallKey, EndedBy, Event, Output, Ua};

/// A call to be made.
#[derive(Debug, Clone)]
pub(crate) struct Invite {
    /// User part of From and Contact.
    pub(crate) user: String,
    pub(crate) display: Option<String>,
    /// Answers challenges with this account's password.
    pub(crate) account: Option<usize>,
    pub(crate) uri: Uri,
    pub(crate) to: SocketAddr,
    pub(crate) media: LocalMedia,
    pub(crate) headers: Vec<(String, String)>,
}

impl Ua {
    /// Calls.
    pub(crate) fn call(&mut self, now: Instant, invite: Invite, out: &mut Vec<Output>) -> CallKey {
        let call = self.number();
        let local_tag = self.chance.word();
        let mut session = Session::new(self.chance.next());
        let sdp = session.offer(&invite.media);
        let identity = format!("<sip:{}@{}>", invite.user, self.local.ip());
        let local = match &invite.display {
            Some(name) => format!("\"{name}\" {identity}"),
            None => identity,
        };
        let dialog = Dialog {
            call_id: format!("{}@{}", self.chance.word(), self.local.ip()),
            user: invite.user,
            account: invite.account,
            local,
            local_tag: local_tag.clone(),
            remote: format!("<{}>", invite.uri),
            remote_tag: None,
            target: invite.uri,
            routes: Vec::new(),
            to: invite.to,
            cseq: (self.chance.next() % 10_000) as u32,
            remote_cseq: 0,
            state: DialogState::Up,
            session,
            media: Some(invite.media),
            reinvite: None,
            retry: None,
            refers: Vec::new(),
            unacknowledged: None,
            answer_in_ack: false,
            is_caller: true,
        };
        self.dialogs.insert(call, dialog);
        self.tags.insert(local_tag, call);
        if let Some((mut request, to)) = self.dialog_request(call, Method::Invite, Some(sdp)) {
            for (name, value) in invite.headers {
                request.headers.push(Header::Other(name, value));
            }
            let client = self.start_client(now, Purpose::Invite(call), request, to, out);
            if let Some(dialog) = self.dialogs.get_mut(&call) {
                dialog.state =
                    DialogState::Calling { client, cancelling: false, provisional: false };
            }
        }
        call
    }

    /// Says 180 or 183.
    pub(crate) fn ring(&mut self, now: Instant, call: CallKey, out: &mut Vec<Output>) {
        let Some(DialogState::Ringing { server, .. }) = self.dialogs.get(&call).map(|d| &d.state)
        else {
            return;
        };
        self.respond_in(now, *server, call, 180, None, out);
    }

    /// Says 200 with our media.
    pub(crate) fn answer(
        &mut self,
        now: Instant,
        call: CallKey,
        media: LocalMedia,
        out: &mut Vec<Output>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let DialogState::Ringing { server, offer } = &dialog.state else { return };
        let (server, offer) = (*server, offer.clone());
        let sdp = match &offer {
            Some(offer) => match dialog.session.answer(&media, offer) {
                Ok((sdp, aim)) => {
                    out.push(Output::Event(Event::Aim { call, aim }));
                    sdp
                }
                Err(why) => {
                    self.complain(format!("offer in INVITE: {why}"));
                    return self.refuse(now, call, 488, out);
                }
            },
            None => {
                dialog.answer_in_ack = true;
                dialog.session.offer(&media)
            }
        };
        dialog.media = Some(media);
        dialog.state = DialogState::Accepted { ending: false };
        dialog.unacknowledged = Some(server);
        self.respond_in(now, server, call, 200, Some(sdp), out);
    }

    /// Refuses a call that rings here.
    pub(crate) fn refuse(
        &mut self,
        now: Instant,
        call: CallKey,
        status: u16,
        out: &mut Vec<Output>,
    ) {
        let Some(DialogState::Ringing { server, .. }) = self.dialogs.get(&call).map(|d| &d.state)
        else {
            return;
        };
        self.respond_in(now, *server, call, status, None, out);
        self.end(now, call, EndedBy::Declined(status), out);
    }

    /// Whatever ends the call in its state: CANCEL, 486 or BYE.
    pub(crate) fn hang_up(&mut self, now: Instant, call: CallKey, out: &mut Vec<Output>) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        match &mut dialog.state {
            DialogState::Calling { client, cancelling, provisional } => {
                let (client, again) = (*client, *cancelling);
                *cancelling = true;
                // RFC 3261, 9.1: no CANCEL before a provisional response.
                if *provisional && !again {
                    self.cancel(now, client, out);
                }
            }
            DialogState::Ringing { .. } => self.refuse(now, call, 486, out),
            DialogState::Accepted { ending } => *ending = true,
            DialogState::Up => self.send_bye(now, call, EndedBy::Us, out),
            DialogState::Ending { .. } => {}
        }
    }

    /// Offers again with another direction: hold and retrieve.
    pub(crate) fn reinvite(
        &mut self,
        now: Instant,
        call: CallKey,
        wish: Direction,
        out: &mut Vec<Output>,
    ) {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        let Some(media) = dialog.media.clone() else { return };
        if !matches!(dialog.state, DialogState::Up) || dialog.reinvite.is_some() {
            out.push(Output::Event(Event::Changed { call, status: 491 }));
            return;
        }
        let before = dialog.session.wish;
        dialog.session.wish = wish;
        let sdp = dialog.session.offer(&media);
        let Some((request, to)) = self.dialog_request(call, Method::Invite, Some(sdp)) else {
            return;
        };
        let client = self.start_client(now, Purpose::Reinvite(call), request, to, out);
        if let Some(dialog) = self.dialogs.get_mut(&call) {
            dialog.reinvite = Some((client, before));
        }
    }

    pub(crate) fn retry_reinvite(&mut self, now: Instant, call: CallKey, out: &mut Vec<Output>) {
        if let Some(wish) = self.dialogs.get_mut(&call).and_then(|dialog| dialog.retry.take()) {
            self.reinvite(now, call, wish, out);
        }
    }

    /// A response of a call's INVITE transaction, with To tag, Contact and body.
    pub(crate) fn respond_in(
        &mut self,
        now: Instant,
        server: u64,
        call: CallKey,
        status: u16,
        sdp: Option<String>,
        out: &mut Vec<Output>,
    ) {
        let (Some(transaction), Some(dialog)) =
            (self.servers.get(&server), self.dialogs.get(&call))
        else {
            return;
        };
        let request: &Request = &transaction.request;
        let mut response =
            message::respond(request, transaction.source, status, Some(&dialog.local_tag));
        if status < 300 {
            response.headers.push(self.contact(&dialog.user));
            response.headers.push(Self::allow());
        }
        message::finish(&mut response.headers, &mut response.body, sdp);
        self.reply(now, server, response, out);
    }

    /// A request inside a call whose outcome nobody waits for, e.g. INFO.
    pub(crate) fn send_info(
        &mut self,
        now: Instant,
        call: CallKey,
        content_type: &str,
        body: &str,
        out: &mut Vec<Output>,
    ) {
        let Some((mut request, to)) = self.dialog_request(call, Method::Info, None) else { return };
        request.headers.retain(|header| !matches!(header, Header::ContentLength(_)));
        request
            .headers
            .push(Header::ContentType(rsip::headers::ContentType::new(content_type.to_owned())));
        request.body = body.as_bytes().to_vec();
        message::finish(&mut request.headers, &mut request.body, None);
        self.start_client(now, Purpose::Other, request, to, out);
    }
}
