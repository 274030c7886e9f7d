use std::collections::VecDeque;

use crate::base::{Key, QueueId};
use crate::call::machine::{Call, CallerState};
use crate::call::phase::Phase;
use crate::call::turn::Turn;
use crate::call::{Cause, EndedBy, Fact};
use crate::dialplan::{Input as FlowInput, Prompt, QueueEvent, Step, Tone};
use crate::media::{self, Command, PromptId};
use crate::say::{self, Language};
use crate::{acd, sip};

impl Call {
    /// Gives the flow an input and does what it asks for, and what follows from that.
    ///
    /// The walk's own limit of steps bounds the loop.
    pub(crate) fn feed(&mut self, turn: &mut Turn<'_>, input: FlowInput) {
        let mut inputs = VecDeque::from([input]);
        let mut steps = Vec::new();
        while let Some(input) = inputs.pop_front() {
            let Some(walk) = self.walk.take() else { return };
            self.walk = walk.handle(turn.now, turn.wall(), input, &mut steps);
            for step in steps.drain(..) {
                inputs.extend(self.step(turn, step));
            }
        }
        self.listen_for_keys(turn);
    }

    /// The worker looks for keys in the caller's speech only while a key means something.
    fn listen_for_keys(&mut self, turn: &mut Turn<'_>) {
        let on = self.walk.as_ref().is_some_and(crate::dialplan::Walk::expects_keys);
        if on != self.expects_keys {
            self.expects_keys = on;
            self.caller_media(turn, |stream| Command::ExpectKeys { stream, on });
        }
    }

    /// Does one step; what the flow must hear of it at once is returned.
    fn step(&mut self, turn: &mut Turn<'_>, step: Step) -> Option<FlowInput> {
        match step {
            Step::Answer => self.answer_caller(turn),
            Step::Play { prompts, cut_by_key } => return self.play(turn, &prompts, cut_by_key),
            Step::StopPlaying => self.stop_playing(turn),
            Step::Music { id } => self.play_music(turn, &id),
            Step::Queue { queue, priority, moved } => {
                self.enter_queue(turn, queue, priority, moved);
            }
            Step::LeaveQueue => {
                turn.draft.set_back(Cause::Overflow);
                self.leave_queue(turn, crate::call::QueueExit::Overflow);
            }
            Step::AskPosition => self.ask_position(turn),
            Step::Bridge { before, record } => return self.join(turn, &before, record),
            Step::Dial(dial) => return self.dial(turn, *dial),
            Step::StopDial => self.stop_dial(turn),
            Step::SurveyInvited => turn.draft.invite_rating(),
            Step::Rate { score } => {
                turn.draft.rate(score);
                let agent = turn.draft.agent().cloned();
                turn.fact(Fact::Rated { call: turn.call, agent, score });
            }
            Step::Voicemail { r#box, min, .. } => self.beep(turn, r#box, min),
            Step::StopVoicemail => return self.end_message(turn),
            Step::Echo => self.caller_media(turn, |stream| Command::Echo { stream, on: true }),
            Step::Tone { tone } => {
                let tone = match tone {
                    Tone::Ringback => media::Tone::Ringback,
                    Tone::Busy => media::Tone::Busy,
                    Tone::Congestion => media::Tone::Congestion,
                    Tone::CallWaiting => media::Tone::CallWaiting,
                    Tone::Test { hz } => media::Tone::Test { hz },
                };
                self.caller_media(turn, |stream| Command::Tone { stream, tone, ms: None });
            }
            Step::Fault { node, what } => {
                tracing::warn!(call = %turn.call, %node, what, "flow fault");
            }
            Step::Hangup { status, refused } => self.flow_hangs_up(turn, status, refused),
        }
        None
    }

    /// Answers the caller's INVITE; the record of it is written before the 200 leaves.
    pub(crate) fn answer_caller(&mut self, turn: &mut Turn<'_>) {
        let CallerState::Alerting { offer, answer } = &mut self.caller_state else { return };
        let Some(caller) = &mut self.caller else { return };
        let sdp = match (answer.take(), offer.take()) {
            (Some(answer), _) => Ok(answer),
            (None, Some(offer)) => caller.answer(turn, &offer),
            (None, None) => Ok(caller.offer(true)),
        };
        let sdp = match sdp {
            Ok(sdp) => sdp,
            Err(refusal) => {
                tracing::info!(call = %turn.call, %refusal, "offer refused");
                turn.draft.refuse(488);
                self.end(turn, EndedBy::System, Cause::NoMedia);
                return;
            }
        };
        caller.up = true;
        let dialog = caller.dialog;
        self.caller_state = CallerState::Up;
        turn.draft.answer_flow(turn.now);
        let at = turn.draft.wall(turn.now);
        turn.fact(Fact::CallAnswered { call: turn.call, at });
        turn.sip(sip::Command::Answer { dialog, sdp });
    }

    fn find(&self, turn: &Turn<'_>, prompt: &Prompt) -> Option<PromptId> {
        let prompts = &turn.world.prompts;
        let found = prompts.find(&prompt.language, &prompt.id);
        found.or_else(|| prompts.find("", &prompt.id))
    }

    /// The prompts by number; none when one of them is missing, which the log tells.
    pub(crate) fn find_all(&self, turn: &Turn<'_>, prompts: &[Prompt]) -> Option<Vec<PromptId>> {
        let mut ids = Vec::with_capacity(prompts.len());
        for prompt in prompts {
            if let Some(id) = self.find(turn, prompt) {
                ids.push(id);
            } else if let Some(pieces) = say::instead_of(Language::of(&prompt.language), &prompt.id)
            {
                let pieces: Vec<_> =
                    pieces.iter().map(|id| Prompt::new(&prompt.language, id)).collect();
                ids.extend(self.find_all(turn, &pieces)?);
            } else {
                tracing::error!(call = %turn.call, %prompt, "prompt is missing");
                return None;
            }
        }
        Some(ids)
    }

    fn play(
        &mut self,
        turn: &mut Turn<'_>,
        prompts: &[Prompt],
        cut_by_key: bool,
    ) -> Option<FlowInput> {
        let Some(prompts) = self.find_all(turn, prompts) else { return Some(FlowInput::Failed) };
        let play = turn.next_play();
        self.playing = Some(play);
        self.caller_media(turn, |stream| Command::Play {
            stream,
            play,
            prompts,
            repeat: false,
            cut_by_key,
        });
        None
    }

    pub(crate) fn stop_playing(&mut self, turn: &mut Turn<'_>) {
        self.playing = None;
        self.caller_media(turn, |stream| Command::Echo { stream, on: false });
        self.caller_media(turn, |stream| Command::Stop { stream });
    }

    pub(crate) fn play_music(&mut self, turn: &mut Turn<'_>, id: &str) {
        self.playing = None;
        let Some(prompt) = turn.world.prompts.find("", id) else {
            tracing::error!(call = %turn.call, id, "music is missing");
            return;
        };
        let play = turn.next_play();
        self.caller_media(turn, |stream| Command::Play {
            stream,
            play,
            prompts: vec![prompt],
            repeat: true,
            cut_by_key: false,
        });
    }

    fn flow_hangs_up(&mut self, turn: &mut Turn<'_>, status: u16, refused: bool) {
        if matches!(self.caller_state, CallerState::Alerting { .. }) {
            turn.draft.refuse(status);
        }
        let by = self.talk_ended_by.unwrap_or(EndedBy::Flow);
        let cause = if refused {
            Cause::Refused
        } else if turn.draft.is_answered() {
            Cause::Answered
        } else if self.left_message {
            Cause::Voicemail
        } else if let Some(setback) = turn.draft.setback() {
            setback
        } else if matches!(self.caller_state, CallerState::Alerting { .. }) {
            Cause::Refused
        } else {
            Cause::SelfServed
        };
        self.end_with(turn, by, cause, status);
    }

    /// A key of the caller.
    pub(crate) fn on_key(&mut self, turn: &mut Turn<'_>, key: Key) {
        let secret = self.walk.as_ref().is_some_and(crate::dialplan::Walk::is_secret);
        if self.walk.is_none() || matches!(self.phase, Phase::Ending(_)) {
            return;
        }
        // What is pressed while nothing listens (to an agent, to a party outside) is nobody's business.
        if !secret && self.expects_keys {
            turn.draft.press(key.as_char());
        }
        self.feed(turn, FlowInput::Key(key));
    }

    fn ask_position(&mut self, turn: &mut Turn<'_>) {
        let ticket = turn.ticket();
        turn.out.push(crate::call::turn::Act::AskPosition(ticket));
    }

    pub(crate) fn on_position(&mut self, turn: &mut Turn<'_>, position: Option<u32>) {
        if let Some(position) = position {
            self.feed(turn, FlowInput::Queue(QueueEvent::Position(position)));
        }
    }

    pub(crate) fn on_not_taken(&mut self, turn: &mut Turn<'_>, why: acd::NotTaken) {
        let Phase::Waiting(waiting) = &self.phase else { return };
        let wait_ms = crate::call::ending::ms(turn.now.since(waiting.entered));
        let (call, queue) = (turn.call, waiting.queue.clone());
        self.phase = Phase::Flow;
        turn.fact(Fact::QueueLeft { call, queue, why: crate::call::QueueExit::Overflow, wait_ms });
        turn.draft.set_back(Cause::Overflow);
        let event = match why {
            acd::NotTaken::Full => QueueEvent::Full,
            acd::NotTaken::Nobody | acd::NotTaken::UnknownQueue => QueueEvent::Nobody,
        };
        self.feed(turn, FlowInput::Queue(event));
    }

    /// While an agent rings there is still somebody; the desk tells it again when the ring ends.
    pub(crate) fn on_nobody_left(&mut self, turn: &mut Turn<'_>, queue: &QueueId) {
        if matches!(&self.phase, Phase::Waiting(waiting) if waiting.queue == *queue) {
            self.leave_queue(turn, crate::call::QueueExit::Overflow);
            turn.draft.set_back(Cause::Overflow);
            self.feed(turn, FlowInput::Queue(QueueEvent::Nobody));
        }
    }
}
