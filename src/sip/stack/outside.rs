use crate::base::{DialogId, Instant};
use crate::sip::dialog::{Dialog, Ends, Ground, Reply, contact, routes};
use crate::sip::stack::asked::Asked;
use crate::sip::stack::front::Timer;
use crate::sip::stack::inside::{not_sdp, refusal};
use crate::sip::stack::net::SUPPORTED;
use crate::sip::stack::{Event, Output, Peer, Stack, sdp_of, takes_sdp};
use crate::sip::wire::{Method, Name, Scheme, Text};

impl Stack {
    /// A request without a To tag.
    pub(super) fn outside_dialog(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        if asked.request.method == Method::Register {
            return self.register(now, asked, out);
        }
        let peer = match self.peer_of(now, asked) {
            Ok(peer) => peer,
            Err(denied) => return self.challenge(now, asked, denied, out),
        };
        if asked.request.method == Method::Invite {
            return self.invited(now, asked, peer, out);
        }
        let reply = refusal(asked).unwrap_or_else(|| match asked.request.method {
            Method::Options => Reply::new(200)
                .with(Name::Allow, self.net.allow())
                .with(Name::Supported, Text::from_static(SUPPORTED))
                .with(Name::Accept, Text::from_static("application/sdp")),
            Method::Message => self.messaged(now, asked, &peer, None, out),
            Method::Refer => Reply::new(403),
            _ => Reply::new(481),
        });
        let tag = self.new_tag();
        let server = self.begin(now, asked, None, None, tag);
        self.respond(now, server, reply, out);
    }

    /// An INVITE of a known peer.
    fn invited(&mut self, now: Instant, asked: &Asked, peer: Peer, out: &mut Vec<Output>) {
        let info = self.invite_info(asked, &peer);
        let merge = asked.merge();
        let sdp = sdp_of(&asked.request);
        let replaces = self.replaced_by_invite(asked, &peer);
        let refused = match &sdp {
            _ if matches!(asked.request.uri.scheme, Scheme::Other(_)) => Some(Reply::new(416)),
            _ if self.servers.is_merged(&merge) => Some(Reply::new(482)),
            _ if info.max_forwards == 0 => Some(Reply::new(483)),
            _ if self.dialogs.len() >= self.net.settings.limits.dialogs => {
                let seconds = self.net.settings.limits.retry_after.to_string();
                Some(Reply::new(503).with(Name::RetryAfter, seconds))
            }
            Err(_) => Some(not_sdp()),
            Ok(_) => refusal(asked).or_else(|| {
                // Nobody could be told anything after the answer.
                let is_dumb = contact(&asked.request.headers).is_none();
                let is_deaf = !takes_sdp(&asked.request.headers);
                is_dumb
                    .then(|| Reply::new(400))
                    .or_else(|| is_deaf.then(|| Reply::new(406)))
                    .or_else(|| replaces.clone().err())
            }),
        };
        let tag = self.new_tag();
        if let Some(reply) = refused {
            let status = reply.status;
            let server = self.begin(now, asked, None, None, tag);
            self.respond(now, server, reply, out);
            out.push(Output::Event(Event::Refused { peer, info, status }));
            return;
        }
        let offer = sdp.unwrap_or_default();
        let replaces = replaces.unwrap_or_default();
        let dialog = self.new_dialog();
        let server = self.begin(now, asked, Some(merge), Some(dialog), tag.clone());
        self.respond(now, server, Reply::new(100), out);
        let ends = self.callee_ends(asked, &peer, tag);
        let timers = self.net.settings.timers;
        let ground = Ground { now, timers, net: &self.net, random: &mut self.random };
        let is_offered = offer.is_some();
        let machine = Dialog::arriving(&ground, dialog, peer.clone(), ends, server, is_offered);
        let deadline = machine.deadline();
        self.dialogs.insert(dialog, machine);
        self.timers.set(&Timer::Dialog(dialog), deadline);
        let flow = asked.flow;
        out.push(Output::Event(Event::Invite { dialog, peer, flow, call: info, offer, replaces }));
    }

    /// The ends of a dialog in which we are called (RFC 3261 §12.1.1).
    fn callee_ends(&self, asked: &Asked, peer: &Peer, tag: Text) -> Ends {
        let headers = &asked.request.headers;
        let to = headers.text(&Name::To).cloned().unwrap_or_default();
        let from = headers.text(&Name::From).cloned().unwrap_or_default();
        let target = contact(headers).unwrap_or_else(|| asked.from.uri.clone());
        let routes = routes(headers);
        let flow = self.net.flow_to(peer, &target, routes.first(), asked.flow);
        Ends {
            call_id: asked.call_id.detached(),
            local: Text::from(format!("{to};tag={tag}")),
            local_tag: tag,
            remote_tag: asked.from.tag().map(Text::from),
            remote: from.detached(),
            target,
            routes,
            local_cseq: 0,
            remote_cseq: Some(asked.cseq),
            source: asked.flow,
            contact: self.net.contact(&flow),
            flow,
            is_ours: false,
        }
    }

    /// A tag that nobody can guess.
    pub(super) fn new_tag(&mut self) -> Text {
        Text::from(format!("{:016x}", self.random.next_u64()))
    }

    /// Ends a dialog whatever its state.
    pub(super) fn end_dialog(
        &mut self,
        now: Instant,
        id: DialogId,
        status: u16,
        out: &mut Vec<Output>,
    ) {
        let wish = crate::sip::dialog::Wish::End { status, reason: None, retry_after: None };
        self.dialog(now, id, crate::sip::dialog::DialogInput::Wish(wish), out);
    }
}
