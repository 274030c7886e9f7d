use std::time::Duration;

use smallvec::SmallVec;

use crate::base::{DialogId, Instant};
use crate::sip::auth::respond;
use crate::sip::dialog::{DialogInput, DialogOutput, Ends, Ground, Referral, Reply, Wish};
use crate::sip::stack::{DialogEnd, Event, Flow, Peer};
use crate::sip::txn::{ClientId, ServerId};
use crate::sip::wire::{Method, Name, Request, Response, Text, reason_phrase};

/// Requests beside the INVITE that one dialog may have under way.
const ASIDES_MAX: usize = 16;
/// How long a peer may take to answer a probe. A transaction has 32 s; but with 10 s of silence before
/// it, a dead peer would then hold its channel and its agent longer than 40 s (R5).
const PROBE_MAX: Duration = Duration::from_secs(16);
/// Longest INFO body that is passed on.
const INFO_MAX: usize = 1_024;

/// What a dialog is in every state.
#[derive(Clone, Debug)]
pub(crate) struct Body {
    pub(crate) id: DialogId,
    pub(crate) peer: Peer,
    pub(crate) ends: Ends,
    asides: SmallVec<[(ClientId, Aside); 2]>,
    pub(super) referral: Option<Referral>,
}

/// A request of ours that changes nothing about the dialog.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Aside {
    Notify,
    Info,
    Probe { give_up_at: Instant },
}

impl Body {
    pub(crate) fn new(id: DialogId, peer: Peer, ends: Ends) -> Self {
        Self { id, peer, ends, asides: SmallVec::new(), referral: None }
    }

    pub(crate) fn respond(&self, server: ServerId, reply: Reply, out: &mut Vec<DialogOutput>) {
        out.push(DialogOutput::Respond { server, reply });
    }

    /// Not now, try again (RFC 3261 §14.2, RFC 3311 §5.2).
    pub(crate) fn later(
        &self,
        ground: &mut Ground<'_>,
        server: ServerId,
        out: &mut Vec<DialogOutput>,
    ) {
        let seconds = ground.random.below(11);
        self.respond(server, Reply::new(500).with(Name::RetryAfter, seconds.to_string()), out);
    }

    pub(crate) fn ended(&self, by: DialogEnd, reason: Option<Text>, out: &mut Vec<DialogOutput>) {
        out.push(DialogOutput::Event(Event::Ended { dialog: self.id, by, reason }));
    }

    pub(crate) fn failed(
        &self,
        status: u16,
        response: Option<&Response>,
        out: &mut Vec<DialogOutput>,
    ) {
        let reason = match response {
            Some(response) => response.reason.clone(),
            None => Text::from_static(reason_phrase(status)),
        };
        let header = |name| response.and_then(|r| r.headers.text(&name)).cloned();
        out.push(DialogOutput::Event(Event::Failed {
            dialog: self.id,
            status,
            reason,
            retry_after: response
                .and_then(|response| response.headers.retry_after())
                .map(|seconds| Duration::from_secs(u64::from(seconds.min(86_400)))),
            warning: header(Name::Warning).or_else(|| header(Name::Reason)),
        }));
    }

    /// A wish that does not fit the state. What has an answer gets it.
    pub(crate) fn unfit(&self, wish: &Wish, out: &mut Vec<DialogOutput>) {
        let dialog = self.id;
        match wish {
            Wish::Notify { .. } => {
                out.push(DialogOutput::Event(Event::Notified { dialog, status: 481 }));
            }
            Wish::Probe => out.push(DialogOutput::Event(Event::Probed { dialog, alive: true })),
            Wish::Reinvite { .. } => {
                out.push(DialogOutput::Event(Event::Rejected { dialog, status: 491 }));
            }
            Wish::Ring { .. }
            | Wish::Answer { .. }
            | Wish::End { .. }
            | Wish::Accept { .. }
            | Wish::Reject { .. }
            | Wish::Info { .. }
            | Wish::ReferProgress { .. } => {}
        }
    }

    /// OPTIONS, INFO, and UPDATE without an offer: answered alike in every state. REFER where it is
    /// too early for one.
    pub(crate) fn other_request(
        &mut self,
        ground: &mut Ground<'_>,
        server: ServerId,
        request: &Request,
        source: Flow,
        out: &mut Vec<DialogOutput>,
    ) {
        let reply = match request.method {
            Method::Update => {
                self.ends.refresh(ground, &self.peer, request, source);
                Reply::new(200)
            }
            Method::Info => self.info(request, out),
            Method::Options => Reply::new(200).with(Name::Accept, "application/sdp"),
            Method::Refer => return self.later(ground, server, out),
            _ => Reply::new(405),
        };
        self.respond(server, reply, out);
    }

    fn info(&self, request: &Request, out: &mut Vec<DialogOutput>) -> Reply {
        if request.body.is_empty() {
            return Reply::new(200);
        }
        let kind = request.headers.content_type().ok().flatten().map(|kind| kind.essence());
        let kind = kind.unwrap_or_default();
        if !matches!(kind.as_str(), "application/dtmf-relay" | "application/dtmf") {
            return Reply::new(415).with(Name::Accept, "application/dtmf-relay, application/dtmf");
        }
        if request.body.len() > INFO_MAX {
            return Reply::new(413);
        }
        out.push(DialogOutput::Event(Event::Info {
            dialog: self.id,
            content_type: kind,
            body: request.body.clone(),
        }));
        Reply::new(200)
    }

    /// NOTIFY, INFO and OPTIONS of ours.
    pub(crate) fn aside_wish(
        &mut self,
        ground: &mut Ground<'_>,
        wish: Wish,
        out: &mut Vec<DialogOutput>,
    ) {
        if self.asides.len() >= ASIDES_MAX {
            self.unfit(&wish, out);
            return;
        }
        let client = ground.client();
        let (aside, request) = match wish {
            Wish::Notify { event, state, body } => {
                let mut request = self.ends.request(ground, Method::Notify, client);
                request.headers.push(Name::Event, event);
                let state = state.unwrap_or_else(|| Text::from("active"));
                request.headers.push(Name::SubscriptionState, state);
                if let Some((kind, bytes)) = body {
                    request.headers.push(Name::ContentType, kind);
                    request.body = bytes;
                }
                (Aside::Notify, request)
            }
            Wish::Info { content_type, body } => {
                let mut request = self.ends.request(ground, Method::Info, client);
                request.headers.push(Name::ContentType, content_type);
                request.body = body;
                (Aside::Info, request)
            }
            Wish::Probe => {
                let give_up_at = ground.now + PROBE_MAX;
                let request = self.ends.request(ground, Method::Options, client);
                (Aside::Probe { give_up_at }, request)
            }
            wish => return self.unfit(&wish, out),
        };
        self.asides.push((client, aside));
        let flow = self.ends.flow;
        out.push(DialogOutput::Request { client, flow, request: Box::new(request) });
    }

    /// The final status of one of `aside_wish`'s requests.
    pub(crate) fn aside_answered(
        &mut self,
        client: ClientId,
        status: u16,
        out: &mut Vec<DialogOutput>,
    ) {
        if status < 200 {
            return;
        }
        let Some(at) = self.asides.iter().position(|(id, _)| *id == client) else { return };
        let (_, aside) = self.asides.swap_remove(at);
        let dialog = self.id;
        match aside {
            Aside::Notify => out.push(DialogOutput::Event(Event::Notified { dialog, status })),
            Aside::Info => {}
            Aside::Probe { .. } => {
                let alive = !matches!(status, 408 | 481 | 503);
                out.push(DialogOutput::Event(Event::Probed { dialog, alive }));
            }
        }
    }

    /// When `overdue` has something to give up.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let of = |(_, aside): &(ClientId, Aside)| match aside {
            Aside::Probe { give_up_at } => Some(*give_up_at),
            Aside::Notify | Aside::Info => None,
        };
        let referral = self.referral.as_ref().map(Referral::deadline);
        self.asides.iter().filter_map(of).chain(referral).min()
    }

    /// Gives up what has waited too long for its answer.
    pub(crate) fn overdue(&mut self, ground: &mut Ground<'_>, out: &mut Vec<DialogOutput>) {
        self.referral_overdue(ground, out);
        let dialog = self.id;
        self.asides.retain(|(client, aside)| {
            let is_due = matches!(aside, Aside::Probe { give_up_at } if *give_up_at <= ground.now);
            if is_due {
                out.push(DialogOutput::Forget { client: *client });
                out.push(DialogOutput::Event(Event::Probed { dialog, alive: false }));
            }
            !is_due
        });
    }

    /// The request again with an answer to this challenge; `None` when the peer is not one whose
    /// challenges are answered.
    pub(crate) fn answer_challenge(
        &mut self,
        ground: &mut Ground<'_>,
        client: ClientId,
        request: &Request,
        response: &Response,
    ) -> Option<Request> {
        let Peer::Trunk(id) = &self.peer else { return None };
        let trunk = ground.net.trunk(id)?;
        let credentials = trunk.credentials.as_ref()?;
        if !ground.net.is_of_trunk(id, self.ends.flow.peer) {
            return None;
        }
        let cnonce = hex::encode(ground.random.next_u64().to_be_bytes());
        let (header, answer) = respond(response, credentials, request, &cnonce)?;
        self.ends.local_cseq = self.ends.local_cseq.saturating_add(1);
        let mut request = request.clone();
        let cseq = format!("{} {}", self.ends.local_cseq, request.method);
        request.headers.set(Name::Via, ground.net.via(&self.ends.flow, client));
        request.headers.set(Name::CSeq, cseq);
        request.headers.set(header, answer);
        Some(request)
    }

    /// What happens to every state when nothing in it cares.
    pub(crate) fn ignore(&mut self, input: DialogInput<'_>, out: &mut Vec<DialogOutput>) {
        match input {
            DialogInput::Response { client, response, .. } => {
                self.aside_answered(client, response.status, out);
            }
            DialogInput::Failed { client, .. } => self.aside_answered(client, 408, out),
            DialogInput::Wish(wish) => self.unfit(&wish, out),
            _ => {}
        }
    }
}
