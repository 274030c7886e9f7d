use bytes::Bytes;

use crate::acd;
use crate::base::DialogId;
use crate::call::ending::ms;
use crate::call::machine::Call;
use crate::call::phase::{HeldBy, Hold, Phase};
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
    pub(crate) fn record(&mut self, turn: &mut Turn<'_>) {
        let Some(left) = self.caller.as_ref().map(|leg| leg.stream.id()) else { return };
        let worker = self.worker();
        let (Phase::Joining(talk) | Phase::Talking(talk)) = &mut self.phase else { return };
        let recording = turn.next_recording();
        talk.recording = Some(recording);
        turn.draft.record(recording);
        let channels = ["caller".to_owned(), talk.leg.party.name()];
        let (right, at) = (Some(talk.leg.stream.id()), talk.answered);
        turn.fact(Fact::RecordingStarted { call: turn.call, recording, channels });
        if let Some(worker) = worker {
            turn.media(worker, Command::Record { recording, left, right, at });
        }
    }

    /// A re-INVITE or UPDATE of either side.
    pub(crate) fn on_reoffer(
        &mut self,
        turn: &mut Turn<'_>,
        dialog: DialogId,
        sdp: Option<&Bytes>,
    ) {
        let is_caller = self.caller.as_ref().is_some_and(|leg| leg.dialog == dialog);
        let Some(leg) = self.leg_mut(dialog) else { return };
        let changed = leg.reoffered(turn, sdp);
        if is_caller {
            // A caller who holds us is not on our hold: media stop by what was agreed.
            return;
        }
        match changed {
            Some(true) => self.hold(turn, HeldBy::Phone),
            Some(false) => self.retrieve(turn),
            None => {}
        }
    }

    /// The caller hears music, the agent nothing.
    pub(crate) fn hold(&mut self, turn: &mut Turn<'_>, by: HeldBy) {
        let Phase::Talking(talk) = &mut self.phase else { return };
        if talk.hold.is_some() {
            return;
        }
        talk.hold = Some(Hold { by, since: turn.now });
        let far = talk.leg.stream.id();
        let agent = talk.agent.clone();
        self.caller_media(turn, |stream| Command::Unbridge { a: stream, b: far });
        self.play_music(turn, "moh/default");
        turn.draft.hold(turn.now);
        if let Some(agent) = agent {
            turn.fact(Fact::Held { call: turn.call, agent: agent.clone() });
            turn.desk(acd::Input::Held { agent });
        }
    }

    /// Both hear each other again.
    pub(crate) fn retrieve(&mut self, turn: &mut Turn<'_>) {
        let Phase::Talking(talk) = &mut self.phase else { return };
        let Some(hold) = talk.hold.take() else { return };
        let far = talk.leg.stream.id();
        let agent = talk.agent.clone();
        self.stop_playing(turn);
        self.caller_media(turn, |stream| Command::Bridge { a: stream, b: far });
        turn.draft.retrieve(turn.now);
        if let Some(agent) = agent {
            let held_ms = ms(turn.now.since(hold.since));
            turn.fact(Fact::Retrieved { call: turn.call, agent: agent.clone(), held_ms });
            turn.desk(acd::Input::Retrieved { agent });
        }
    }

    /// The far party is gone and the caller is still there: the flow goes on.
    pub(crate) fn far_gone(&mut self, turn: &mut Turn<'_>) {
        let (Phase::Joining(talk) | Phase::Talking(talk)) =
            std::mem::replace(&mut self.phase, Phase::Flow)
        else {
            return;
        };
        let joined = talk.before.is_none();
        let agent = talk.agent.clone();
        self.talk_ended_by = Some(if agent.is_some() { EndedBy::Agent } else { EndedBy::Outside });
        self.talk_over(turn, *talk);
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
