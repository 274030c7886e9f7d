use bytes::Bytes;

use crate::base::{AccountId, DialogId, TrunkId};
use crate::sip::stack::Flow;
use crate::sip::wire::{Text, Uri};

/// What the conductor may ask for.
///
/// A command that does not fit the state of its dialog (or whose dialog is gone) has no effect:
/// the event that made it so is already on its way.
#[derive(Clone, Debug)]
pub enum Command {
    /// A provisional response to their INVITE.
    Ring {
        /// The dialog of an `Event::Invite`.
        dialog: DialogId,
        /// 180 or 183; anything outside 101–199 is taken as 180.
        status: u16,
        /// Early media.
        sdp: Option<Bytes>,
    },
    /// 200 to their INVITE.
    Answer {
        /// The dialog of an `Event::Invite`.
        dialog: DialogId,
        /// The answer, or the offer when the INVITE had none.
        sdp: Bytes,
    },
    /// A final refusal of their INVITE.
    Refuse {
        /// The dialog of an `Event::Invite`.
        dialog: DialogId,
        /// 300–699; anything else is taken as 500.
        status: u16,
        /// The value of a Reason header (RFC 3326), such as `Q.850;cause=17`.
        reason: Option<Text>,
        /// Seconds of a Retry-After header.
        retry_after: Option<u32>,
    },
    /// Call somebody. Ends in `Answered` or `Failed`.
    Invite {
        /// From `Stack::new_dialog`.
        dialog: DialogId,
        /// Whom.
        to: Destination,
        /// As whom.
        from: Caller,
        /// More headers, such as P-Asserted-Identity, User-to-User, Alert-Info, Max-Forwards. The
        /// stack's own headers (Via, From, To, Contact, …) and values with line breaks are left out.
        headers: Vec<(Text, Text)>,
        /// The offer; `None` asks the peer for one.
        sdp: Option<Bytes>,
    },
    /// Give up our INVITE. `Event::Failed` with 487 follows at once.
    Cancel {
        /// The dialog of a `Command::Invite`.
        dialog: DialogId,
        /// The value of a Reason header, such as `SIP;cause=200;text="Call completed elsewhere"`.
        reason: Option<Text>,
    },
    /// End an answered dialog. (Before the peer's ACK the BYE waits for it.)
    Bye {
        /// The dialog.
        dialog: DialogId,
        /// The value of a Reason header.
        reason: Option<Text>,
    },
    /// Whatever is right in the dialog's state: refuse, CANCEL or BYE.
    Hangup {
        /// The dialog.
        dialog: DialogId,
        /// The value of a Reason header.
        reason: Option<Text>,
        /// The status, when it is a refusal.
        status: u16,
    },
    /// A new offer (hold, retrieve, …). Waits inside until it is our turn; ends in `Accepted` or
    /// `Rejected`. A second one that waits replaces the first.
    Reinvite {
        /// The dialog.
        dialog: DialogId,
        /// The offer; `None` asks the peer for one.
        sdp: Option<Bytes>,
    },
    /// The answer to `Event::Offered` (the offer, when it had none), or the answer that our ACK
    /// carries when the peer's 2xx made the offer.
    Accept {
        /// The dialog.
        dialog: DialogId,
        /// The SDP.
        sdp: Bytes,
    },
    /// Refuse what `Event::Offered` brought.
    Reject {
        /// The dialog.
        dialog: DialogId,
        /// 300–699; 488 is the usual one.
        status: u16,
    },
    /// NOTIFY inside the dialog, an early one too: `Event: talk` makes a desk phone answer, `hold`
    /// hold (C3). Ends in `Notified`.
    Notify {
        /// The dialog.
        dialog: DialogId,
        /// The Event header.
        event: Text,
        /// The Subscription-State header; `active` when `None`.
        state: Option<Text>,
        /// Media type and body.
        body: Option<(Text, Bytes)>,
    },
    /// INFO inside the dialog.
    Info {
        /// The dialog.
        dialog: DialogId,
        /// The media type.
        content_type: Text,
        /// The body.
        body: Bytes,
    },
    /// OPTIONS inside the dialog: does the peer still know it? Ends in `Probed`.
    Probe {
        /// The dialog.
        dialog: DialogId,
    },
    /// How an `Event::Referred` goes: a NOTIFY with it (RFC 3515), unless the peer wants none. No
    /// answer comes. Owed within 180 s: one that is the last, else the peer is told 408.
    ReferProgress {
        /// The dialog of the `Event::Referred`.
        dialog: DialogId,
        /// 100–699: what the call that the REFER asked for says; anything else is taken as 500.
        /// Told once at a time: of those that come while a NOTIFY waits for its answer only the
        /// newest is told.
        status: u16,
        /// Nothing comes after it. A status from 200 on is the last in any case.
        last: bool,
    },
    /// A text to an account's newest contact (RFC 3428), outside of any dialog. Ends in exactly one
    /// `MessageDone`.
    Message {
        /// What `MessageDone` will name; the conductor's own count.
        id: u64,
        /// To whom.
        to: AccountId,
        /// As whom.
        from: Caller,
        /// Plain text. Towards a contact over UDP the whole request may have 1,300 bytes (its head
        /// takes about 500), over TCP the text 16,384.
        text: Text,
    },
}

/// Whom to call.
#[derive(Clone, Debug)]
pub enum Destination {
    /// An account, at the contact that was refreshed last, and when that says nothing or cannot be
    /// reached, at its others.
    Account(AccountId),
    /// An account, first at the contact that was registered by this flow (as long as it is), then as
    /// [`Destination::Account`].
    Phone {
        /// The account.
        account: AccountId,
        /// From `Stack::phone_of`.
        flow: Box<Flow>,
    },
    /// A number behind a trunk.
    Trunk {
        /// The trunk.
        trunk: TrunkId,
        /// The user of the Request-URI.
        user: Text,
    },
    /// An address given in numbers, in the name of a trunk.
    Uri {
        /// Whose identity and listener are used.
        trunk: TrunkId,
        /// Where to. The host must be an IP address: nothing is looked up.
        uri: Box<Uri>,
    },
}

/// As whom we call: what stands in the From header. The host is the trunk's `from_domain`, or our
/// own address towards an account.
#[derive(Clone, Default, Debug)]
pub struct Caller {
    /// The display name, unquoted.
    pub display: Option<Text>,
    /// The user; `None` is `anonymous`.
    pub user: Option<Text>,
}
