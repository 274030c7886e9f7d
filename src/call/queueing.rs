use crate::acd::{self, Decline, Withdrawal};
use crate::base::{AgentId, DialogId, OfferId, QueueId};
use crate::call::ending::ms;
use crate::call::leg::{Leg, Party, Place};
use crate::call::machine::Call;
use crate::call::phase::{Conversation, Phase, Ringing, Waiting};
use crate::call::settings::AnswerBy;
use crate::call::turn::Turn;
use crate::call::{Cause, EndedBy, Fact, OfferResult, QueueExit};
use crate::dialplan::{Input as FlowInput, QueueEvent};
use crate::media::Command;
use crate::sip;

/// What a phone is told that has lost the call to somebody else (RFC 3326).
const ELSEWHERE: &str = "SIP;cause=200;text=\"Call completed elsewhere\"";

impl Call {
    pub(crate) fn enter_queue(
        &mut self,
        turn: &mut Turn<'_>,
        queue: QueueId,
        priority: i32,
        moved: bool,
    ) {
        if moved && let Phase::Waiting(waiting) | Phase::Offered(waiting, _) = &mut self.phase {
            waiting.moving.push(queue.clone());
            turn.desk(acd::Input::Move { ticket: waiting.ticket, queue, priority });
            return;
        }
        turn.draft.enter_queue(turn.now, &queue);
        let ticket = turn.ticket();
        let clock = turn.draft.requested().unwrap_or(turn.now);
        self.phase = Phase::Waiting(Waiting {
            ticket,
            queue: queue.clone(),
            entered: turn.now,
            moving: Vec::new(),
        });
        turn.fact(Fact::QueueEntered { call: turn.call, queue: queue.clone() });
        turn.desk(acd::Input::Enter { ticket, queue, priority, clock });
    }

    /// The desk has moved the caller; an agent who rang for the old queue was withdrawn before.
    pub(crate) fn on_moved(&mut self, turn: &mut Turn<'_>, queue: QueueId) {
        let Some(waiting) = self.asked_to_move(&queue) else { return };
        if waiting.queue == queue {
            return;
        }
        left(turn, waiting, QueueExit::Overflow);
        waiting.queue = queue.clone();
        waiting.entered = turn.now;
        turn.draft.enter_queue(turn.now, &queue);
        turn.fact(Fact::QueueEntered { call: turn.call, queue });
    }

    /// The other queue has no place: the caller waits on where it was.
    pub(crate) fn on_not_moved(&mut self, turn: &Turn<'_>, queue: &QueueId, why: acd::NotTaken) {
        if let Some(waiting) = self.asked_to_move(queue) {
            let from = &waiting.queue;
            tracing::info!(call = %turn.call, %from, to = %queue, ?why, "caller stays in its queue");
        }
    }

    /// The place of the caller who was to be moved there; none when it has left since, and the
    /// desk's word is stale.
    fn asked_to_move(&mut self, queue: &QueueId) -> Option<&mut Waiting> {
        let (Phase::Waiting(waiting) | Phase::Offered(waiting, _)) = &mut self.phase else {
            return None;
        };
        if waiting.moving.first() != Some(queue) {
            return None;
        }
        waiting.moving.remove(0);
        Some(waiting)
    }

    /// Out of the queue, whether an agent rings or not.
    pub(crate) fn leave_queue(&mut self, turn: &mut Turn<'_>, why: QueueExit) {
        let waiting = match std::mem::replace(&mut self.phase, Phase::Flow) {
            Phase::Waiting(waiting) => waiting,
            Phase::Offered(waiting, ringing) => {
                self.give_up_ring(turn, *ringing, OfferResult::CallerGone);
                waiting
            }
            other => {
                self.phase = other;
                return;
            }
        };
        turn.desk(acd::Input::Leave { ticket: waiting.ticket });
        left(turn, &waiting, why);
    }

    /// An agent is reserved for this caller: ring.
    pub(crate) fn on_offer(
        &mut self,
        turn: &mut Turn<'_>,
        offer: OfferId,
        agent: AgentId,
        queue: QueueId,
    ) {
        let Phase::Waiting(waiting) = &self.phase else {
            turn.desk(acd::Input::Declined { offer, why: Decline::Unreachable });
            return;
        };
        let waiting = waiting.clone();
        turn.own_agent(&agent);
        turn.draft.offer(turn.now);
        turn.fact(Fact::Offered { call: turn.call, agent: agent.clone(), queue });
        let phone = turn.settings.phones.get(&agent).map(|phone| phone.answer);
        let leg = if phone == Some(AnswerBy::OpenLeg) {
            self.take_open_leg(turn, &agent)
        } else {
            self.ring(turn, &agent, &waiting, None)
        };
        let Some(leg) = leg else {
            turn.drop_agent();
            offer_ended(turn, agent, OfferResult::Unreachable, 0);
            turn.desk(acd::Input::Declined { offer, why: Decline::Unreachable });
            return;
        };
        let ringing = Ringing { offer, agent, leg, since: turn.now, rings: false, asked: false };
        let rings_at_once = ringing.leg.open.is_some();
        self.phase = Phase::Offered(waiting, Box::new(ringing));
        if rings_at_once {
            self.agent_rings(turn);
        }
    }

    /// Calls the agent's phone; `again` the one that the dialog rings, and asks it to pick up by itself
    /// (C3).
    pub(crate) fn ring(
        &mut self,
        turn: &mut Turn<'_>,
        agent: &AgentId,
        waiting: &Waiting,
        again: Option<DialogId>,
    ) -> Option<Leg> {
        let account = turn.settings.phones.get(agent)?.account.clone();
        let phone = again.and_then(|dialog| turn.world.stack.phone_of(&account, dialog));
        let newest = || turn.world.contact_ip(&account);
        let signalling_ip = phone.map(|flow| flow.peer.ip()).or_else(newest)?;
        let address = turn.settings.media_address;
        let dialog = turn.take_dialog();
        let worker = self.worker_of_next_leg(turn);
        let place = Place { worker, address, signalling_ip };
        let party = Party::Agent(agent.clone());
        let Some(mut leg) = Leg::open(turn, party, dialog, None, place) else {
            turn.drop_dialog(dialog);
            return None;
        };
        let mut headers = vec![
            (sip::Text::from("X-Call-Id"), sip::Text::from(turn.call.to_string().as_str())),
            (sip::Text::from("X-Queue"), sip::Text::from(waiting.queue.as_str())),
        ];
        if !turn.draft.region().is_empty() {
            headers.push((sip::Text::from("X-Region"), sip::Text::from(turn.draft.region())));
        }
        if again.is_some() {
            headers.extend(picks_up_by_itself(&turn.settings.sip.realm));
        }
        let caller = turn.draft.caller();
        let from = sip::Caller {
            display: None,
            user: (!caller.is_empty()).then(|| sip::Text::from(caller)),
        };
        let sdp = Some(leg.offer(false));
        let to = match phone {
            Some(flow) => sip::Destination::Phone { account, flow: flow.into() },
            None => sip::Destination::Account(account),
        };
        turn.sip(sip::Command::Invite { dialog, to, from, headers, sdp });
        Some(leg)
    }

    /// Ends a ring; the desk knows already, or is told by the caller of this.
    pub(crate) fn give_up_ring(
        &mut self,
        turn: &mut Turn<'_>,
        ringing: Ringing,
        result: OfferResult,
    ) {
        let reason = match result {
            OfferResult::NoAnswer => None,
            _ => Some(ELSEWHERE),
        };
        ringing.leg.hang_up(turn, 487, reason);
        let ring_ms = ms(turn.now.since(ringing.since));
        self.close_leg(turn, ringing.leg);
        turn.drop_agent();
        offer_ended(turn, ringing.agent, result, ring_ms);
    }

    /// The desk takes an offer back: its ring limit passed, the agent signed out or called somebody.
    pub(crate) fn on_withdraw(&mut self, turn: &mut Turn<'_>, offer: OfferId, why: Withdrawal) {
        if !matches!(&self.phase, Phase::Offered(_, ringing) if ringing.offer == offer) {
            return;
        }
        let Some((waiting, ringing)) = self.phase.take_offered() else { return };
        let result = match why {
            Withdrawal::NoAnswer => OfferResult::NoAnswer,
            Withdrawal::CallerLeft => OfferResult::CallerGone,
            Withdrawal::SignedOut | Withdrawal::Busy => OfferResult::Rejected,
        };
        self.phase = Phase::Waiting(waiting);
        self.give_up_ring(turn, *ringing, result);
    }

    /// The agent's phone did not take the call.
    pub(crate) fn ring_failed(&mut self, turn: &mut Turn<'_>, status: u16) {
        let Some((waiting, ringing)) = self.phase.take_offered() else { return };
        self.phase = Phase::Waiting(waiting);
        let (why, result) = match status {
            486 | 600 => (Decline::Busy, OfferResult::Busy),
            408 if ringing.rings => (Decline::NoAnswer, OfferResult::NoAnswer),
            408 | 404 | 410 | 500..=599 => (Decline::Unreachable, OfferResult::Unreachable),
            _ if !ringing.rings && status == 480 => {
                (Decline::Unreachable, OfferResult::Unreachable)
            }
            _ => (Decline::Rejected, OfferResult::Rejected),
        };
        let ring_ms = ms(turn.now.since(ringing.since));
        let (offer, agent) = (ringing.offer, ringing.agent.clone());
        self.close_leg(turn, ringing.leg);
        turn.drop_agent();
        offer_ended(turn, agent, result, ring_ms);
        turn.desk(acd::Input::Declined { offer, why });
    }

    /// The agent has answered.
    pub(crate) fn agent_answered(&mut self, turn: &mut Turn<'_>, sdp: Option<&bytes::Bytes>) {
        let Some((waiting, ringing)) = self.phase.take_offered() else { return };
        let Ringing { offer, agent, mut leg, since, .. } = *ringing;
        let ring_ms = ms(turn.now.since(since));
        // The media of an open leg are agreed on since the phone's own answer.
        let agreed = if leg.open.is_some() {
            Ok(())
        } else {
            leg.take_answer(turn, sdp.map_or(&[], |sdp| sdp))
        };
        if let Err(refusal) = agreed {
            tracing::warn!(call = %turn.call, %agent, %refusal, "agent's answer refused");
            self.phase = Phase::Waiting(waiting);
            leg.hang_up(turn, 488, None);
            self.close_leg(turn, leg);
            turn.drop_agent();
            offer_ended(turn, agent, OfferResult::Unreachable, ring_ms);
            turn.desk(acd::Input::Declined { offer, why: Decline::Unreachable });
            return;
        }
        leg.up = true;
        leg.stop_ring_tone(turn);
        turn.desk(acd::Input::Answered { offer });
        turn.draft.answer(turn.now, Some(&agent));
        offer_ended(turn, agent.clone(), OfferResult::Answered, ring_ms);
        left(turn, &waiting, QueueExit::Answered);
        let agent_number = turn.settings.agent_number(&agent).to_owned();
        self.stop_playing(turn);
        self.phase = Phase::Joining(Box::new(Conversation {
            leg,
            agent: Some(agent),
            answered: turn.now,
            recording: None,
            record_wanted: false,
            before: None,
            hold: None,
        }));
        self.feed(turn, FlowInput::Queue(QueueEvent::Answered { agent_number }));
        if matches!(&self.phase, Phase::Joining(talk) if talk.before.is_none()) {
            // The checker lets no flow do this; a caller must not be left in silence all the same.
            self.end(turn, EndedBy::System, Cause::InternalError);
        }
    }

    /// The agent's phone, or the party outside, rings.
    pub(crate) fn agent_rings(&mut self, turn: &mut Turn<'_>) {
        if let Phase::Offered(_, ringing) = &mut self.phase
            && !ringing.rings
        {
            ringing.rings = true;
            let offer = ringing.offer;
            turn.desk(acd::Input::Ringing { offer });
        }
    }

    /// What the two hear before they are joined is over, or there was nothing.
    pub(crate) fn bridge(&mut self, turn: &mut Turn<'_>) {
        let Some(mut talk) = self.phase.take_joining() else { return };
        talk.before = None;
        turn.draft.connect();
        let agent = talk.agent.clone();
        let far = talk.leg.stream.id();
        self.phase = Phase::Talking(talk);
        self.caller_media(turn, |stream| Command::Bridge { a: stream, b: far });
        turn.fact(Fact::Connected { call: turn.call, agent });
        // The phone may have held while the announcement played.
        self.follow_hold(turn);
    }
}

/// The headers that ask a phone to pick up by itself (C3).
pub(crate) fn picks_up_by_itself(realm: &str) -> [(sip::Text, sip::Text); 2] {
    [
        ("Call-Info", format!("<sip:{realm}>;answer-after=0")),
        ("Alert-Info", format!("<sip:{realm}>;info=alert-autoanswer")),
    ]
    .map(|(name, value)| (sip::Text::from(name), sip::Text::from(value.as_str())))
}

fn left(turn: &mut Turn<'_>, waiting: &Waiting, why: QueueExit) {
    let wait_ms = ms(turn.now.since(waiting.entered));
    let queue = waiting.queue.clone();
    turn.fact(Fact::QueueLeft { call: turn.call, queue, why, wait_ms });
}

fn offer_ended(turn: &mut Turn<'_>, agent: AgentId, result: OfferResult, ring_ms: u64) {
    turn.fact(Fact::OfferEnded { call: turn.call, agent, result, ring_ms });
}
