use crate::dialplan::input::{Input, TalkEnd};
use crate::dialplan::node::Bridge;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In a `bridge` node. The talk has no limit here; its end is always told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Talking;

impl Talking {
    pub(crate) fn enter(bridge: &Bridge, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        caller.hush(out);
        let before = bridge.before.as_ref();
        let before = before.map(|speech| speech.prompts(&caller.language, caller.filling()));
        out.push(Step::Bridge { before: before.unwrap_or_default(), record: bridge.record });
        Next::Stay(State::Talking(Self))
    }

    pub(crate) fn handle(self, bridge: &Bridge, input: &Input) -> Next {
        match input {
            Input::Talk(TalkEnd::AgentHungUp) => Next::Go(bridge.agent_hangup),
            Input::Talk(TalkEnd::Transferred) => Next::Go(bridge.transferred),
            Input::Talk(TalkEnd::CallerHungUp) => {
                bridge.caller_hangup.map_or(Next::Hangup { status: 480, refused: false }, Next::Go)
            }
            Input::Talk(TalkEnd::Failed) => Next::Fault("the agent was lost before the talk"),
            _ => Next::Stay(State::Talking(self)),
        }
    }
}
