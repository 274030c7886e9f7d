use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;

use crate::base::{AccountId, DialogId, TrunkId};
use crate::sip::registrar::Binding;
use crate::sip::stack::{Flow, InviteInfo, Peer};
use crate::sip::wire::{Text, Uri};

/// What the conductor must know.
///
/// Each dialog that was announced by `Invite` or asked for by `Command::Invite` ends with exactly one
/// of `Cancelled`, `Failed` and `Ended`; after it the id means nothing. That holds for the
/// conductor's own `Refuse`, `Cancel`, `Bye` and `Hangup` too: their end is told in the same step,
/// and what SIP still has to say goes on inside.
#[derive(Clone, Debug)]
pub enum Event {
    /// A known peer calls. 100 has been sent. Owed: `Answer` or `Refuse`, with any number of `Ring`.
    Invite {
        /// The new dialog.
        dialog: DialogId,
        /// Who calls.
        peer: Peer,
        /// Where the INVITE came from.
        flow: Flow,
        /// What it says.
        call: Box<InviteInfo>,
        /// The SDP offer. `None`: the 2xx must make the offer, and `Acked` brings the answer.
        offer: Option<Bytes>,
        /// The dialog whose place it shall take (RFC 3891): an account's, answered or an unanswered
        /// call of ours to it. Whether this caller may have it is the conductor's to say. It may
        /// have ended when this is read.
        replaces: Option<DialogId>,
    },
    /// The caller gave up, or its connection went, before a final answer.
    Cancelled {
        /// The dialog, gone.
        dialog: DialogId,
    },
    /// The ACK to our 2xx, of the first INVITE or of a later one.
    Acked {
        /// The dialog.
        dialog: DialogId,
        /// The answer, when our 2xx made the offer.
        answer: Option<Bytes>,
    },
    /// 180–199 to our INVITE.
    Progress {
        /// The dialog.
        dialog: DialogId,
        /// 180–199.
        status: u16,
        /// Early media of the other side.
        sdp: Option<Bytes>,
    },
    /// Our INVITE goes to another contact of the account, since one said nothing or cannot be reached.
    Redirected {
        /// The dialog.
        dialog: DialogId,
        /// Where that contact's messages come from.
        source: IpAddr,
    },
    /// 2xx to our INVITE. The ACK has been sent, unless the INVITE went without SDP: then `sdp` is an
    /// offer, and `Command::Accept` gives the answer that the ACK carries.
    Answered {
        /// The dialog.
        dialog: DialogId,
        /// The answer (the offer, if our INVITE had none). `None`: the peer sent none.
        sdp: Option<Bytes>,
    },
    /// Our INVITE came to nothing.
    Failed {
        /// The dialog, gone.
        dialog: DialogId,
        /// 300–699 as received; 408 no answer in time; 480 the account is not registered; 487
        /// cancelled by us; 503 cannot be sent, or a host name would have to be looked up.
        status: u16,
        /// The reason phrase.
        reason: Text,
        /// Retry-After, at most a day.
        retry_after: Option<Duration>,
        /// The Warning or the Reason header, whichever there is.
        warning: Option<Text>,
    },
    /// A re-INVITE or UPDATE. Owed: `Accept` or `Reject` within 10 s, else it is refused with 500.
    Offered {
        /// The dialog.
        dialog: DialogId,
        /// The offer. `None`: `Accept` must make the offer, and `Acked` brings the answer.
        sdp: Option<Bytes>,
        /// The IP address that it came from, which may be another than the INVITE's: a phone has
        /// changed its network.
        source: IpAddr,
    },
    /// Our re-INVITE was accepted.
    Accepted {
        /// The dialog.
        dialog: DialogId,
        /// The answer; the offer if our re-INVITE had none: then `Command::Accept` gives the answer.
        sdp: Option<Bytes>,
    },
    /// Our re-INVITE was refused; what was agreed before still holds.
    Rejected {
        /// The dialog.
        dialog: DialogId,
        /// 300–699.
        status: u16,
    },
    /// An INFO of a type that means something here (`application/dtmf-relay`, `application/dtmf`).
    /// 200 has been sent.
    Info {
        /// The dialog.
        dialog: DialogId,
        /// The media type, lower case, without parameters.
        content_type: Text,
        /// At most 1,024 bytes.
        body: Bytes,
    },
    /// An account (or a trunk that may) asks inside its answered dialog that its peer be connected
    /// elsewhere (RFC 3515). 202 and a first NOTIFY have been sent. Owed: `ReferProgress`, the last
    /// within 180 s; a second REFER is refused until then.
    Referred {
        /// The dialog.
        dialog: DialogId,
        /// Whom to call: `sip:`, `sips:` or `tel:`. Nothing of it is checked against any rule.
        to: Box<Uri>,
        /// The dialog, of the same peer, whose other party shall be called instead of `to`: a
        /// consultation comes to its end.
        replaces: Option<DialogId>,
        /// Who asks: the account's own address, or what a trunk's Referred-By (RFC 3892) or From says.
        by: Text,
    },
    /// A text from an account (RFC 3428). 200 has been sent.
    Message {
        /// Who wrote it, as proved by its digest.
        account: AccountId,
        /// To whom: the user of the Request-URI, unescaped; inside a dialog that of To.
        to: Text,
        /// Plain text, 1–1,300 bytes. It may contain line breaks and control characters.
        text: Text,
        /// The dialog that it came in, if it did.
        dialog: Option<DialogId>,
    },
    /// What became of a `Command::Message`.
    MessageDone {
        /// Which one.
        id: u64,
        /// 200–699 as received; 408 no answer in time; 480 the account is not registered; 503 cannot
        /// be sent, or too many are under way; 513 too long.
        status: u16,
    },
    /// The answer to `Command::Notify`.
    Notified {
        /// The dialog.
        dialog: DialogId,
        /// The final status; 408 when none came; 481 when the dialog cannot carry it yet.
        status: u16,
    },
    /// The dialog has ended.
    Ended {
        /// The dialog, gone.
        dialog: DialogId,
        /// What ended it.
        by: DialogEnd,
        /// The Reason header of the peer's BYE.
        reason: Option<Text>,
    },
    /// The answer to `Command::Probe`. After `alive: false` the dialog still stands: end it.
    Probed {
        /// The dialog.
        dialog: DialogId,
        /// `false`: 481, 408 or no answer.
        alive: bool,
    },
    /// An INVITE of a known peer that the stack itself refused. It needs a CDR.
    Refused {
        /// Who called.
        peer: Peer,
        /// What the INVITE said, as far as it could be read.
        info: Box<InviteInfo>,
        /// 400, 403, 406, 415, 416, 420, 481, 482, 483, 486, 503, 603 …
        status: u16,
    },
    /// One request of somebody unknown was refused or dropped. (A known account's first request,
    /// which is challenged, is none.)
    Stranger {
        /// Where it came from.
        source: IpAddr,
    },
    /// Sources of phones are locked, or accounts there, after wrong passwords; empty: no more (R9).
    LockedOut {
        /// Sources, and the users of accounts that are locked there.
        locked: BTreeMap<IpAddr, BTreeSet<String>>,
    },
    /// A contact was registered or refreshed.
    Registered {
        /// Whose.
        account: AccountId,
        /// The binding.
        binding: Binding,
    },
    /// A contact is gone: removed, expired, displaced, or its connection closed.
    Unregistered {
        /// Whose.
        account: AccountId,
        /// The contact's URI.
        contact: String,
    },
    /// A trunk went down or came back, as its keep-alive shows. A trunk counts as alive at first.
    TrunkAlive {
        /// Which one.
        trunk: TrunkId,
        /// Whether it answers.
        alive: bool,
    },
}

impl Event {
    /// The same of the dialog that the conductor knows by this id.
    pub(super) fn of(mut self, outer: DialogId) -> Self {
        match &mut self {
            Self::Invite { dialog, .. }
            | Self::Cancelled { dialog }
            | Self::Acked { dialog, .. }
            | Self::Progress { dialog, .. }
            | Self::Redirected { dialog, .. }
            | Self::Answered { dialog, .. }
            | Self::Failed { dialog, .. }
            | Self::Offered { dialog, .. }
            | Self::Accepted { dialog, .. }
            | Self::Rejected { dialog, .. }
            | Self::Info { dialog, .. }
            | Self::Referred { dialog, .. }
            | Self::Notified { dialog, .. }
            | Self::Ended { dialog, .. }
            | Self::Probed { dialog, .. } => *dialog = outer,
            // Whoever makes a message names the conductor's dialog.
            Self::Message { .. }
            | Self::MessageDone { .. }
            | Self::Refused { .. }
            | Self::Stranger { .. }
            | Self::LockedOut { .. }
            | Self::Registered { .. }
            | Self::Unregistered { .. }
            | Self::TrunkAlive { .. } => {}
        }
        self
    }
}

/// What ended a dialog.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DialogEnd {
    /// The peer's BYE.
    Bye,
    /// We: `Refuse`, `Bye` or `Hangup`, or the trunk or account is no longer configured.
    Us,
    /// The peer never acknowledged our 2xx.
    NoAck,
    /// A request inside the dialog, or the conductor's answer, did not come in time.
    Timeout,
    /// The peer cannot be reached.
    Transport,
    /// The peer said that it knows no such dialog (481).
    Rejected481,
}
