use crate::base::{Instant, Wall};
use crate::dialplan::input::Input;
use crate::dialplan::node::Kind;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::calling::{Calling, Outside};
use super::choosing::Choosing;
use super::collecting::Collecting;
use super::messaging::Messaging;
use super::next::Next;
use super::playing::Playing;
use super::sounding::Sounding;
use super::talking::Talking;
use super::waiting::Waiting;

/// What a walk waits for. The node's kind is always the state's own.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum State {
    /// The beginning.
    New,
    Playing(Playing),
    Choosing(Choosing),
    Collecting(Collecting),
    Waiting(Waiting),
    Talking(Talking),
    Calling(Calling),
    Messaging(Messaging),
    Sounding(Sounding),
}

/// The moment on both clocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Moment {
    pub(crate) now: Instant,
    pub(crate) wall: Wall,
}

impl State {
    /// Enters a node. `again`: the caller wants to hear it once more.
    pub(crate) fn enter(
        kind: &Kind,
        caller: &mut Caller,
        at: Moment,
        again: bool,
        out: &mut Vec<Step>,
    ) -> Next {
        if !kind.passes_typed_keys() {
            caller.typed = None;
        }
        match kind {
            Kind::Play(node) => Playing::play(node, caller, again, out),
            Kind::Say(node) => Playing::say(node, caller, again, out),
            Kind::Menu(node) => Choosing::enter(node, caller, again, out),
            Kind::Collect(node) => Collecting::enter(node, caller, at.now, out),
            Kind::Branch(node) => {
                let mut cases = node.cases.iter();
                let case = cases.find(|(when, _)| when.holds(&caller.facts, &caller.vars));
                Next::Go(case.map_or(node.otherwise, |(_, exit)| *exit))
            }
            Kind::Calendar(node) => Next::Go(node.exit(node.calendar.at(at.wall))),
            Kind::Queue(node) => Waiting::enter(node, caller, at.now, out),
            Kind::Bridge(node) => Talking::enter(node, caller, out),
            Kind::Dial(_) | Kind::Transfer(_) => match Outside::of(kind) {
                Some(outside) => Calling::enter(&outside, caller, at.now, out),
                None => Next::Fault("the node is no call"),
            },
            Kind::Rate(node) => {
                out.push(Step::Rate { score: node.score });
                Next::Go(node.next)
            }
            Kind::Voicemail(node) => Messaging::enter(node, caller, out),
            Kind::Echo(node) => Sounding::echo(node, caller, at.now, out),
            Kind::Tone(node) => Sounding::tone(node, caller, at.now, out),
            Kind::Hangup(node) => Next::Hangup { status: node.status, refused: node.refused },
            Kind::Broken => Next::Fault("the node could not be read"),
        }
    }

    pub(crate) fn handle(
        self,
        kind: &Kind,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match (self, kind) {
            (Self::Playing(state), _) => state.handle(caller, input, out),
            (Self::Choosing(state), Kind::Menu(node)) => {
                state.handle(node, caller, now, input, out)
            }
            (Self::Collecting(state), Kind::Collect(node)) => {
                state.handle(node, caller, now, input, out)
            }
            (Self::Waiting(state), Kind::Queue(node)) => {
                state.handle(node, caller, now, input, out)
            }
            (Self::Talking(state), Kind::Bridge(node)) => state.handle(node, input),
            (Self::Calling(state), kind) => match Outside::of(kind) {
                Some(outside) => state.handle(&outside, caller, now, input, out),
                None => Next::Stay(Self::Calling(state)),
            },
            (Self::Messaging(state), Kind::Voicemail(node)) => {
                state.handle(node, caller, now, input, out)
            }
            (Self::Sounding(state), _) => state.handle(caller, input, out),
            (state, _) => Next::Stay(state),
        }
    }

    pub(crate) fn deadline(&self, kind: &Kind) -> Option<Instant> {
        match self {
            Self::New | Self::Playing(_) | Self::Talking(_) => None,
            Self::Choosing(state) => state.deadline(),
            Self::Collecting(state) => state.deadline(),
            Self::Waiting(state) => match kind {
                Kind::Queue(node) => state.deadline(node),
                _ => None,
            },
            Self::Calling(state) => state.deadline(),
            Self::Messaging(state) => state.deadline(),
            Self::Sounding(state) => Some(state.deadline()),
        }
    }

    /// Undoes what is under way, because the node is left by a fault.
    pub(crate) fn leave(&self, caller: &mut Caller, out: &mut Vec<Step>) {
        match self {
            Self::Waiting(state) => state.leave(caller, out),
            Self::Calling(state) => state.leave(caller, out),
            Self::Messaging(state) => state.leave(caller, out),
            _ => caller.hush(out),
        }
    }

    /// Whether the flow's own clock runs.
    pub(crate) const fn is_in_flow(&self) -> bool {
        !matches!(
            self,
            Self::New
                | Self::Waiting(_)
                | Self::Talking(_)
                | Self::Calling(Calling::Ringing { .. } | Calling::Joined)
        )
    }

    /// Whether the flow's global keys mean something here.
    pub(crate) const fn hears_global_keys(&self) -> bool {
        match self {
            Self::Choosing(_) | Self::Collecting(_) => true,
            Self::Playing(state) => state.interruptible,
            _ => false,
        }
    }

    /// Whether any key means something here.
    pub(crate) const fn hears_keys(&self) -> bool {
        match self {
            Self::Messaging(_) => true,
            Self::Sounding(state) => state.by_key,
            _ => self.hears_global_keys(),
        }
    }
}
