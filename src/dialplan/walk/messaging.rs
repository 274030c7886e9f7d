use std::time::Duration;

use crate::base::Instant;
use crate::dialplan::input::Input;
use crate::dialplan::node::Voicemail;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// The beep before the message and the time that stopping may take.
const BEEP: Duration = Duration::from_secs(1);
const STOP: Duration = Duration::from_secs(10);

/// In a `voicemail` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Messaging {
    /// The present one included.
    tries: u32,
    phase: Phase,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Phase {
    /// The caller is asked for a message.
    Greeting,
    /// The caller speaks.
    Recording { until: Instant },
    /// The end of the recording was asked for.
    Stopping { until: Instant },
    /// The caller is told that the message is kept.
    Saved,
}

impl Messaging {
    pub(crate) fn enter(node: &Voicemail, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        caller.play(node.prompts.in_language(&caller.language), true, out);
        Next::Stay(State::Messaging(Self { tries: node.tries, phase: Phase::Greeting }))
    }

    pub(crate) fn handle(
        mut self,
        node: &Voicemail,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match (&self.phase, input) {
            (Phase::Greeting, Input::Played | Input::Key(_)) => {
                caller.hush(out);
                out.push(Step::Voicemail {
                    r#box: node.r#box.clone(),
                    max: node.max,
                    min: node.min,
                });
                self.phase = Phase::Recording { until: now + BEEP + node.max };
            }
            (Phase::Recording { .. }, Input::Deadline) => self.stop(now, out),
            (Phase::Recording { .. }, Input::Key(key)) if key.as_char() == '#' => {
                self.stop(now, out);
            }
            (Phase::Recording { .. } | Phase::Stopping { .. }, Input::Recorded { length_ms }) => {
                return self.recorded(node, caller, Duration::from_millis(*length_ms), out);
            }
            (Phase::Stopping { .. }, Input::Deadline) => {
                return Next::Fault("the recording of a message did not end");
            }
            (Phase::Saved, Input::Played) => return Next::Go(node.next),
            _ => {}
        }
        Next::Stay(State::Messaging(self))
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Recording { until } | Phase::Stopping { until } => Some(until),
            Phase::Greeting | Phase::Saved => None,
        }
    }

    pub(crate) fn leave(&self, caller: &mut Caller, out: &mut Vec<Step>) {
        caller.hush(out);
        if matches!(self.phase, Phase::Recording { .. }) {
            out.push(Step::StopVoicemail);
        }
    }

    fn stop(&mut self, now: Instant, out: &mut Vec<Step>) {
        out.push(Step::StopVoicemail);
        self.phase = Phase::Stopping { until: now + STOP };
    }

    fn recorded(
        mut self,
        node: &Voicemail,
        caller: &mut Caller,
        length: Duration,
        out: &mut Vec<Step>,
    ) -> Next {
        if length >= node.min {
            caller.play(node.saved.in_language(&caller.language), false, out);
            self.phase = Phase::Saved;
            return Next::Stay(State::Messaging(self));
        }
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            return Next::Go(node.next);
        }
        let mut prompts = node.short.in_language(&caller.language);
        prompts.extend(node.prompts.in_language(&caller.language));
        caller.play(prompts, true, out);
        self.phase = Phase::Greeting;
        Next::Stay(State::Messaging(self))
    }
}
