use crate::base::DialogId;
use crate::sip::wire::{Text, Uri};

/// What a REFER asks for, read and resolved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Reference {
    /// Whom to call, without the headers that were embedded.
    pub(crate) to: Box<Uri>,
    /// Which call shall be replaced by that.
    pub(crate) replaces: Replaced,
    /// Who asks.
    pub(crate) by: Text,
    /// Whether the peer wants to hear how it goes; `false`: `Refer-Sub: false` (RFC 4488).
    pub(crate) is_told: bool,
}

/// The dialog that a Replaces in a Refer-To names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Replaced {
    /// There is no Replaces.
    Nothing,
    /// A dialog of ours.
    Dialog(DialogId),
    /// No dialog of ours, or none of this peer.
    Unknown,
}
