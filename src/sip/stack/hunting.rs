use std::collections::HashMap;
use std::time::Duration;

use crate::base::{DialogId, Instant};
use crate::sip::dialog::{DialogInput, Wish};
use crate::sip::stack::front::Timer;
use crate::sip::stack::inviting::Call;
use crate::sip::stack::{Event, Output, Stack};
use crate::sip::txn::ClientId;

/// How long a contact may say nothing at all until the account's next one is called. A phone that is
/// there says something within one retransmission or two.
const NO_WORD: Duration = Duration::from_secs(4);

/// Calls of accounts that have more contacts than the one that is called now.
///
/// One contact is called after the other, the one that was refreshed last first: a phone that was closed
/// without signing off keeps its contact for up to its registration's time, and must not keep the
/// agent's other phone from ringing. Not all at once: whoever is tried second need not ring and fall
/// silent, and one call is one dialog to its phone. A contact that rings, answers or refuses speaks for
/// the account.
///
/// The conductor knows one dialog by one id, whichever contact it is at; each contact has its own dialog
/// inside.
#[derive(Clone, Debug)]
pub(crate) struct Hunts {
    hunts: HashMap<DialogId, Hunt, ahash::RandomState>,
    /// The dialog inside of an id, where it is another.
    inner: HashMap<DialogId, DialogId, ahash::RandomState>,
    outer: HashMap<DialogId, DialogId, ahash::RandomState>,
}

#[derive(Clone, Debug)]
struct Hunt {
    call: Box<Call>,
    /// Contacts that are still to be tried, the last of them first.
    rest: Vec<String>,
    client: ClientId,
}

impl Hunts {
    pub(crate) fn new(hasher: ahash::RandomState) -> Self {
        Self {
            hunts: HashMap::with_hasher(hasher.clone()),
            inner: HashMap::with_hasher(hasher.clone()),
            outer: HashMap::with_hasher(hasher),
        }
    }

    /// The dialog that the conductor means.
    pub(crate) fn inner(&self, dialog: DialogId) -> DialogId {
        self.inner.get(&dialog).copied().unwrap_or(dialog)
    }

    /// What the conductor calls a dialog.
    pub(crate) fn outer(&self, dialog: DialogId) -> DialogId {
        self.outer.get(&dialog).copied().unwrap_or(dialog)
    }

    /// Entries of all tables.
    pub(crate) fn len(&self) -> usize {
        self.hunts.len() + self.inner.len() + self.outer.len()
    }

    /// Whether a dialog is the one that the conductor knows by this id.
    pub(crate) fn is(&self, inner: DialogId, outer: DialogId) -> bool {
        self.inner(outer) == inner
    }

    fn rename(&mut self, outer: DialogId, inner: DialogId) {
        self.inner.insert(outer, inner);
        self.outer.insert(inner, outer);
    }

    fn forget(&mut self, outer: DialogId) {
        self.hunts.remove(&outer);
        self.inner.remove(&outer);
        self.outer.retain(|_, of| *of != outer);
    }
}

impl Stack {
    /// Remembers that a call has more contacts to try.
    pub(super) fn hunt(
        &mut self,
        now: Instant,
        dialog: DialogId,
        client: ClientId,
        call: Call,
        rest: Vec<String>,
    ) {
        self.timers.set(&Timer::Hunt(dialog), Some(now + NO_WORD));
        self.hunts.hunts.insert(dialog, Hunt { call: Box::new(call), rest, client });
    }

    /// The time for a first word is over.
    pub(super) fn no_word(&mut self, now: Instant, dialog: DialogId, out: &mut Vec<Output>) {
        let Some(hunt) = self.hunts.hunts.get(&dialog) else { return };
        if !self.clients.is_unheard(hunt.client) {
            return;
        }
        let inner = self.hunts.inner(dialog);
        if !self.next_contact(now, dialog, out) {
            return;
        }
        // What it may say yet, it says to nobody: a late 2xx gets its BYE inside.
        let wish = Wish::End { status: 487, reason: None, retry_after: None };
        self.dialog(now, inner, DialogInput::Wish(wish), out);
    }

    /// Tells the conductor what a dialog has to tell, unless another contact makes it no news.
    pub(super) fn tell(
        &mut self,
        now: Instant,
        inner: DialogId,
        event: Event,
        out: &mut Vec<Output>,
    ) {
        let dialog = self.hunts.outer(inner);
        if !self.hunts.is(inner, dialog) {
            // Of a contact that was given up.
            return;
        }
        match &event {
            // It is not there, or it is no longer what it was.
            Event::Failed { status: 408 | 430 | 503, .. }
                if self.next_contact(now, dialog, out) =>
            {
                return;
            }
            Event::Failed { .. } | Event::Ended { .. } | Event::Cancelled { .. } => {
                self.stop_hunt(dialog);
                self.hunts.forget(dialog);
            }
            Event::Progress { .. } | Event::Answered { .. } => {
                self.stop_hunt(dialog);
            }
            _ => {}
        }
        out.push(Output::Event(event.of(dialog)));
    }

    /// Calls the next contact in the name of the same dialog; `false` when there is none. The dialog
    /// before is nobody's from then on.
    fn next_contact(&mut self, now: Instant, dialog: DialogId, out: &mut Vec<Output>) -> bool {
        let Some(Hunt { call, mut rest, .. }) = self.stop_hunt(dialog) else { return false };
        while let Some(contact) = rest.pop() {
            let Some(target) = self.contact_target(&call.to, &contact) else { continue };
            let inner = self.new_dialog();
            self.hunts.rename(dialog, inner);
            let source = target.source.peer.ip();
            out.push(Output::Event(Event::Redirected { dialog, source }));
            let client = self.send_invite(now, inner, target, &call, out);
            // It may have failed in the same step.
            if self.hunts.outer(inner) == dialog
                && !rest.is_empty()
                && self.dialogs.get(inner).is_some()
            {
                self.hunt(now, dialog, client, *call, rest);
            }
            return true;
        }
        false
    }

    fn stop_hunt(&mut self, dialog: DialogId) -> Option<Hunt> {
        self.timers.set(&Timer::Hunt(dialog), None);
        self.hunts.hunts.remove(&dialog)
    }

    /// Forgets what leads from or to a dialog that is gone without a word.
    pub(super) fn bury_hunt(&mut self, outer: DialogId) {
        self.stop_hunt(outer);
        self.hunts.forget(outer);
    }
}
