use bytes::Bytes;

use crate::acd;
use crate::base::DialogId;
use crate::call::ending::ms;
use crate::call::machine::Call;
use crate::call::phase::{Hold, Phase};
use crate::call::turn::Turn;
use crate::call::{EndedBy, Fact};
use crate::dialplan::{Input as FlowInput, Prompt, TalkEnd};
use crate::media::Command;

impl Call {
    /// The flow joins caller and agent: first both hear `before`, then each other.
    pub(crate) fn join(
        &mut self,
        turn: &mut Turn<'_>,
        before: &[Prompt],
        record: bool,
    ) -> Option<FlowInput> {
        if !matches!(self.phase, Phase::Joining(_)) {
            return Some(FlowInput::Talk(TalkEnd::Failed));
        }
        if record {
            self.record(turn);
        }
        // A missing announcement costs the announcement, not the talk.
        let prompts = self.find_all(turn, before).unwrap_or_default();
        if prompts.is_empty() {
            self.bridge(turn);
            return None;
        }
        let play = turn.next_play();
        let Phase::Joining(talk) = &mut self.phase else { return None };
        talk.before = Some(play);
        let far = talk.leg.stream.id();
        let both = |stream| Command::Play {
            stream,
            play,
            prompts: prompts.clone(),
            repeat: false,
            cut_by_key: false,
        };
        talk.leg.media(turn, both(far));
        self.caller_media(turn, both);
        None
    }

    /// Records the talk from the far party's answer on (C9): left the caller, right the far party.
    /// Until the caller's media are agreed on there is nothing to record.
    pub(crate) fn record(&mut self, turn: &mut Turn<'_>) {
        let Some(caller) = &self.caller else { return };
        let is_open = caller.stream.is_open();
        let (Phase::Joining(talk) | Phase::Talking(talk)) = &mut self.phase else { return };
        talk.record_wanted = !is_open;
        if !is_open {
            return;
        }
        let recording = turn.next_recording(talk.answered);
        talk.recording = Some(recording);
        turn.draft.record(recording);
        let channels = ["caller".to_owned(), talk.leg.party.name()];
        let (right, at) = (Some(talk.leg.stream.id()), talk.answered);
        turn.fact(Fact::RecordingStarted { call: turn.call, recording, channels });
        self.caller_media(turn, |left| Command::Record { recording, left, right, at });
    }

    /// The caller's ACK brought its media: a recording that waited for them begins.
    pub(crate) fn record_if_wanted(&mut self, turn: &mut Turn<'_>) {
        if let Phase::Joining(talk) | Phase::Talking(talk) = &self.phase
            && talk.record_wanted
        {
            self.record(turn);
        }
    }

    /// A re-INVITE or UPDATE of either side.
    pub(crate) fn on_reoffer(
        &mut self,
        turn: &mut Turn<'_>,
        dialog: DialogId,
        sdp: Option<&Bytes>,
    ) {
        let Some(leg) = self.leg_mut(dialog) else { return };
        leg.reoffered(turn, sdp);
        self.follow_hold(turn);
    }

    /// The phone's hold, as its last agreement says, begins or ends ours. A caller who holds us is
    /// not on our hold: media stop by what was agreed.
    pub(crate) fn follow_hold(&mut self, turn: &mut Turn<'_>) {
        let Phase::Talking(talk) = &self.phase else { return };
        let by_phone = talk.leg.stream.is_held_by_peer();
        let by_command = talk.hold.is_some_and(|hold| hold.by_command);
        self.set_hold(turn, by_command, by_phone);
    }

    /// Holds or retrieves the caller, whoever wants it: on hold, the caller hears music and the far
    /// party nothing; off hold, both hear each other again.
    pub(crate) fn set_hold(&mut self, turn: &mut Turn<'_>, by_command: bool, by_phone: bool) {
        let Phase::Talking(talk) = &mut self.phase else { return };
        let far = talk.leg.stream.id();
        let agent = talk.agent.clone();
        let was = talk.hold;
        let on = by_command || by_phone;
        let since = was.map_or(turn.now, |hold| hold.since);
        talk.hold = on.then_some(Hold { by_command, by_phone, since });
        match (was, on) {
            (None, true) => {
                self.caller_media(turn, |stream| Command::Unbridge { a: stream, b: far });
                self.play_music(turn, "moh/default");
                turn.draft.hold(turn.now);
                if let Some(agent) = agent {
                    turn.fact(Fact::Held { call: turn.call, agent: agent.clone() });
                    turn.desk(acd::Input::Held { agent });
                }
            }
            (Some(hold), false) => {
                self.stop_playing(turn);
                self.caller_media(turn, |stream| Command::Bridge { a: stream, b: far });
                turn.draft.retrieve(turn.now);
                if let Some(agent) = agent {
                    let held_ms = ms(turn.now.since(hold.since));
                    turn.fact(Fact::Retrieved { call: turn.call, agent: agent.clone(), held_ms });
                    turn.desk(acd::Input::Retrieved { agent });
                }
            }
            _ => {}
        }
    }

    /// The far party is gone, by its own doing or not, and the caller is still there: the flow goes on.
    pub(crate) fn far_gone(&mut self, turn: &mut Turn<'_>, by_party: bool) {
        let Some(talk) = self.phase.take_talk() else { return };
        let joined = talk.before.is_none();
        let agent = talk.agent.clone();
        self.talk_ended_by = Some(match &agent {
            _ if !by_party => EndedBy::System,
            Some(_) => EndedBy::Agent,
            None => EndedBy::Outside,
        });
        self.talk_over(turn, *talk);
        if !joined {
            turn.draft.unanswer();
        }
        self.stop_playing(turn);
        self.feed(
            turn,
            match agent {
                Some(_) if joined => FlowInput::Talk(TalkEnd::AgentHungUp),
                Some(_) => FlowInput::Talk(TalkEnd::Failed),
                None => FlowInput::Dialled(crate::dialplan::DialEnd::Ended),
            },
        );
    }

    /// Whatever ended the talk: stamps, recording, wrap-up, the far leg's end.
    pub(crate) fn talk_over(
        &mut self,
        turn: &mut Turn<'_>,
        talk: crate::call::phase::Conversation,
    ) {
        turn.draft.end_talk(turn.now);
        if let Some(recording) = talk.recording {
            let worker = talk.leg.stream.worker();
            turn.media(worker, Command::StopRecord { recording, at: turn.now });
            let length_ms = ms(turn.now.since(talk.answered));
            turn.fact(Fact::RecordingEnded { call: turn.call, recording, length_ms });
            turn.holdings.recording = None;
        }
        if let Some(agent) = talk.agent {
            turn.desk(acd::Input::TalkEnded { agent });
            turn.drop_agent();
        }
        self.close_leg(turn, talk.leg);
    }
}
