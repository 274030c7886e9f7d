use crate::dialplan::flow::Exit;
use crate::dialplan::input::Input;
use crate::dialplan::node::{Play, Say};
use crate::dialplan::prompt::Prompt;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In a `play` or `say` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Playing {
    pub(crate) interruptible: bool,
    pub(crate) next: Exit,
}

impl Playing {
    pub(crate) fn play(play: &Play, caller: &mut Caller, again: bool, out: &mut Vec<Step>) -> Next {
        if !again {
            caller.set(&play.set);
        }
        let prompts = play.prompts.in_language(&caller.language);
        Self { interruptible: play.interruptible, next: play.next }.begin(prompts, caller, out)
    }

    pub(crate) fn say(say: &Say, caller: &mut Caller, again: bool, out: &mut Vec<Step>) -> Next {
        if !again {
            caller.set(&say.set);
        }
        let prompts = say.speech.prompts(&caller.language, caller.filling());
        Self { interruptible: say.interruptible, next: say.next }.begin(prompts, caller, out)
    }

    fn begin(self, prompts: Vec<Prompt>, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        if prompts.is_empty() || (self.interruptible && caller.typed.is_some()) {
            return Next::Go(self.next);
        }
        caller.typed = None;
        caller.play(prompts, self.interruptible, out);
        Next::Stay(State::Playing(self))
    }

    pub(crate) fn handle(self, caller: &mut Caller, input: &Input, out: &mut Vec<Step>) -> Next {
        match input {
            Input::Played => Next::Go(self.next),
            Input::Key(key) if self.interruptible => {
                caller.hush(out);
                caller.typed = Some(*key);
                Next::Go(self.next)
            }
            _ => Next::Stay(State::Playing(self)),
        }
    }
}
