use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{AgentId, CallId, QueueId, RecordId, RecordingId, TenantId, Wall};
use crate::call::{CallArrived, Cause, Cdr, EndedBy, Fact, OfferResult, Record};

/// Calls without a CDR that are remembered; more would mean that CDRs are not written at all.
const OPEN_CALLS_MAX: usize = 65_536;

/// A call that arrived and has no CDR yet, as far as the records tell.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpenCall {
    /// Whose it is.
    pub tenant: TenantId,
    /// When the INVITE came.
    pub t_in: Wall,
    /// The INVITE.
    pub arrived: CallArrived,
    /// When the engine answered.
    pub answered: Option<Wall>,
    /// First entry into a queue.
    pub t_req: Option<Wall>,
    /// The last queue.
    pub queue: Option<QueueId>,
    /// First offer to an agent.
    pub t_offer: Option<Wall>,
    /// Offers so far.
    pub offers: u32,
    /// The agent talked with, else the last one who answered.
    pub agent: Option<AgentId>,
    /// When the talk began.
    pub connected: Option<Wall>,
    /// Time on hold that is over, ms.
    pub hold_ms: u64,
    /// Since when it is on hold.
    pub held_since: Option<Wall>,
    /// The rating.
    pub rating: Option<u8>,
    /// The recording of the talk.
    pub recording: Option<RecordingId>,
    /// The last sign of life.
    pub last_seen: Wall,
}

impl OpenCall {
    fn new(tenant: &TenantId, at: Wall, arrived: &CallArrived) -> Self {
        Self {
            tenant: tenant.clone(),
            t_in: at,
            arrived: arrived.clone(),
            answered: None,
            t_req: None,
            queue: None,
            t_offer: None,
            offers: 0,
            agent: None,
            connected: None,
            hold_ms: 0,
            held_since: None,
            rating: None,
            recording: None,
            last_seen: at,
        }
    }

    /// The call was still up at `at`, for example by the last block of its recording.
    pub fn seen(&mut self, at: Wall) {
        self.last_seen = self.last_seen.max(at);
    }

    fn take(&mut self, at: Wall, fact: &Fact) {
        self.seen(at);
        match fact {
            Fact::CallAnswered { at, .. } => self.answered = Some(*at),
            Fact::QueueEntered { queue, .. } => {
                self.t_req.get_or_insert(at);
                self.queue = Some(queue.clone());
            }
            Fact::Offered { .. } => {
                self.t_offer.get_or_insert(at);
                self.offers += 1;
            }
            Fact::OfferEnded { agent, result: OfferResult::Answered, .. } => {
                self.agent = Some(agent.clone());
            }
            Fact::Connected { agent, .. } => {
                self.connected.get_or_insert(at);
                if agent.is_some() {
                    self.agent.clone_from(agent);
                }
            }
            Fact::Held { .. } => self.held_since = Some(at),
            Fact::Retrieved { held_ms, .. } => {
                self.held_since = None;
                self.hold_ms += held_ms;
            }
            Fact::Rated { score, .. } => self.rating = Some(*score),
            Fact::RecordingStarted { recording, .. } => self.recording = Some(*recording),
            _ => {}
        }
    }
}

/// All calls without a CDR.
#[derive(Clone, Default, Debug)]
pub(super) struct OpenCalls(BTreeMap<CallId, OpenCall>);

impl OpenCalls {
    pub(super) fn from_list(list: Vec<OpenCall>) -> Self {
        Self(list.into_iter().map(|call| (call.arrived.call, call)).collect())
    }

    pub(super) fn list(&self) -> Vec<OpenCall> {
        self.0.values().cloned().collect()
    }

    pub(super) fn take(&mut self, record: &Record) {
        match &record.fact {
            Fact::CallArrived(arrived) if self.0.len() < OPEN_CALLS_MAX => {
                let open = OpenCall::new(&record.tenant, record.at, arrived);
                self.0.insert(arrived.call, open);
            }
            Fact::CallArrived(arrived) => {
                tracing::error!(call = %arrived.call, "too many calls without a CDR; not watched");
            }
            Fact::Cdr(cdr) => {
                if let Some(call) = cdr.call {
                    self.0.remove(&call);
                }
            }
            fact => {
                if let Some(open) = call_of(fact).and_then(|call| self.0.get_mut(&call)) {
                    open.take(record.at, fact);
                }
            }
        }
    }
}

/// The call that a fact is about.
pub(crate) fn call_of(fact: &Fact) -> Option<CallId> {
    match fact {
        Fact::CallArrived(arrived) => Some(arrived.call),
        Fact::Cdr(cdr) => cdr.call,
        Fact::CallAnswered { call, .. }
        | Fact::QueueEntered { call, .. }
        | Fact::QueueLeft { call, .. }
        | Fact::Offered { call, .. }
        | Fact::OfferEnded { call, .. }
        | Fact::Connected { call, .. }
        | Fact::Held { call, .. }
        | Fact::Retrieved { call, .. }
        | Fact::Rated { call, .. }
        | Fact::RecordingStarted { call, .. }
        | Fact::RecordingEnded { call, .. }
        | Fact::Voicemail { call, .. } => Some(*call),
        Fact::AgentChanged { call, .. } => *call,
        Fact::Registration { .. }
        | Fact::StrangersRefused { .. }
        | Fact::TurnedAway(_)
        | Fact::Alarm { .. }
        | Fact::Started { .. }
        | Fact::Stopped => None,
    }
}

/// The CDR that closes a call which was up when the process died.
///
/// It ends at the last sign of life, never after `now` (the present start). The record's id follows
/// from the call's, so closing it twice is closing it once.
#[must_use]
pub fn crash_cdr(open: &OpenCall, now: Wall) -> Record {
    let end = open.last_seen.min(now).max(open.t_in);
    let t_talk_end = open.connected.map(|_| end);
    let hold_now = open.held_since.map_or(0, |since| ms(since, end));
    let talk_ms = open.connected.map_or(0, |since| ms(since, end));
    let cdr = Cdr {
        call: Some(open.arrived.call),
        trunk: open.arrived.trunk.clone(),
        account: open.arrived.account.clone(),
        caller_raw: open.arrived.caller_raw.clone(),
        caller: open.arrived.caller.clone(),
        caller_kind: "unknown".into(),
        called: open.arrived.called.clone(),
        sip_call_id: open.arrived.sip_call_id.clone(),
        t_in: open.t_in,
        t_ivr: open.answered,
        t_req: open.t_req,
        t_offer: open.t_offer,
        t_ans: open.connected,
        t_talk_end,
        t_end: end,
        wait_ms: open.t_req.map_or(0, |since| ms(since, open.connected.unwrap_or(end))),
        talk_ms,
        hold_ms: open.hold_ms.saturating_add(hold_now).min(talk_ms),
        total_ms: ms(open.t_in, end),
        ended_by: EndedBy::System,
        cause: Cause::Crash,
        queue: open.queue.clone(),
        agent: open.connected.and(open.agent.clone()),
        offers: open.offers,
        rating: open.rating,
        recording: open.recording,
        ..Cdr::default()
    };
    let CallId(call) = open.arrived.call;
    let id = RecordId::new(open.t_in, call.random() ^ CRASHED);
    Record { id, at: now, tenant: open.tenant.clone(), fact: Fact::Cdr(Box::new(cdr)) }
}

/// Makes a crashed call's record id differ from the ids that carry the call's own random bits.
const CRASHED: u128 = 0x0c5a_5ced_c0de_1d00_0000;

fn ms(from: Wall, to: Wall) -> u64 {
    let us = to.as_micros().saturating_sub(from.as_micros()).max(0).unsigned_abs();
    u64::try_from(Duration::from_micros(us).as_millis()).unwrap_or(u64::MAX)
}
