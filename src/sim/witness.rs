use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::base::{AgentId, CallId, Instant, QueueId, RecordingId};
use crate::call::{CallPhase, Cause, Cdr, EndedBy, Fact, OfferResult, QueueExit, Record, View};
use crate::sim::Figures;
use crate::sim::hold::hold;

/// A party whose network is gone is noticed within this (R5).
const NOTICED: Duration = Duration::from_secs(40);
/// The record of a call comes at most this long after its end.
const RECORDED: Duration = Duration::from_secs(3);

/// Reads every record as the outside does, and believes nothing.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    pub(crate) figures: Figures,
    open: BTreeMap<CallId, Seen>,
    sip_calls: BTreeMap<String, CallId>,
    agents: BTreeMap<AgentId, Person>,
    /// Call-IDs of a trunk's INVITEs that reached the engine.
    invites: BTreeSet<String>,
    /// INVITEs of trunks that are counted without a record of their own.
    pub(crate) folded: u64,
    /// Parties that died while holding or held.
    pub(crate) died_on_hold: u64,
    /// There was no room for records: from then on some may be.
    pub(crate) may_fold: bool,
    records: BTreeSet<u128>,
    /// Agents whose phone died in a call, and calls whose caller did, with the time.
    dead_phones: BTreeMap<AgentId, Instant>,
    dead_callers: BTreeMap<String, Instant>,
    /// Lengths of recordings as recorded, and as media made them, ms.
    recorded: BTreeMap<RecordingId, u64>,
    made: BTreeMap<RecordingId, u64>,
    /// Calls whose step was made to panic.
    pub(crate) poisoned: BTreeSet<CallId>,
}

#[derive(Debug, Default)]
struct Seen {
    arrived: Instant,
    /// It is shown as ending.
    ending: bool,
    sip_call_id: String,
    queue: Option<QueueId>,
    offered: Option<AgentId>,
    recording: Option<RecordingId>,
    held: bool,
    answered: bool,
}

#[derive(Debug)]
struct Person {
    status: String,
    state: String,
    since: Instant,
    offered: Option<CallId>,
    /// Status and state as shown last.
    shown: (String, String),
    /// The leg that the phone keeps open is shown as up.
    leg: bool,
}

impl Person {
    /// Whether something of the engine's hangs on the phone.
    fn has_phone(&self) -> bool {
        self.leg || self.state == "talking" || self.state == "held"
    }
}

impl Witness {
    /// An INVITE of a trunk, without To tag, has reached the engine.
    pub(crate) fn invite(&mut self, call_id: String) {
        let is_new = self.invites.insert(call_id);
        self.figures.conservation.arrived += u64::from(is_new);
    }

    pub(crate) fn phone_died(&mut self, now: Instant, agent: &AgentId) {
        if self.agents.get(agent).is_some_and(Person::has_phone) {
            self.dead_phones.entry(agent.clone()).or_insert(now);
            let held = self.agents.get(agent).is_some_and(|person| person.state == "held");
            self.died_on_hold += u64::from(held);
        }
    }

    pub(crate) fn caller_died(&mut self, now: Instant, call_id: &str) {
        let call = self.sip_calls.get(call_id).and_then(|call| self.open.get(call));
        if let Some(seen) = call {
            self.died_on_hold += u64::from(seen.held);
            self.dead_callers.insert(call_id.to_owned(), now);
        }
    }

    /// Media have made a recording of this length.
    pub(crate) fn recording_made(&mut self, recording: RecordingId, ms: u64) {
        self.made.insert(recording, ms);
    }

    /// The call that this Call-ID became.
    pub(crate) fn call_of(&self, call_id: &str) -> Option<CallId> {
        self.sip_calls.get(call_id).copied()
    }

    pub(crate) fn open_calls(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn any_open(&self) -> Option<CallId> {
        self.open.first_key_value().map(|(call, _)| *call)
    }

    pub(crate) fn view(&mut self, now: Instant, view: &View) -> Result<(), String> {
        match view {
            View::Agent(view) => {
                let person = self.agents.entry(view.id.clone()).or_insert_with(|| Person {
                    status: view.status.clone(),
                    state: view.state.clone(),
                    since: now,
                    offered: None,
                    shown: Default::default(),
                    leg: false,
                });
                person.shown = (view.status.clone(), view.state.clone());
                person.leg = view.leg.as_deref() == Some("up");
                if !person.has_phone() {
                    self.dead_phones.remove(&view.id);
                }
            }
            View::AgentGone(agent) => {
                self.agents.remove(agent);
                self.dead_phones.remove(agent);
            }
            View::Call(view) => {
                if let Some(seen) = self.open.get_mut(&view.id) {
                    seen.ending = view.phase == CallPhase::Ending;
                }
            }
            _ => {}
        }
        Ok(())
    }

    pub(crate) fn record(&mut self, now: Instant, record: &Record) -> Result<(), String> {
        hold!(self.records.insert(record.id.0.into()), "record {} was made twice", record.id);
        match &record.fact {
            Fact::CallArrived(arrived) => {
                let sip_call_id = arrived.sip_call_id.clone();
                let seen = Seen { arrived: now, sip_call_id, ..Seen::default() };
                let again = self.sip_calls.insert(arrived.sip_call_id.clone(), arrived.call);
                hold!(again.is_none(), "INVITE {} became two calls", arrived.sip_call_id);
                hold!(
                    arrived.trunk.is_none() || self.invites.contains(&arrived.sip_call_id),
                    "call {} has no INVITE",
                    arrived.call
                );
                self.figures.arrived += 1;
                // Who calls as an account cannot be told before it has proved to be one.
                self.figures.conservation.arrived += u64::from(arrived.trunk.is_none());
                self.open.insert(arrived.call, seen);
            }
            Fact::Cdr(cdr) => self.cdr(now, cdr)?,
            Fact::CallAnswered { call, .. } => {
                let seen = self.seen(*call)?;
                hold!(!std::mem::replace(&mut seen.answered, true), "call {call} answered twice");
                // Before, nothing but the caller's patience ends it.
                let sip_call_id = seen.sip_call_id.clone();
                self.dead_callers.entry(sip_call_id).and_modify(|since| *since = now);
            }
            Fact::QueueEntered { call, queue } => {
                let seen = self.seen(*call)?;
                let in_one = seen.queue.replace(queue.clone());
                hold!(in_one.is_none(), "call {call} enters {queue} from within {in_one:?}");
            }
            Fact::QueueLeft { call, queue, why, .. } => {
                let seen = self.seen(*call)?;
                hold!(
                    seen.queue.as_ref() == Some(queue),
                    "call {call} leaves {queue}, it is not in"
                );
                hold!(
                    *why == QueueExit::Answered || seen.offered.is_none(),
                    "call {call} leaves its queue while {:?} rings",
                    seen.offered
                );
                seen.queue = None;
            }
            Fact::Offered { call, agent, .. } => {
                self.figures.offers += 1;
                let seen = self.seen(*call)?;
                hold!(seen.queue.is_some(), "call {call} is offered outside a queue");
                let other = seen.offered.replace(agent.clone());
                hold!(other.is_none(), "call {call} is offered to {agent} and to {other:?}");
                let person = self.agents.get_mut(agent);
                let person = person.ok_or_else(|| format!("agent {agent} is unknown"))?;
                let other = person.offered.replace(*call);
                hold!(other.is_none(), "agent {agent} is offered {call} and {other:?}");
            }
            Fact::OfferEnded { call, agent, result, .. } => {
                self.figures.no_answers += u64::from(*result == OfferResult::NoAnswer);
                let end = crate::sim::figures::name(result);
                *self.figures.ends_of_offers.entry(end).or_default() += 1;
                let seen = self.seen(*call)?;
                let was = seen.offered.take();
                hold!(was.as_ref() == Some(agent), "an offer of {call} to {agent} ends, not begun");
                if let Some(person) = self.agents.get_mut(agent) {
                    let was = person.offered.take();
                    hold!(was == Some(*call), "agent {agent} was offered {was:?}, not {call}");
                }
            }
            Fact::Connected { call, .. } => {
                self.seen(*call)?;
            }
            Fact::Held { call, .. } => {
                let seen = self.seen(*call)?;
                hold!(!std::mem::replace(&mut seen.held, true), "call {call} is held twice");
            }
            Fact::Retrieved { call, .. } => {
                let seen = self.seen(*call)?;
                hold!(std::mem::take(&mut seen.held), "call {call} is retrieved, was not held");
            }
            Fact::RecordingStarted { call, recording, .. } => {
                let seen = self.seen(*call)?;
                let other = seen.recording.replace(*recording);
                hold!(other.is_none(), "call {call} is recorded twice at once");
            }
            Fact::RecordingEnded { call, recording, length_ms } => {
                self.recorded.insert(*recording, *length_ms);
                let seen = self.seen(*call)?;
                let was = seen.recording.take();
                hold!(was == Some(*recording), "recording {recording} ends, {was:?} runs");
            }
            Fact::InvitesRefused { source, count } => {
                self.folded += count;
                self.figures.conservation.system_lost += count;
                let is_ours = source.starts_with("account:");
                self.figures.conservation.arrived += if is_ours { *count } else { 0 };
            }
            Fact::AgentChanged { agent, status, state, previous_ms, .. } => {
                self.agent_changed(now, agent, status, state, *previous_ms)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn seen(&mut self, call: CallId) -> Result<&mut Seen, String> {
        self.open.get_mut(&call).ok_or_else(|| format!("call {call} is not live"))
    }

    fn agent_changed(
        &mut self,
        now: Instant,
        agent: &AgentId,
        status: &str,
        state: &str,
        previous_ms: u64,
    ) -> Result<(), String> {
        let Some(person) = self.agents.get_mut(agent) else { return Ok(()) };
        let lasted = ms(now.since(person.since));
        hold!(
            lasted == previous_ms,
            "agent {agent} was {}/{} for {lasted} ms, recorded are {previous_ms} ms",
            person.status,
            person.state
        );
        *self.figures.agent_ms.entry(format!("{}/{}", person.status, person.state)).or_default() +=
            lasted;
        let idle = |state: &str| state == "idle" || state == "wrap_up" || state == "busy";
        hold!(
            person.state != "reserved" && person.state != "ringing" || state != person.state,
            "agent {agent} is {state} twice"
        );
        hold!(!(idle(&person.state) && state == "talking"), "agent {agent} talks without a ring");
        status.clone_into(&mut person.status);
        state.clone_into(&mut person.state);
        person.since = now;
        if !person.has_phone() {
            self.dead_phones.remove(agent);
        }
        Ok(())
    }

    fn cdr(&mut self, now: Instant, cdr: &Cdr) -> Result<(), String> {
        let call = cdr.call.ok_or("a CDR names no call")?;
        let seen = self.open.remove(&call).ok_or_else(|| format!("call {call} has two CDRs"))?;
        self.dead_callers.remove(&seen.sip_call_id);
        if self.poisoned.contains(&call) {
            self.figures.count(cdr);
            let offered = seen.offered.and_then(|agent| self.agents.get_mut(&agent));
            offered.into_iter().for_each(|person| person.offered = None);
            // What had ended before keeps its own cause.
            let fits = cdr.cause == Cause::InternalError || seen.ending;
            hold!(fits, "call {call} panicked and is {:?}", cdr.cause);
            hold!(seen.recording.is_none(), "call {call} ended, {:?} runs on", seen.recording);
            return Ok(());
        }
        hold!(seen.queue.is_none(), "call {call} ended in queue {:?}", seen.queue);
        hold!(seen.offered.is_none(), "call {call} ended while {:?} rang", seen.offered);
        hold!(seen.recording.is_none(), "call {call} ended, {:?} runs on", seen.recording);
        self.figures.count(cdr);
        let order = [
            Some(cdr.t_in),
            cdr.t_ivr,
            cdr.t_req,
            cdr.t_offer,
            cdr.t_ans,
            cdr.t_talk_end,
            Some(cdr.t_end),
        ];
        let times: Vec<_> = order.into_iter().flatten().collect();
        hold!(times.is_sorted(), "call {call}: its times are out of order: {cdr:?}");
        let total = u64::try_from((cdr.t_end.as_micros() - cdr.t_in.as_micros()) / 1_000);
        hold!(total == Ok(cdr.total_ms), "call {call}: total {} ms is not {total:?}", cdr.total_ms);
        hold!(
            cdr.wait_ms + cdr.talk_ms <= cdr.total_ms,
            "call {call}: wait and talk > total: {cdr:?}"
        );
        if let Some(length) = cdr.recording.and_then(|id| self.recorded.get(&id)) {
            let is_talk = cdr.t_ans.is_some() && cdr.cause != Cause::Voicemail;
            hold!(!is_talk || *length <= cdr.talk_ms, "call {call}: recorded {length} ms: {cdr:?}");
        }
        hold!(cdr.hold_ms <= cdr.talk_ms, "call {call}: held longer than talked: {cdr:?}");
        hold!(cdr.t_req.is_some() || cdr.wait_ms == 0, "call {call}: waited and did not ask");
        hold!(cdr.t_ans.is_some() || cdr.talk_ms == 0, "call {call}: talked without an answer");
        hold!(cdr.t_offer.is_some() == (cdr.offers > 0), "call {call}: offers without time");
        hold!(seen.answered == cdr.t_ivr.is_some(), "call {call}: answered and yet not");
        hold!(
            cdr.t_ivr.is_some() == (cdr.sip_status == 0),
            "call {call}: status {} and t_ivr {:?}",
            cdr.sip_status,
            cdr.t_ivr
        );
        let fits = match cdr.cause {
            Cause::Answered => cdr.t_ans.is_some(),
            Cause::AbandonedQueue => {
                cdr.t_req.is_some() && cdr.t_ans.is_none() && cdr.ended_by == EndedBy::Caller
            }
            Cause::AbandonedIvr => cdr.t_req.is_none() && cdr.ended_by == EndedBy::Caller,
            Cause::Cancelled => {
                cdr.t_ivr.is_none() && cdr.ended_by == EndedBy::Caller && cdr.sip_status == 487
            }
            Cause::NoChannel | Cause::NoRoute | Cause::Refused | Cause::BadRequest => true,
            Cause::InternalError => false,
            _ => true,
        };
        hold!(fits, "call {call}: its cause does not fit: {cdr:?}");
        hold!(cdr.total_ms <= ms(now.since(seen.arrived)), "call {call} ends later than now");
        Ok(())
    }

    /// What must hold between steps.
    pub(crate) fn check(&self, now: Instant) -> Result<(), String> {
        for (agent, since) in &self.dead_phones {
            hold!(
                now.since(*since) < NOTICED,
                "agent {agent} still has a call or a leg, the phone died at {since}"
            );
        }
        for (agent, person) in &self.agents {
            let (status, state) = &person.shown;
            hold!(
                person.status == *status && person.state == *state,
                "agent {agent} is shown {status}/{state}, was recorded {}/{}",
                person.status,
                person.state
            );
        }
        let (sum, open) = (&self.figures.conservation, self.open.len());
        hold!(
            self.may_fold || usize::try_from(sum.missing()) == Ok(open),
            "{open} calls are open, A7's sum has {} in progress: {sum:?}",
            sum.missing()
        );
        for (call_id, since) in &self.dead_callers {
            let call = self.sip_calls.get(call_id).and_then(|call| self.open.get(call));
            let is_answered = call.is_some_and(|seen| seen.answered);
            let late = is_answered && now.since(*since) >= NOTICED + RECORDED;
            hold!(!late, "call {call_id} lives, its caller died at {since}");
        }
        Ok(())
    }

    /// What must hold when all have hung up.
    pub(crate) fn check_end(&mut self, now: Instant) -> Result<(), String> {
        let open: Vec<CallId> = self.open.keys().copied().collect();
        hold!(open.is_empty(), "calls without a CDR: {open:?}");
        let unknown = |call_id: &&String| !self.sip_calls.contains_key(*call_id);
        let mut unknown = self.invites.iter().filter(unknown);
        if self.folded == 0
            && let Some(call_id) = unknown.next()
        {
            return Err(format!("INVITE {call_id} has no record"));
        }
        let sum = self.figures.conservation;
        hold!(sum.missing() == 0, "A7's sum lacks {}: {sum:?}", sum.missing());
        for (agent, person) in &self.agents {
            hold!(person.state == "idle", "agent {agent} is {} at the end", person.state);
            let key = format!("{}/{}", person.status, person.state);
            *self.figures.agent_ms.entry(key).or_default() += ms(now.since(person.since));
        }
        for (recording, ms) in &self.recorded {
            let made = self.made.get(recording).copied().unwrap_or(0);
            hold!(
                made.abs_diff(*ms) <= 1,
                "recording {recording}: {made} ms, recorded are {ms} ms"
            );
        }
        hold!(self.made.len() == self.recorded.len(), "some recordings have no record");
        let counted: u64 = self.figures.causes.values().sum();
        hold!(
            counted == self.figures.arrived,
            "{} calls came, {counted} have a cause",
            self.figures.arrived
        );
        Ok(())
    }
}

fn ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
