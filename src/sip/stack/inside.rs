use crate::base::{DialogId, Instant};
use crate::sip::dialog::{DialogInput, Reply};
use crate::sip::stack::asked::Asked;
use crate::sip::stack::head::reply_to;
use crate::sip::stack::net::SUPPORTED;
use crate::sip::stack::servers::Begin;
use crate::sip::stack::{Output, Peer, Stack};
use crate::sip::txn::ServerId;
use crate::sip::wire::{Method, Name, Scheme, Text};

impl Stack {
    /// A request with a To tag.
    pub(super) fn in_dialog(&mut self, now: Instant, asked: &Asked, out: &mut Vec<Output>) {
        let found = self.dialog_of(asked);
        let is_let_in = match found {
            Some(id) => self.is_from_peer(id, &asked.flow),
            None => self.is_familiar(asked),
        };
        let mut found = found;
        if !is_let_in {
            match self.account_of(now, asked) {
                Ok(account) => {
                    let peer = Peer::Account(account);
                    found = found.filter(|id| {
                        self.dialogs.get(*id).is_some_and(|dialog| *dialog.peer() == peer)
                    });
                }
                Err(denied) => return self.challenge(now, asked, denied, out),
            }
        }
        let Some(id) = found else {
            self.reply_stateless(asked, Reply::new(481), out);
            return;
        };
        let tag = asked.to.tag().map(Text::from).unwrap_or_default();
        if let Some(reply) = refusal(asked) {
            let server = self.begin(now, asked, None, None, tag);
            return self.respond(now, server, reply, out);
        }
        let read = match asked.request.method {
            Method::Message => Err(self.messaged_inside(now, asked, id, out)),
            Method::Refer => self.reference(id, asked).map(|refer| (None, Some(Box::new(refer)))),
            Method::Invite if asked.request.headers.has(Name::Replaces) => Err(Reply::new(400)),
            _ => crate::sip::stack::sdp_of(&asked.request)
                .map(|sdp| (sdp, None))
                .map_err(|_| not_sdp()),
        };
        let (sdp, refer) = match read {
            Ok(read) => read,
            Err(reply) => {
                let server = self.begin(now, asked, None, None, tag);
                return self.respond(now, server, reply, out);
            }
        };
        let server = self.begin(now, asked, None, Some(id), tag);
        if asked.request.method == Method::Invite {
            self.respond(now, server, Reply::new(100), out);
        }
        let flow = asked.flow;
        let input = DialogInput::Request { server, request: &asked.request, sdp, refer, flow };
        self.dialog(now, id, input, out);
    }

    /// A MESSAGE inside a dialog.
    fn messaged_inside(
        &mut self,
        now: Instant,
        asked: &Asked,
        id: DialogId,
        out: &mut Vec<Output>,
    ) -> Reply {
        match self.dialogs.get(id).filter(|dialog| !dialog.is_closing()) {
            Some(dialog) => {
                let peer = dialog.peer().clone();
                self.messaged(now, asked, &peer, Some(id), out)
            }
            None => Reply::new(481),
        }
    }

    /// Begins the server transaction of a request.
    pub(super) fn begin(
        &mut self,
        now: Instant,
        asked: &Asked,
        merge: Option<Box<str>>,
        dialog: Option<DialogId>,
        tag: Text,
    ) -> ServerId {
        let timers = self.net.settings.timers;
        let begin = Begin {
            key: asked.key(&asked.request.method),
            merge,
            method: asked.request.method.clone(),
            flow: asked.flow,
            reply_to: reply_to(asked.flow, &asked.via),
            dialog,
            head: Box::new(asked.head()),
            tag,
        };
        let id = self.servers.start(now, &timers, begin);
        let deadline = self.servers.deadline(id);
        self.timers.set(&crate::sip::stack::front::Timer::Server(id), deadline);
        id
    }
}

/// What is refused wherever it comes: methods that are not ours, extensions that we do not have.
pub(super) fn refusal(asked: &Asked) -> Option<Reply> {
    match asked.request.method {
        Method::Invite
        | Method::Bye
        | Method::Options
        | Method::Info
        | Method::Update
        | Method::Register
        | Method::Refer
        | Method::Message => {}
        Method::Other(_) => return Some(Reply::new(501)),
        _ => return Some(Reply::new(405)),
    }
    if matches!(asked.request.uri.scheme, Scheme::Other(_)) {
        return Some(Reply::new(416));
    }
    if asked.request.method != Method::Invite && asked.request.headers.has(Name::Replaces) {
        return Some(Reply::new(400));
    }
    let is_unknown =
        |tag: &Text| !SUPPORTED.split(", ").any(|known| known.eq_ignore_ascii_case(tag));
    let unsupported: Vec<Text> =
        asked.request.headers.require().filter(is_unknown).take(16).collect();
    if unsupported.is_empty() {
        return None;
    }
    let names: Vec<&str> = unsupported.iter().map(Text::as_str).collect();
    Some(Reply::new(420).with(Name::Unsupported, names.join(", ")))
}

pub(super) fn not_sdp() -> Reply {
    Reply::new(415).with(Name::Accept, Text::from_static("application/sdp"))
}
