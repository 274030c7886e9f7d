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
    /// The agent's (or far party's) 200, the first that led to a talk.
    #[serde(default)]
    pub t_ans: Option<Wall>,
    /// When caller and far party first heard each other.
    pub connected: Option<Wall>,
    /// Since when the talk goes on.
    #[serde(default)]
    pub talk_since: Option<Wall>,
    /// Of all talks that are over, ms.
    #[serde(default)]
    pub talked_ms: u64,
    /// When the last talk ended.
    #[serde(default)]
    pub t_talk_end: Option<Wall>,
    /// Time on hold that is over, ms.
    pub hold_ms: u64,
    /// Since when it is on hold.
    pub held_since: Option<Wall>,
    /// The rating.
    pub rating: Option<u8>,
    /// The recording of the talk.
    pub recording: Option<RecordingId>,
    /// When it began.
    #[serde(default)]
    pub recorded_since: Option<Wall>,
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
            t_ans: None,
            connected: None,
            talk_since: None,
            talked_ms: 0,
            t_talk_end: None,
            hold_ms: 0,
            held_since: None,
            rating: None,
            recording: None,
            recorded_since: None,
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
                self.end_talk(at);
                self.t_req.get_or_insert(at);
                self.queue = Some(queue.clone());
            }
            Fact::Offered { .. } => {
                self.t_offer.get_or_insert(at);
                self.offers += 1;
            }
            Fact::OfferEnded { agent, result: OfferResult::Answered, .. } => {
                self.agent = Some(agent.clone());
                self.answer(at);
            }
            Fact::Connected { agent, .. } => {
                self.answer(at);
                self.connected.get_or_insert(at);
                if agent.is_some() {
                    self.agent.clone_from(agent);
                }
            }
            Fact::AgentChanged { agent, state, .. } => {
                let talks = state == "talking" || state == "held";
                if !talks && self.agent.as_ref() == Some(agent) {
                    self.end_talk(at);
                }
            }
            Fact::Held { .. } => self.held_since = Some(at),
            Fact::Retrieved { held_ms, .. } => {
                self.held_since = None;
                self.hold_ms += held_ms;
            }
            Fact::Rated { score, .. } => {
                self.end_talk(at);
                self.rating = Some(*score);
            }
            // A message that is left after a talk has a fact of its own.
            Fact::RecordingStarted { recording, .. }
                if self.t_ans.is_none() || self.talk_since.is_some() =>
            {
                self.recording = Some(*recording);
                self.recorded_since = Some(at);
            }
            Fact::RecordingEnded { recording, .. } if self.recording == Some(*recording) => {
                self.end_talk(at);
            }
            _ => {}
        }
    }
}

impl OpenCall {
    fn answer(&mut self, at: Wall) {
        self.t_ans.get_or_insert(at);
        self.talk_since.get_or_insert(at);
    }

    /// The talk is over. When the two never heard each other, nobody has answered.
    fn end_talk(&mut self, at: Wall) {
        let Some(since) = self.talk_since.take() else { return };
        self.hold_ms += self.held_since.take().map_or(0, |since| ms(since, at));
        self.talked_ms += ms(since, at);
        self.t_talk_end = Some(at);
        if self.connected.is_none() {
            self.t_ans = None;
            self.talked_ms = 0;
            self.t_talk_end = None;
            self.agent = None;
            self.recording = None;
            self.recorded_since = None;
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
        Fact::LegUp { .. }
        | Fact::LegDown { .. }
        | Fact::Registration { .. }
        | Fact::StrangersRefused { .. }
        | Fact::InvitesRefused { .. }
        | Fact::TurnedAway(_)
        | Fact::Alarm { .. }
        | Fact::Started { .. }
        | Fact::Stopped => None,
    }
}

/// What a call can bring about any number of times, and its CDR sums up.
pub(super) fn is_told_again(fact: &Fact) -> bool {
    match fact {
        Fact::Held { .. }
        | Fact::Retrieved { .. }
        | Fact::AgentChanged { .. }
        | Fact::Offered { .. } => true,
        Fact::OfferEnded { result, .. } => *result != OfferResult::Answered,
        _ => false,
    }
}

/// The CDR that closes a call which was up when the process died.
///
/// It ends at the last sign of life, never after `now` (the present start). The record's id follows
/// from the call's, so closing it twice is closing it once.
#[must_use]
pub fn crash_cdr(open: &OpenCall, now: Wall) -> Record {
    let end = open.last_seen.min(now).max(open.t_in);
    // A file of an older version tells the bridge only.
    let t_ans = open.t_ans.or(open.connected);
    let talks_since = open.talk_since.or(t_ans.filter(|_| open.t_talk_end.is_none()));
    let t_talk_end = talks_since.map(|_| end).or(open.t_talk_end).map(|at| at.min(end));
    let hold_now = open.held_since.map_or(0, |since| ms(since, end));
    let talk_ms = open.talked_ms + talks_since.map_or(0, |since| ms(since, end));
    let caller_kind = match open.arrived.caller_kind.as_str() {
        "" => "unknown".to_owned(),
        kind => kind.to_owned(),
    };
    let cdr = Cdr {
        call: Some(open.arrived.call),
        trunk: open.arrived.trunk.clone(),
        account: open.arrived.account.clone(),
        caller_raw: open.arrived.caller_raw.clone(),
        caller: open.arrived.caller.clone(),
        caller_kind,
        region: open.arrived.region.clone(),
        flow: open.arrived.flow.clone(),
        called: open.arrived.called.clone(),
        sip_call_id: open.arrived.sip_call_id.clone(),
        t_in: open.t_in,
        t_ivr: open.answered,
        t_req: open.t_req,
        t_offer: open.t_offer,
        t_ans,
        t_talk_end,
        t_end: end,
        wait_ms: open.t_req.map_or(0, |since| ms(since, t_ans.unwrap_or(end))),
        talk_ms,
        hold_ms: open.hold_ms.saturating_add(hold_now).min(talk_ms),
        total_ms: ms(open.t_in, end),
        ended_by: EndedBy::System,
        cause: Cause::Crash,
        queue: open.queue.clone(),
        agent: t_ans.and(open.agent.clone()),
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
