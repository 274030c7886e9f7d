use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::base::{AccountId, CallId, TrunkId};

/// What is known of a call when its flow begins; conditions and `{…}` in texts read it.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Facts {
    /// The call, `{call.id}`.
    pub call: Option<CallId>,
    /// The caller in normal form, empty when withheld; `{caller}`.
    pub caller: String,
    /// `mobile`, `fixed`, `short`, `service`, `foreign`, `withheld`, `sip` or `unknown`.
    pub caller_kind: String,
    /// Area code of the caller such as `0770`, empty when unknown; `{region}`.
    pub region: String,
    /// The number called, as routed by; `{called}`.
    pub called: String,
    /// The lists that the caller is on, such as `block` or `vip`.
    pub listed: Vec<Arc<str>>,
    /// The trunk that the call came by.
    pub trunk: Option<TrunkId>,
    /// The account that made the call.
    pub account: Option<AccountId>,
    /// The language to begin with, when the flow has it; none: the flow's `lang`.
    pub language: Option<Arc<str>>,
    /// Whether the caller's INVITE is answered already.
    pub answered: bool,
}
