use crate::base::Instant;
use crate::dialplan::flow::Exit;
use crate::dialplan::input::Input;
use crate::dialplan::node::{EchoNode, ToneNode};
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In an `echo` or `tone` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Sounding {
    until: Instant,
    /// `#` ends it.
    pub(crate) by_key: bool,
    next: Exit,
}

impl Sounding {
    pub(crate) fn echo(
        node: &EchoNode,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Next {
        caller.echo(out);
        let sounding = Self { until: now + node.max, by_key: true, next: node.next };
        Next::Stay(State::Sounding(sounding))
    }

    pub(crate) fn tone(
        node: &ToneNode,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Next {
        caller.tone(node.tone, out);
        let sounding = Self { until: now + node.length, by_key: false, next: node.next };
        Next::Stay(State::Sounding(sounding))
    }

    pub(crate) fn handle(self, caller: &mut Caller, input: &Input, out: &mut Vec<Step>) -> Next {
        let over = match input {
            Input::Deadline => true,
            Input::Key(key) => self.by_key && key.as_char() == '#',
            _ => false,
        };
        if !over {
            return Next::Stay(State::Sounding(self));
        }
        caller.hush(out);
        Next::Go(self.next)
    }

    pub(crate) const fn deadline(&self) -> Instant {
        self.until
    }
}
