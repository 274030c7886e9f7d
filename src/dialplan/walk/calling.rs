use std::time::Duration;

use crate::base::Instant;
use crate::dialplan::flow::Exit;
use crate::dialplan::input::{DialEnd, Input};
use crate::dialplan::node::{Call, DialNode, Kind, Target, Transfer, is_number};
use crate::dialplan::step::{Dial, DialTarget, Step};

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// After the ring limit the conductor says how it ended; this much later the walk goes on alone.
const GUARD: Duration = Duration::from_secs(10);

/// In a `dial` or `transfer` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Calling {
    /// The caller hears what happens now.
    Prompting,
    /// The party outside is being called.
    Ringing { until: Instant },
    /// Caller and party hear each other.
    Joined,
}

/// What `dial` and `transfer` have in common.
pub(crate) enum Outside<'n> {
    Dial(&'n DialNode),
    Transfer(&'n Transfer),
}

impl<'n> Outside<'n> {
    pub(crate) fn of(kind: &'n Kind) -> Option<Self> {
        match kind {
            Kind::Dial(node) => Some(Self::Dial(node)),
            Kind::Transfer(node) => Some(Self::Transfer(node)),
            _ => None,
        }
    }

    const fn call(&self) -> &'n Call {
        match self {
            Self::Dial(node) => &node.call,
            Self::Transfer(node) => &node.call,
        }
    }

    fn exit(&self, end: DialEnd) -> Exit {
        match self {
            Self::Dial(node) => match end {
                DialEnd::Answered | DialEnd::Ended => node.next,
                DialEnd::Busy => node.busy.unwrap_or(node.fail),
                DialEnd::NoAnswer => node.no_answer.unwrap_or(node.fail),
                DialEnd::Failed => node.fail,
            },
            Self::Transfer(node) => match end {
                DialEnd::Answered | DialEnd::Ended => node.ok,
                DialEnd::Busy | DialEnd::NoAnswer | DialEnd::Failed => node.fail,
            },
        }
    }

    fn dial(&self, caller: &Caller) -> Option<Dial> {
        let call = self.call();
        let target = match &call.target {
            Target::Uri(uri) => DialTarget::Uri(uri.clone()),
            Target::Number(number) => {
                let number = number.fill(caller.filling());
                if !is_number(&number) {
                    return None;
                }
                DialTarget::Number(number)
            }
        };
        let headers = call.headers.iter();
        let headers = headers.map(|(name, value)| (name.clone(), value.fill(caller.filling())));
        Some(Dial {
            trunk: call.trunk.clone(),
            target,
            ring: call.ring,
            caller_id: call.caller_id,
            headers: headers.collect(),
            record: call.record,
            emergency: matches!(self, Self::Transfer(node) if node.reserved),
            transfer: matches!(self, Self::Transfer(_)),
        })
    }
}

impl Calling {
    pub(crate) fn enter(
        outside: &Outside<'_>,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Next {
        let prompts = outside.call().prompts.in_language(&caller.language);
        if prompts.is_empty() {
            return Self::ring(outside, caller, now, out);
        }
        caller.play(prompts, false, out);
        Next::Stay(State::Calling(Self::Prompting))
    }

    pub(crate) fn handle(
        self,
        outside: &Outside<'_>,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match (&self, input) {
            (Self::Prompting, Input::Played) => Self::ring(outside, caller, now, out),
            (Self::Ringing { .. }, Input::Deadline) => {
                out.push(Step::StopDial);
                Next::Go(outside.exit(DialEnd::NoAnswer))
            }
            (Self::Ringing { .. }, Input::Dialled(DialEnd::Answered)) => {
                caller.answered = true;
                Next::Stay(State::Calling(Self::Joined))
            }
            (Self::Ringing { .. } | Self::Joined, Input::Dialled(end)) => {
                Next::Go(outside.exit(*end))
            }
            _ => Next::Stay(State::Calling(self)),
        }
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match self {
            Self::Ringing { until } => Some(*until),
            Self::Prompting | Self::Joined => None,
        }
    }

    pub(crate) fn leave(&self, caller: &mut Caller, out: &mut Vec<Step>) {
        caller.hush(out);
        if *self != Self::Prompting {
            out.push(Step::StopDial);
        }
    }

    fn ring(outside: &Outside<'_>, caller: &mut Caller, now: Instant, out: &mut Vec<Step>) -> Next {
        caller.hush(out);
        let Some(dial) = outside.dial(caller) else {
            return Next::Go(outside.exit(DialEnd::Failed));
        };
        let until = now + dial.ring + GUARD;
        out.push(Step::Dial(Box::new(dial)));
        Next::Stay(State::Calling(Self::Ringing { until }))
    }
}
