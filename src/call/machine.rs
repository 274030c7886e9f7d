use std::time::Duration;

use bytes::Bytes;

use crate::base::Instant;
use crate::call::input::Input;
use crate::call::leg::{Closing, Leg};
use crate::call::phase::{MessageState, Phase};
use crate::call::turn::Turn;
use crate::call::{Cause, EndedBy};
use crate::dialplan::Walk;
use crate::media::PlayId;
use crate::sip;

/// How long the last figures of media are awaited before the record is written without them.
pub(crate) const FIGURES_WAIT: Duration = Duration::from_secs(2);

/// One citizen's call: the caller's leg, the way through the flow, and whoever is at the other end.
///
/// It names no socket and no clock; every wish goes into the turn. It ends by `None`, after all its
/// legs are hung up and their last figures have come (or [`FIGURES_WAIT`] is over).
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The caller; gone once its dialog has ended.
    pub(crate) caller: Option<Leg>,
    pub(crate) caller_state: CallerState,
    pub(crate) walk: Option<Walk>,
    pub(crate) phase: Phase,
    /// What the caller hears now, when its end matters to the flow.
    pub(crate) playing: Option<PlayId>,
    /// Whether the worker listens for keys in the caller's speech.
    pub(crate) expects_keys: bool,
    /// Whether a key came in the media: from then on keys by INFO are the same ones again.
    pub(crate) keys_by_media: bool,
    /// Whether a message was left.
    pub(crate) left_message: bool,
    /// Who ended the talk, when it ended before the call.
    pub(crate) talk_ended_by: Option<EndedBy>,
    /// Legs that are closed and whose last figures are still to come.
    pub(crate) closing: Vec<Closing>,
    /// When the longest call length is reached.
    pub(crate) too_long_at: Instant,
}

/// How far the caller's INVITE is.
#[derive(Clone, Debug)]
pub(crate) enum CallerState {
    /// Not answered. With the offer, until the answer to it was made; then with our answer, which
    /// went out early (183) and is repeated in the 200.
    Alerting { offer: Option<Bytes>, answer: Option<Bytes> },
    /// Answered.
    Up,
}

impl Call {
    /// Takes one input; `None` when the call has ended and its record may be written.
    pub(crate) fn handle(mut self, turn: &mut Turn<'_>, input: Input) -> Option<Self> {
        match input {
            Input::Begin => self.feed(turn, crate::dialplan::Input::Begin),
            Input::Sip(event) => self.on_sip(turn, event),
            Input::Media(event) => self.on_media(turn, event),
            Input::Offer { offer, agent, queue } => self.on_offer(turn, offer, agent, queue),
            Input::Withdraw { offer, why } => self.on_withdraw(turn, offer, why),
            Input::NotTaken(why) => self.on_not_taken(turn, why),
            Input::Moved(queue) => self.on_moved(turn, queue),
            Input::NotMoved(queue, why) => self.on_not_moved(turn, &queue, why),
            Input::NobodyLeft(queue) => self.on_nobody_left(turn, &queue),
            Input::Position(position) => self.on_position(turn, position),
            Input::Wish { id, wish } => self.on_wish(turn, id, wish),
            Input::End(cause) => {
                let by = if cause == Cause::Command { EndedBy::Command } else { EndedBy::System };
                self.end(turn, by, cause);
            }
            Input::Deadline => self.on_deadline(turn),
            #[cfg(test)]
            Input::Break => {
                turn.take_stream(self.worker());
                let dialog = turn.take_dialog();
                turn.sip(sip::Command::Hangup { dialog, reason: None, status: 500 });
                panic!("broken for a test");
            }
            #[cfg(test)]
            Input::BreakEnding => {
                self.end(turn, EndedBy::System, Cause::InternalError);
                panic!("broken for a test");
            }
        }
        self.rest(turn)
    }

    /// The call as it goes on, or its end.
    fn rest(mut self, turn: &Turn<'_>) -> Option<Self> {
        if let Phase::Ending(ending) = &self.phase {
            let done = self.caller.is_none() && self.closing.is_empty();
            if done || turn.now >= ending.until {
                return None;
            }
        }
        self.closing.shrink_to_fit();
        Some(self)
    }

    /// When `handle` wants `Input::Deadline` if nothing comes before.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let own = match &self.phase {
            Phase::Ending(ending) => return Some(ending.until),
            Phase::Dialling(dialling) => Some(dialling.until),
            Phase::Message(message) => match message.state {
                MessageState::Beep { until } => Some(until),
                MessageState::Recording { .. } => None,
            },
            Phase::Talking(talk) | Phase::Joining(talk) => talk.leg.probe_at,
            Phase::Flow | Phase::Waiting(_) | Phase::Offered(..) => None,
        };
        let walk = self.walk.as_ref().and_then(Walk::deadline);
        let caller = self.caller.as_ref().and_then(|leg| leg.probe_at);
        [own, walk, caller, Some(self.too_long_at)].into_iter().flatten().min()
    }

    fn on_deadline(&mut self, turn: &mut Turn<'_>) {
        if matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        if turn.now >= self.too_long_at {
            self.end(turn, EndedBy::System, Cause::TooLong);
            return;
        }
        self.probe_due(turn);
        match &mut self.phase {
            Phase::Dialling(dialling) if turn.now >= dialling.until => self.dial_timed_out(turn),
            Phase::Message(message) => {
                if let MessageState::Beep { until } = message.state
                    && turn.now >= until
                {
                    self.begin_message(turn);
                }
            }
            _ => {}
        }
        if self.walk.as_ref().and_then(Walk::deadline).is_some_and(|at| turn.now >= at) {
            self.feed(turn, crate::dialplan::Input::Deadline);
        }
    }

    /// The leg that the dialog belongs to.
    pub(crate) fn leg_mut(&mut self, dialog: crate::base::DialogId) -> Option<&mut Leg> {
        if self.caller.as_ref().is_some_and(|leg| leg.dialog == dialog) {
            return self.caller.as_mut();
        }
        self.far_mut().filter(|leg| leg.dialog == dialog)
    }

    /// The far party's leg, ringing ones included.
    pub(crate) fn far_mut(&mut self) -> Option<&mut Leg> {
        match &mut self.phase {
            Phase::Offered(_, ringing) => Some(&mut ringing.leg),
            Phase::Dialling(dialling) => Some(&mut dialling.leg),
            Phase::Joining(talk) | Phase::Talking(talk) => Some(&mut talk.leg),
            _ => None,
        }
    }

    /// Whether the caller's INVITE is not answered yet.
    pub(crate) fn is_alerting(&self) -> bool {
        matches!(self.caller_state, CallerState::Alerting { .. })
    }

    /// The worker that the caller's media live on.
    pub(crate) fn worker(&self) -> Option<usize> {
        self.caller.as_ref().map(|leg| leg.stream.worker())
    }

    /// The worker for a leg beside the caller's: the same, so that the two can be bridged. When no
    /// port is free there, the caller's stream moves to the roomiest worker that has one.
    pub(crate) fn worker_of_next_leg(&mut self, turn: &mut Turn<'_>) -> Option<usize> {
        let is_alone = self.far_mut().is_none();
        let caller = self.caller.as_mut()?;
        let here = caller.stream.worker();
        if is_alone
            && caller.stream.is_open()
            && !turn.world.ports.has_room(turn.now, here)
            && let Some(there) = turn.world.ports.roomiest(turn.now, 1)
        {
            caller.stream.move_to(turn, there);
        }
        Some(caller.stream.worker())
    }

    /// Tells the worker something about the caller's stream.
    pub(crate) fn caller_media(
        &mut self,
        turn: &mut Turn<'_>,
        command: impl FnOnce(crate::base::StreamId) -> crate::media::Command,
    ) {
        if let Some(caller) = &mut self.caller {
            let command = command(caller.stream.id());
            caller.media(turn, command);
        }
    }

    /// Closes a leg whose dialog is gone; one that is kept open goes back to its agent.
    pub(crate) fn close_leg(&mut self, turn: &mut Turn<'_>, leg: Leg) {
        // What waits for the caller's media has to do with this leg no more.
        if let Some(caller) = &mut self.caller {
            caller.stream.forget(leg.stream.id());
        }
        let closing = if leg.open.is_some() { self.give_back(turn, leg) } else { leg.close(turn) };
        self.closing.extend(closing);
    }

    fn on_sip(&mut self, turn: &mut Turn<'_>, event: sip::Event) {
        match event {
            sip::Event::Cancelled { dialog } => self.on_gone(turn, dialog, Gone::Cancelled),
            sip::Event::Ended { dialog, by, .. } => self.on_gone(turn, dialog, Gone::Ended(by)),
            sip::Event::Failed { dialog, status, .. } => {
                self.on_gone(turn, dialog, Gone::Failed(status));
            }
            sip::Event::Acked { dialog, answer } => {
                let Some(leg) = self.leg_mut(dialog) else { return };
                match leg.acked(turn, answer.as_ref()) {
                    Ok(()) => {
                        self.record_if_wanted(turn);
                        self.follow_hold(turn);
                    }
                    Err(refusal) => {
                        tracing::info!(call = %turn.call, %refusal, "answer in ACK refused");
                        self.end(turn, EndedBy::System, Cause::NoMedia);
                    }
                }
            }
            sip::Event::Progress { dialog, status, sdp } => {
                self.on_progress(turn, dialog, status, sdp);
            }
            sip::Event::Answered { dialog, sdp } => self.on_answered(turn, dialog, sdp),
            sip::Event::Redirected { dialog, source } => {
                if let Some(leg) = self.leg_mut(dialog) {
                    leg.stream.signals_from(source);
                }
            }
            sip::Event::Offered { dialog, sdp, source } => {
                if let Some(leg) = self.leg_mut(dialog) {
                    leg.stream.signals_from(source);
                }
                self.on_reoffer(turn, dialog, sdp.as_ref());
            }
            sip::Event::Info { dialog, content_type, body } => {
                self.on_info(turn, dialog, &content_type, &body);
            }
            sip::Event::Probed { dialog, alive } => self.on_probed(turn, dialog, alive),
            // Nothing of ours waits for these.
            sip::Event::Accepted { .. }
            | sip::Event::Rejected { .. }
            | sip::Event::Notified { .. } => {}
            // These belong to no call; the core keeps them.
            sip::Event::Invite { .. }
            | sip::Event::Referred { .. }
            | sip::Event::Message { .. }
            | sip::Event::MessageDone { .. }
            | sip::Event::Refused { .. }
            | sip::Event::Stranger { .. }
            | sip::Event::LockedOut { .. }
            | sip::Event::Registered { .. }
            | sip::Event::Unregistered { .. }
            | sip::Event::TrunkAlive { .. } => {}
        }
    }
}

/// How a dialog went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Gone {
    /// The caller's CANCEL.
    Cancelled,
    /// BYE, or what stands for it.
    Ended(sip::DialogEnd),
    /// Our INVITE was refused.
    Failed(u16),
}
