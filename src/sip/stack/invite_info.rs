use crate::sip::wire::{NameAddr, Text};

/// What an INVITE says about its caller and its called party.
///
/// From an account, the user of `from` is overwritten by the account's own, and the headers that
/// only a trunk may assert (`p_asserted` … `history`) are `None` (R11).
#[derive(Clone, Debug)]
pub struct InviteInfo {
    /// The user of the Request-URI, unescaped: the called number. The number of a `tel:` URI.
    pub request_user: Text,
    /// The host of the Request-URI; empty for `tel:`.
    pub request_host: Text,
    /// The From header.
    pub from: NameAddr,
    /// The To header.
    pub to: NameAddr,
    /// P-Asserted-Identity (RFC 3325), the whole header, the first if several.
    pub p_asserted: Option<Text>,
    /// P-Preferred-Identity (RFC 3325).
    pub p_preferred: Option<Text>,
    /// Remote-Party-ID.
    pub remote_party: Option<Text>,
    /// P-Called-Party-ID (RFC 7315).
    pub p_called: Option<Text>,
    /// Diversion (RFC 5806), the topmost.
    pub diversion: Option<Text>,
    /// History-Info (RFC 7044), the first.
    pub history: Option<Text>,
    /// Privacy (RFC 3323).
    pub privacy: Option<Text>,
    /// Call-ID, for traces and records.
    pub call_id: Text,
    /// User-Agent.
    pub user_agent: Option<Text>,
    /// The sent-by hosts of the Via headers, topmost first, joined by `", "`; at most 10.
    pub via_trace: Text,
    /// Max-Forwards as received (70 if absent): hand it on, less one, in `Command::Invite`'s headers.
    pub max_forwards: u8,
    /// `X-…` and User-to-User headers in their order: at most 16, each at most 1,024 bytes.
    pub other: Vec<(Text, Text)>,
}
