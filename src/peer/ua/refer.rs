use std::time::Instant;

use rsip::{Header, Method};

use crate::peer::message;
use crate::peer::ua::client::Purpose;
use crate::peer::ua::dialog::DialogState;
use crate::peer::ua::{CallKey, Event, Output, Ua};

/// Where the other side of a call shall be connected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReferTo {
    /// To this URI: a blind transfer.
    Uri(String),
    /// To whom we talk in this other call, in our place.
    Call(CallKey),
}

impl Ua {
    /// REFER inside a call (RFC 3515). `tell`: we want to hear how it goes; else
    /// `Refer-Sub: false` (RFC 4488).
    pub(crate) fn refer(
        &mut self,
        now: Instant,
        call: CallKey,
        to: ReferTo,
        tell: bool,
        out: &mut Vec<Output>,
    ) {
        let up = self.dialogs.get(&call).is_some_and(|d| matches!(d.state, DialogState::Up));
        let target = match to {
            ReferTo::Uri(uri) => Some(uri),
            ReferTo::Call(other) => self.dialogs.get(&other).and_then(|dialog| {
                Some(format!("{}?Replaces={}", dialog.target, escape(&self.replaces(other)?)))
            }),
        };
        let (true, Some(target)) = (up, target) else {
            return out.push(Output::Event(Event::Referred { call, status: 481 }));
        };
        let Some((mut request, to)) = self.dialog_request(call, Method::Refer, None) else {
            return;
        };
        let Some(dialog) = self.dialogs.get_mut(&call) else { return };
        if tell {
            dialog.refers.push(dialog.cseq);
        }
        let by = dialog.local.clone();
        let other = |name: &str, value: String| Header::Other(name.to_owned(), value);
        request.headers.push(other("Refer-To", format!("<{target}>")));
        request.headers.push(other("Referred-By", by));
        if !tell {
            request.headers.push(other("Refer-Sub", "false".to_owned()));
        }
        request.headers.push(self.contact(&self.dialogs[&call].user));
        self.start_client(now, Purpose::Refer(call), request, to, out);
    }

    /// What a Replaces header (RFC 3891) must say to name this call where its other side is:
    /// `None` before there is a dialog.
    pub(crate) fn replaces(&self, call: CallKey) -> Option<String> {
        let dialog = self.dialogs.get(&call)?;
        let theirs = dialog.remote_tag.as_ref()?;
        Some(format!("{};to-tag={theirs};from-tag={}", dialog.call_id, dialog.local_tag))
    }

    /// The final response to our REFER, sent with this CSeq.
    pub(crate) fn refer_final(
        &mut self,
        call: CallKey,
        cseq: u32,
        status: u16,
        out: &mut Vec<Output>,
    ) {
        if status >= 300
            && let Some(dialog) = self.dialogs.get_mut(&call)
        {
            dialog.refers.retain(|id| *id != cseq);
        }
        out.push(Output::Event(Event::Referred { call, status }));
    }

    /// A NOTIFY of `Event: refer`; returns how it is answered.
    pub(crate) fn refer_notified(
        &mut self,
        call: CallKey,
        notify: &Notify,
        out: &mut Vec<Output>,
    ) -> u16 {
        let Some(dialog) = self.dialogs.get_mut(&call) else { return 481 };
        let id = match message::parameter(&notify.event, "id") {
            Some(id) => id.parse().ok(),
            // Only the first may leave it out (RFC 3515, 2.4.6).
            None => dialog.refers.first().copied(),
        };
        let Some(id) = id.filter(|id| dialog.refers.contains(id)) else {
            self.complain(format!("NOTIFY {:?} of no REFER of ours", notify.event));
            return 481;
        };
        let state = notify.state.split(';').next().unwrap_or_default().trim().to_owned();
        let over = state == "terminated";
        if over {
            dialog.refers.retain(|of| *of != id);
        }
        let fault = notify.fault(&state);
        match (fault, notify.status()) {
            (None, Some(status)) => {
                out.push(Output::Event(Event::ReferProgress { call, status, over }));
                200
            }
            (fault, _) => {
                let what = fault.unwrap_or_else(|| "the body is no status line".to_owned());
                self.complain(format!("NOTIFY of a REFER: {what}"));
                400
            }
        }
    }
}

/// What a NOTIFY says.
#[derive(Debug, Clone)]
pub(crate) struct Notify {
    pub(crate) event: String,
    /// Subscription-State.
    pub(crate) state: String,
    pub(crate) content_type: String,
    pub(crate) body: Vec<u8>,
}

impl Notify {
    /// The status in its sipfrag (RFC 3420).
    fn status(&self) -> Option<u16> {
        let text = std::str::from_utf8(&self.body).ok()?;
        let line = text.strip_suffix("\r\n").unwrap_or(text).lines().next()?;
        let code = line.strip_prefix("SIP/2.0 ")?.split(' ').next()?;
        code.parse().ok().filter(|code| (100..=699).contains(code))
    }

    /// What is wrong with its headers.
    fn fault(&self, state: &str) -> Option<String> {
        let kind = self.content_type.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("message/sipfrag") {
            return Some(format!("Content-Type {:?}", self.content_type));
        }
        let has = |name| message::parameter(&self.state, name).is_some();
        match state {
            "active" | "pending" if has("expires") => None,
            "terminated" if has("reason") => None,
            _ => Some(format!("Subscription-State {:?}", self.state)),
        }
    }
}

/// A header value inside a URI (RFC 3261, 19.1.1).
fn escape(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 16);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
