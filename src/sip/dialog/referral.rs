use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::sip::dialog::{Body, DialogOutput, Ground, Reference, Replaced, Reply};
use crate::sip::stack::{Event, Flow};
use crate::sip::txn::{ClientId, ServerId};
use crate::sip::wire::{Method, Name, Request, Text, reason_phrase};

/// How long the conductor has to bring a REFER to its end; the life of the subscription.
const REFER_MAX: Duration = Duration::from_secs(180);

/// A REFER of the peer that is being followed (RFC 3515). A dialog has at most one.
#[derive(Clone, Debug)]
pub(crate) struct Referral {
    /// CSeq of the REFER, which names its subscription (RFC 3515 §2.4.6).
    id: u32,
    /// The status that was told last.
    told: u16,
    telling: Telling,
    give_up_at: Instant,
}

/// How the peer is told.
#[derive(Clone, Copy, Debug)]
enum Telling {
    /// Not at all: it does not want it (RFC 4488), or has refused a NOTIFY.
    Nobody,
    /// Every NOTIFY was answered.
    Free,
    /// A NOTIFY is under way. Over UDP a later one could overtake it, so the newest waits.
    Busy { client: ClientId, next: Option<Progress> },
}

#[derive(Clone, Copy, Debug)]
struct Progress {
    status: u16,
    is_last: bool,
}

/// What stands in Subscription-State (RFC 6665 §4.1.3).
#[derive(Clone, Copy, Debug)]
enum Subscription {
    Active {
        left: Duration,
    },
    /// The reference has come to its end, or the dialog has.
    NoResource,
    /// Nobody brought it to its end in time.
    Timeout,
}

impl Referral {
    /// When `overdue` gives it up.
    pub(crate) fn deadline(&self) -> Instant {
        self.give_up_at
    }
}

impl Body {
    /// A REFER in an answered dialog.
    pub(crate) fn refer(
        &mut self,
        ground: &mut Ground<'_>,
        (server, request, source): (ServerId, &Request, Flow),
        reference: Reference,
        out: &mut Vec<DialogOutput>,
    ) {
        let Reference { to, replaces, by, is_told } = reference;
        if self.referral.is_some() {
            return self.respond(server, Reply::new(491), out);
        }
        self.ends.refresh(ground, &self.peer, request, source);
        let replaces = match replaces {
            Replaced::Nothing => None,
            Replaced::Dialog(replaces) => Some(replaces),
            // Not 481, which would say that this dialog is unknown (RFC 5057 §5.1).
            Replaced::Unknown if !is_told => {
                return self.respond(server, Reply::new(603), out);
            }
            Replaced::Unknown => {
                self.respond(server, Reply::new(202), out);
                self.notify(ground, cseq(request), 481, Subscription::NoResource, out);
                return;
            }
        };
        let reply = Reply::new(202);
        let reply = if is_told { reply } else { reply.with(Name::ReferSub, "false") };
        self.respond(server, reply, out);
        let referral = Referral {
            id: cseq(request),
            told: 100,
            telling: Telling::Nobody,
            give_up_at: ground.now + REFER_MAX,
        };
        if is_told {
            self.tell(ground, referral, Progress { status: 100, is_last: false }, out);
        } else {
            self.referral = Some(referral);
        }
        out.push(DialogOutput::Event(Event::Referred { dialog: self.id, to, replaces, by }));
    }

    /// `Command::ReferProgress`; without a REFER to be told about it has no effect.
    pub(crate) fn refer_progress(
        &mut self,
        ground: &mut Ground<'_>,
        status: u16,
        last: bool,
        out: &mut Vec<DialogOutput>,
    ) {
        let Some(mut referral) = self.referral.take() else { return };
        let status = if (100..=699).contains(&status) { status } else { 500 };
        let progress = Progress { status, is_last: last || status >= 200 };
        match &mut referral.telling {
            Telling::Free => return self.tell(ground, referral, progress, out),
            Telling::Nobody if progress.is_last => return,
            Telling::Nobody => {}
            Telling::Busy { next, .. } => {
                if !next.is_some_and(|next| next.is_last) {
                    *next = Some(progress);
                }
            }
        }
        self.referral = Some(referral);
    }

    /// Whether this is the NOTIFY that is under way.
    pub(crate) fn is_telling(&self, client: ClientId) -> bool {
        let telling = self.referral.as_ref().map(|referral| referral.telling);
        matches!(telling, Some(Telling::Busy { client: busy, .. }) if busy == client)
    }

    /// The answer to that NOTIFY. A refusal ends the subscription, and nothing else (RFC 5057 §5.1).
    pub(crate) fn told(
        &mut self,
        ground: &mut Ground<'_>,
        status: u16,
        out: &mut Vec<DialogOutput>,
    ) {
        if status < 200 {
            return;
        }
        let Some(mut referral) = self.referral.take() else { return };
        let Telling::Busy { next, .. } = referral.telling else {
            self.referral = Some(referral);
            return;
        };
        match next {
            Some(next) if status < 300 => return self.tell(ground, referral, next, out),
            Some(next) if next.is_last => return,
            _ => {}
        }
        referral.telling = if status < 300 { Telling::Free } else { Telling::Nobody };
        self.referral = Some(referral);
    }

    /// Gives the REFER up if its time is over.
    pub(crate) fn referral_overdue(
        &mut self,
        ground: &mut Ground<'_>,
        out: &mut Vec<DialogOutput>,
    ) {
        if self.referral.as_ref().is_some_and(|referral| referral.give_up_at <= ground.now)
            && let Some(referral) = self.referral.take()
        {
            match referral.telling {
                Telling::Nobody => {}
                Telling::Busy { next: Some(Progress { status, is_last: true }), .. } => {
                    self.notify(ground, referral.id, status, Subscription::NoResource, out);
                }
                Telling::Free | Telling::Busy { .. } => {
                    self.notify(ground, referral.id, 408, Subscription::Timeout, out);
                }
            }
        }
    }

    /// The dialog ends, and the subscription with it: the peer is told the last that is known.
    pub(crate) fn end_referral(&mut self, ground: &mut Ground<'_>, out: &mut Vec<DialogOutput>) {
        let Some(referral) = self.referral.take() else { return };
        let status = match referral.telling {
            Telling::Nobody => return,
            Telling::Busy { next: Some(next), .. } => next.status,
            Telling::Free | Telling::Busy { .. } => referral.told,
        };
        self.notify(ground, referral.id, status, Subscription::NoResource, out);
    }

    /// Sends one NOTIFY; after the last the REFER is done with.
    fn tell(
        &mut self,
        ground: &mut Ground<'_>,
        mut referral: Referral,
        Progress { status, is_last }: Progress,
        out: &mut Vec<DialogOutput>,
    ) {
        if is_last {
            self.notify(ground, referral.id, status, Subscription::NoResource, out);
            return;
        }
        let left = referral.give_up_at.since(ground.now);
        let client = self.notify(ground, referral.id, status, Subscription::Active { left }, out);
        referral.told = status;
        referral.telling = Telling::Busy { client, next: None };
        self.referral = Some(referral);
    }

    fn notify(
        &mut self,
        ground: &mut Ground<'_>,
        id: u32,
        status: u16,
        state: Subscription,
        out: &mut Vec<DialogOutput>,
    ) -> ClientId {
        let client = ground.client();
        let mut request = self.ends.request(ground, Method::Notify, client);
        let state = match state {
            Subscription::Active { left } => {
                Text::from(format!("active;expires={}", left.as_secs()))
            }
            Subscription::NoResource => Text::from_static("terminated;reason=noresource"),
            Subscription::Timeout => Text::from_static("terminated;reason=timeout"),
        };
        request.headers.push(Name::Event, format!("refer;id={id}"));
        request.headers.push(Name::SubscriptionState, state);
        let kind = Text::from_static("message/sipfrag;version=2.0");
        request.headers.push(Name::ContentType, kind);
        request.body = Bytes::from(format!("SIP/2.0 {status} {}\r\n", reason_phrase(status)));
        let flow = self.ends.flow;
        out.push(DialogOutput::Request { client, flow, request: Box::new(request) });
        client
    }
}

fn cseq(request: &Request) -> u32 {
    request.headers.cseq().map_or(0, |cseq| cseq.number)
}
