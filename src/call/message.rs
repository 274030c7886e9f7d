use std::time::Duration;

use crate::base::BoxId;
use crate::call::Fact;
use crate::call::ending::ms;
use crate::call::machine::Call;
use crate::call::phase::{Message, MessageState, Phase};
use crate::call::turn::Turn;
use crate::dialplan::Input as FlowInput;
use crate::media::{Command, Tone};

/// The beep and the breath after it.
const BEEP: Duration = Duration::from_millis(450);

impl Call {
    /// Beeps; the recording begins when the beep is over.
    pub(crate) fn beep(&mut self, turn: &mut Turn<'_>, r#box: BoxId, min: Duration) {
        self.caller_media(turn, |stream| Command::Tone { stream, tone: Tone::Beep, ms: None });
        let state = MessageState::Beep { until: turn.now + BEEP };
        self.phase = Phase::Message(Message { r#box, min, state });
    }

    pub(crate) fn begin_message(&mut self, turn: &mut Turn<'_>) {
        let Some(caller) = &self.caller else { return };
        let (left, worker) = (caller.stream.id(), caller.stream.worker());
        let Phase::Message(message) = &mut self.phase else { return };
        let recording = turn.next_recording(turn.now);
        message.state = MessageState::Recording { recording, since: turn.now };
        let channels = ["caller".to_owned(), String::new()];
        turn.fact(Fact::RecordingStarted { call: turn.call, recording, channels });
        turn.media(worker, Command::Record { recording, left, right: None, at: turn.now });
    }

    /// Ends the message, whoever wanted that, and says how long it is.
    pub(crate) fn end_message(&mut self, turn: &mut Turn<'_>) -> Option<FlowInput> {
        let message = self.phase.take_message()?;
        let MessageState::Recording { recording, since } = message.state else {
            self.stop_playing(turn);
            return Some(FlowInput::Recorded { length_ms: 0 });
        };
        let length = turn.now.since(since);
        let length_ms = ms(length);
        if let Some(worker) = self.worker() {
            turn.media(worker, Command::StopRecord { recording, at: turn.now });
        }
        turn.holdings.recording = None;
        turn.fact(Fact::RecordingEnded { call: turn.call, recording, length_ms });
        if length >= message.min {
            self.left_message = true;
            // The record names the recording of the talk, if there was one; this one has its own fact.
            if !turn.draft.is_answered() {
                turn.draft.record(recording);
            }
            let r#box = message.r#box;
            turn.fact(Fact::Voicemail { call: turn.call, r#box, recording, length_ms });
        }
        Some(FlowInput::Recorded { length_ms })
    }
}
