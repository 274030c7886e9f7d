use std::time::Duration;

use crate::base::{AccountId, AgentId, Instant, QueueId, RecordingId, TrunkId, Wall, WallClock};
use crate::call::{CallArrived, Cause, Cdr, EndedBy, LegRecord};

/// The most keys that a CDR keeps.
const KEYS_MAX: usize = 64;
/// The most legs that a CDR keeps.
const LEGS_MAX: usize = 64;

/// The CDR in the making. The core owns it apart from the call, so that a call whose step panicked
/// still gets its record.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// The pair of clocks at arrival: the call's own, whatever is set later.
    clock: WallClock,
    cdr: Cdr,
    arrived: Instant,
    requested: Option<Instant>,
    answered: Option<Instant>,
    /// Since when the talk goes on; a caller may talk again after an agent was lost.
    talk_since: Option<Instant>,
    /// Of all talks that are over.
    talked: Duration,
    held_since: Option<Instant>,
    held: Duration,
    ending: Option<(EndedBy, Cause)>,
    ended: Option<Instant>,
    /// Caller and far party heard each other at least once.
    connected: bool,
    /// What kept the caller from a human last.
    setback: Option<Cause>,
}

impl Draft {
    pub(crate) fn new(now: Instant, clock: WallClock, arrived: &CallArrived) -> Self {
        let cdr = Cdr {
            call: Some(arrived.call),
            trunk: arrived.trunk.clone(),
            account: arrived.account.clone(),
            caller_raw: arrived.caller_raw.clone(),
            caller: arrived.caller.clone(),
            called: arrived.called.clone(),
            sip_call_id: arrived.sip_call_id.clone(),
            caller_kind: arrived.caller_kind.clone(),
            region: arrived.region.clone(),
            t_in: clock.wall(now),
            ..Cdr::default()
        };
        Self {
            clock,
            cdr,
            arrived: now,
            requested: None,
            answered: None,
            talk_since: None,
            talked: Duration::ZERO,
            held_since: None,
            held: Duration::ZERO,
            ending: None,
            ended: None,
            connected: false,
            setback: None,
        }
    }

    pub(crate) fn trunk(&self) -> Option<&TrunkId> {
        self.cdr.trunk.as_ref()
    }

    pub(crate) fn account(&self) -> Option<&AccountId> {
        self.cdr.account.as_ref()
    }

    pub(crate) fn caller(&self) -> &str {
        &self.cdr.caller
    }

    pub(crate) fn called(&self) -> &str {
        &self.cdr.called
    }

    pub(crate) fn region(&self) -> &str {
        &self.cdr.region
    }

    pub(crate) fn queue(&self) -> Option<&QueueId> {
        self.cdr.queue.as_ref()
    }

    pub(crate) fn agent(&self) -> Option<&AgentId> {
        self.cdr.agent.as_ref()
    }

    /// When the caller first asked for a human.
    pub(crate) fn requested(&self) -> Option<Instant> {
        self.requested
    }

    pub(crate) fn recording(&self) -> Option<RecordingId> {
        self.cdr.recording
    }

    /// When the INVITE came.
    pub(crate) fn arrived(&self) -> Wall {
        self.cdr.t_in
    }

    /// `instant` on this call's own pair of clocks.
    pub(crate) fn wall(&self, instant: Instant) -> Wall {
        self.clock.wall(instant)
    }

    pub(crate) fn enter_flow(&mut self, flow: String) {
        self.cdr.flow = flow;
    }

    pub(crate) fn answer_flow(&mut self, now: Instant) {
        self.cdr.t_ivr.get_or_insert(self.clock.wall(now));
    }

    /// Asks for a human; only the first time counts.
    pub(crate) fn enter_queue(&mut self, now: Instant, queue: &QueueId) {
        self.cdr.queue = Some(queue.clone());
        if self.requested.is_none() {
            self.requested = Some(now);
            self.cdr.t_req = Some(self.clock.wall(now));
        }
    }

    pub(crate) fn offer(&mut self, now: Instant) {
        self.cdr.offers = self.cdr.offers.saturating_add(1);
        self.cdr.t_offer.get_or_insert(self.clock.wall(now));
    }

    /// The agent's or far party's 200.
    pub(crate) fn answer(&mut self, now: Instant, agent: Option<&AgentId>) {
        if self.answered.is_none() {
            self.answered = Some(now);
            self.cdr.t_ans = Some(self.clock.wall(now));
        }
        self.talk_since.get_or_insert(now);
        self.cdr.agent = agent.cloned().or(self.cdr.agent.take());
    }

    /// The far party was lost before caller and it heard each other: nobody has answered yet. Its
    /// recording stays among the call's facts.
    pub(crate) fn unanswer(&mut self) {
        if !self.connected {
            self.answered = None;
            self.talk_since = None;
            self.talked = Duration::ZERO;
            self.cdr.t_ans = None;
            self.cdr.t_talk_end = None;
            self.cdr.agent = None;
            self.cdr.recording = None;
        }
    }

    /// Caller and far party hear each other.
    pub(crate) fn connect(&mut self) {
        self.connected = true;
    }

    pub(crate) fn is_answered(&self) -> bool {
        self.answered.is_some()
    }

    pub(crate) fn has_requested(&self) -> bool {
        self.requested.is_some()
    }

    pub(crate) fn hold(&mut self, now: Instant) {
        self.held_since.get_or_insert(now);
    }

    /// Returns how long it was held.
    pub(crate) fn retrieve(&mut self, now: Instant) -> Duration {
        let held = self.held_since.take().map_or(Duration::ZERO, |since| now.since(since));
        self.held += held;
        held
    }

    pub(crate) fn end_talk(&mut self, now: Instant) {
        self.retrieve(now);
        if let Some(since) = self.talk_since.take() {
            self.talked += now.since(since);
            self.cdr.t_talk_end = Some(self.clock.wall(now));
        }
    }

    pub(crate) fn record(&mut self, recording: RecordingId) {
        self.cdr.recording = Some(recording);
    }

    pub(crate) fn invite_rating(&mut self) {
        self.cdr.survey_invited = true;
    }

    pub(crate) fn rate(&mut self, score: u8) {
        self.cdr.rating = Some(score);
    }

    pub(crate) fn press(&mut self, key: char) {
        if self.cdr.keys.len() < KEYS_MAX {
            self.cdr.keys.push(key);
        }
    }

    pub(crate) fn leg(&mut self, leg: LegRecord) {
        if self.cdr.legs.len() < LEGS_MAX {
            self.cdr.legs.push(leg);
        }
    }

    pub(crate) fn refuse(&mut self, status: u16) {
        self.cdr.sip_status = status;
    }

    /// A human was asked for and not had, or a party outside not reached: the call's cause, unless
    /// something better comes.
    pub(crate) fn set_back(&mut self, cause: Cause) {
        self.setback = Some(cause);
    }

    pub(crate) fn setback(&self) -> Option<Cause> {
        self.setback
    }

    /// Why the call ends. The first reason counts: what follows from it is no reason of its own.
    pub(crate) fn end(&mut self, now: Instant, by: EndedBy, cause: Cause) {
        self.ending.get_or_insert((by, cause));
        self.ended.get_or_insert(now);
    }

    /// When the call ended, once it has.
    pub(crate) fn ended_at(&self) -> Option<Instant> {
        self.ended
    }

    /// The record of the call that ended at `now`.
    pub(crate) fn close(mut self, now: Instant) -> Cdr {
        self.end_talk(now);
        let (by, cause) = self.ending.unwrap_or_default();
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let wait_end = self.answered.unwrap_or(now);
        self.cdr.wait_ms = self.requested.map_or(0, |from| ms(wait_end.since(from)));
        self.cdr.talk_ms = ms(self.talked);
        self.cdr.hold_ms = ms(self.held);
        self.cdr.total_ms = ms(now.since(self.arrived));
        self.cdr.t_end = self.clock.wall(now);
        self.cdr.ended_by = by;
        self.cdr.cause = cause;
        self.cdr
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CallId;
    use ulid::Ulid;

    fn draft() -> Draft {
        let arrived = CallArrived {
            call: CallId(Ulid::nil()),
            trunk: None,
            account: None,
            caller_raw: String::new(),
            caller: String::new(),
            called: "12345".into(),
            sip_call_id: "a".into(),
            caller_kind: String::new(),
            region: String::new(),
            flow: String::new(),
        };
        let clock = WallClock::new(Instant::ZERO, Wall::from_micros(1_000_000));
        Draft::new(Instant::from_micros(0), clock, &arrived)
    }

    #[test]
    fn times_add_up() {
        let at = |s: u64| Instant::from_micros(s * 1_000_000);
        let mut draft = draft();
        draft.answer_flow(at(1));
        draft.enter_queue(at(5), &"all".into());
        draft.enter_queue(at(8), &"other".into());
        draft.offer(at(9));
        draft.answer(at(12), Some(&"a1".into()));
        draft.hold(at(20));
        assert_eq!(draft.retrieve(at(25)), Duration::from_secs(5));
        draft.hold(at(30));
        draft.end_talk(at(40));
        draft.end(at(50), EndedBy::Agent, Cause::Answered);
        draft.end(at(51), EndedBy::System, Cause::InternalError);
        let cdr = draft.close(at(50));
        assert_eq!(
            (cdr.wait_ms, cdr.talk_ms, cdr.hold_ms, cdr.total_ms),
            (7_000, 28_000, 15_000, 50_000)
        );
        assert_eq!((cdr.ended_by, cdr.cause), (EndedBy::Agent, Cause::Answered));
        assert_eq!(cdr.t_req, Some(Wall::from_micros(6_000_000)));
    }

    #[test]
    fn a_second_talk_is_added_and_the_wait_between_is_not() {
        let at = |s: u64| Instant::from_micros(s * 1_000_000);
        let mut draft = draft();
        draft.enter_queue(at(1), &"all".into());
        draft.answer(at(5), Some(&"a1".into()));
        draft.end_talk(at(6));
        draft.answer(at(20), Some(&"a2".into()));
        draft.hold(at(21));
        draft.end_talk(at(30));
        let cdr = draft.close(at(31));
        assert_eq!((cdr.wait_ms, cdr.talk_ms, cdr.hold_ms), (4_000, 11_000, 9_000));
        assert_eq!(cdr.t_talk_end, Some(Wall::from_micros(31_000_000)));
        assert_eq!(cdr.agent, Some("a2".into()));
    }

    #[test]
    fn a_call_without_a_reason_is_our_fault() {
        let cdr = draft().close(Instant::ZERO);
        assert_eq!((cdr.ended_by, cdr.cause), (EndedBy::System, Cause::InternalError));
    }
}
