use crate::base::{AccountId, DialogId, Instant};
use crate::sip::dialog::Reply;
use crate::sip::stack::asked::Asked;
use crate::sip::stack::informing::user;
use crate::sip::stack::{Event, Output, Peer, Stack};
use crate::sip::wire::{Name, Text};

/// Longest text of a MESSAGE that is taken, in bytes (RFC 3428 §8).
const TEXT_MAX: usize = 1_300;

impl Stack {
    /// A MESSAGE of a known peer (RFC 3428 §7), and how it is answered. Only accounts may send one.
    pub(super) fn messaged(
        &mut self,
        now: Instant,
        asked: &Asked,
        peer: &Peer,
        dialog: Option<DialogId>,
        out: &mut Vec<Output>,
    ) -> Reply {
        let Peer::Account(account) = peer else { return Reply::new(403) };
        // Nobody takes it: 200 would be a lie.
        if !self.net.settings.messages {
            return Reply::new(405);
        }
        let text = match text(asked) {
            Ok(text) => text,
            Err(reply) => return reply,
        };
        if let Err(seconds) = self.messages.take(now, account) {
            // Not 503: a phone would keep away from us with its calls too.
            return Reply::new(480).with(Name::RetryAfter, seconds.to_string());
        }
        self.told_message(asked, account, dialog, text, out);
        Reply::new(200)
    }

    fn told_message(
        &self,
        asked: &Asked,
        account: &AccountId,
        dialog: Option<DialogId>,
        text: Text,
        out: &mut Vec<Output>,
    ) {
        // Inside a dialog the Request-URI is our contact.
        let to = user(if dialog.is_some() { &asked.to.uri } else { &asked.request.uri });
        let account = account.clone();
        let dialog = dialog.map(|dialog| self.hunts.outer(dialog));
        out.push(Output::Event(Event::Message { account, to, text, dialog }));
    }
}

/// The text of a MESSAGE.
fn text(asked: &Asked) -> Result<Text, Reply> {
    let headers = &asked.request.headers;
    let body = &asked.request.body;
    let is_coded = headers
        .get(Name::ContentEncoding)
        .is_some_and(|encoding| !encoding.trim().eq_ignore_ascii_case("identity"));
    let is_text = headers.content_type().ok().flatten().is_some_and(|kind| {
        let charset = kind.params.unquoted("charset");
        let is_known = charset.is_none_or(|charset| {
            ["utf-8", "us-ascii"].iter().any(|known| known.eq_ignore_ascii_case(&charset))
        });
        kind.is("text", "plain") && is_known
    });
    if is_coded || !is_text {
        return Err(Reply::new(415).with(Name::Accept, "text/plain"));
    }
    if body.len() > TEXT_MAX {
        return Err(Reply::new(413));
    }
    match std::str::from_utf8(body) {
        Ok(text) if !text.is_empty() => Ok(Text::from(text)),
        _ => Err(Reply::new(400)),
    }
}
