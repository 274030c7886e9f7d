use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::acd;
use crate::base::{AccountId, AgentId, FlowId, TenantId, TrunkId};
use crate::sip;

/// What the conductor must know, already checked.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The operation centre that all numbers belong to.
    pub tenant: TenantId,
    /// Its own area code with the leading zero, such as `0770`: completes local numbers.
    pub area_code: String,
    /// The language that flows begin in, such as `zh-CN`.
    pub language: String,
    /// SIP: listeners, trunks, accounts.
    pub sip: sip::Settings,
    /// Queues and agents.
    pub desk: acd::Settings,
    /// Which number leads into which flow; the first match counts.
    pub routes: Vec<Route>,
    /// Each agent's phone.
    pub phones: HashMap<AgentId, Phone>,
    /// What the conductor knows about each trunk.
    pub trunks: HashMap<TrunkId, TrunkRules>,
    /// What the conductor knows about each account.
    pub accounts: HashMap<AccountId, AccountRules>,
    /// Callers that a flow sees as `listed: block`, in normal form.
    pub block: Vec<String>,
    /// Callers that a flow sees as `listed: vip`, in normal form.
    pub vip: Vec<String>,
    /// The IP address that SDP names, unless a trunk has its own.
    pub media_address: IpAddr,
    /// The longest call (G1); it ends with cause `too-long`.
    pub call_limit: Duration,
    /// The most calls at once, all trunks and accounts together; beyond it 503 with Retry-After.
    pub calls_max: usize,
    /// How long an RTP-silent peer is left alone between two in-dialog OPTIONS (R5).
    pub probe_every: Duration,
}

/// A number, or all numbers, of a trunk or of the accounts, that leads into a flow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Route {
    /// The number called as the trunk sends it, or `*` for any.
    pub called: String,
    /// Only calls of this trunk; `None` for calls of any trunk and of accounts.
    pub trunk: Option<TrunkId>,
    /// The flow.
    pub flow: FlowId,
}

/// An agent's phone.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Phone {
    /// The account that it registers.
    pub account: AccountId,
    /// How it can be answered from software (C3).
    pub answer: AnswerBy,
}

/// How a phone is made to answer from software (C3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AnswerBy {
    /// It cannot: the API says 409 and names the phone.
    Hand,
    /// NOTIFY with `Event: talk` in the early dialog.
    NotifyTalk,
    /// A new INVITE with `Call-Info: <sip:…>;answer-after=0` and `Alert-Info: <…>;info=alert-autoanswer`
    /// after the first was cancelled.
    AutoAnswer,
    /// No ring at all: the phone is called once at sign-in and its leg stays up; callers come and go
    /// on it ("nailed-up").
    OpenLeg,
}

/// A trunk as the conductor sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TrunkRules {
    /// The most calls at once, both directions.
    pub channels: u32,
    /// Of these, kept free for transfers with `reserve: emergency`.
    pub reserve: u32,
    /// The status for a call beyond the cap: 486 or 503 (without Retry-After).
    pub beyond: u16,
    /// Which header names the number called.
    pub called_from: CalledFrom,
    /// Which headers name the caller, first match first.
    pub caller_from: Vec<CallerFrom>,
    /// Numbers that the trunk owns; the first is shown on outbound calls.
    pub numbers: Vec<String>,
    /// Whether a transfer may show the original caller's number on it (B3).
    pub may_pass_original_caller: bool,
    /// The address that SDP names towards this trunk; `None` for the general one.
    pub media_address: Option<IpAddr>,
}

/// Where a trunk names the number called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CalledFrom {
    /// The request URI's user.
    RequestUri,
    /// The To header's user.
    To,
    /// P-Called-Party-ID (RFC 7315 §4.2).
    CalledParty,
}

/// Where a trunk names the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CallerFrom {
    /// P-Asserted-Identity (RFC 3325).
    Asserted,
    /// P-Preferred-Identity.
    Preferred,
    /// Remote-Party-ID.
    RemoteParty,
    /// From.
    From,
}

/// An account as the conductor sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountRules {
    /// The number or user that its calls come from.
    pub user: String,
    /// The most calls it may have at once (R10).
    pub calls_max: u32,
}

impl Settings {
    /// The agent's spoken number (工号), empty when there is no such agent.
    #[must_use]
    pub fn agent_number(&self, agent: &AgentId) -> &str {
        let found = self.desk.agents.iter().find(|known| known.id == *agent);
        found.map_or("", |known| known.number.as_str())
    }

    /// The flow that a call of this trunk (or of an account) to `called` goes into.
    #[must_use]
    pub fn route(&self, trunk: Option<&TrunkId>, called: &str) -> Option<&FlowId> {
        self.routes
            .iter()
            .find(|route| {
                (route.called == "*" || route.called == called)
                    && route.trunk.as_ref().is_none_or(|only| Some(only) == trunk)
            })
            .map(|route| &route.flow)
    }

    /// The agent whose phone registers this account.
    #[must_use]
    pub fn agent_of(&self, account: &AccountId) -> Option<&AgentId> {
        self.phones.iter().find(|(_, phone)| phone.account == *account).map(|(agent, _)| agent)
    }
}
