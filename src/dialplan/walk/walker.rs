use std::fmt;
use std::sync::Arc;

use crate::base::{Instant, Key, Wall};
use crate::dialplan::facts::Facts;
use crate::dialplan::flow::{Flow, GlobalKey, NodeIndex};
use crate::dialplan::input::Input;
use crate::dialplan::node::Kind;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::clock::FlowClock;
use super::next::Next;
use super::state::{Moment, State};

/// Of `max_steps`, how many are kept for the way of `on_error`.
const KEPT_STEPS: u32 = 16;
/// How many nodes ahead a secret is looked for.
const LOOK_AHEAD: usize = 16;

/// One caller's way through one flow.
///
/// It asks for things by [`Step`] and learns by [`Input`] how they went. Each state that waits for
/// something other than a living party has a deadline.
#[derive(Clone, PartialEq)]
pub struct Walk {
    flow: Arc<Flow>,
    node: NodeIndex,
    name: Arc<str>,
    state: State,
    caller: Caller,
    clock: FlowClock,
    steps: u32,
    /// A limit was reached, and the way of `on_error` is being gone on what was kept for it.
    over: bool,
}

impl fmt::Debug for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Walk")
            .field("flow", &format_args!("{}@{}", self.flow.id, self.flow.revision))
            .field("node", &self.name)
            .field("state", &self.state)
            .field("caller", &self.caller)
            .field("clock", &self.clock)
            .field("steps", &self.steps)
            .field("over", &self.over)
            .finish()
    }
}

impl Walk {
    /// A walk that waits for [`Input::Begin`].
    #[must_use]
    pub fn start(flow: Arc<Flow>, facts: Facts) -> Self {
        Self {
            caller: Caller::new(&flow, facts),
            clock: FlowClock::new(flow.limits.time),
            node: flow.start.to,
            name: Arc::from(""),
            state: State::New,
            steps: 0,
            over: false,
            flow,
        }
    }

    /// Takes one input, pushes what must be done, returns the walk; none after [`Step::Hangup`].
    /// An input that does not fit the state has no effect.
    pub fn handle(
        mut self,
        now: Instant,
        wall: Wall,
        input: Input,
        out: &mut Vec<Step>,
    ) -> Option<Self> {
        let flow = self.flow.clone();
        let state = std::mem::replace(&mut self.state, State::New);
        let Some(node) = flow.node(self.node) else {
            out.push(Step::Hangup { status: 480, refused: false });
            return None;
        };
        if input == Input::Played {
            self.caller.played();
        }
        let next = match (state, &input) {
            (State::New, Input::Begin) => Next::Go(flow.start),
            (state, Input::Deadline) if self.clock.is_over(now) => {
                state.leave(&mut self.caller, out);
                Next::Limit("max_seconds is reached")
            }
            (state, Input::Deadline) if state.deadline(&node.kind).is_none_or(|at| at > now) => {
                Next::Stay(state)
            }
            (State::New, _) => Next::Stay(State::New),
            (state, Input::Failed) => {
                state.leave(&mut self.caller, out);
                Next::Fault("a step could not be done")
            }
            (state, Input::Key(key)) => self.press(state, &node.kind, now, *key, out),
            (state, input) => state.handle(&node.kind, &mut self.caller, now, input, out),
        };
        self.settle(Moment { now, wall }, next, out)
    }

    /// When `handle` wants [`Input::Deadline`] if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let node = self.flow.node(self.node)?;
        self.state.deadline(&node.kind).into_iter().chain(self.clock.deadline()).min()
    }

    /// The flow that is walked.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// The name of the node where the caller is, empty before the beginning.
    #[must_use]
    pub fn node(&self) -> &Arc<str> {
        &self.name
    }

    /// Whether a key pressed now could mean something, so that keys must be listened for.
    #[must_use]
    pub fn expects_keys(&self) -> bool {
        self.state.hears_keys()
    }

    /// Whether a key pressed now is, or may become, part of a secret that must be kept out of logs
    /// and records.
    #[must_use]
    pub fn is_secret(&self) -> bool {
        match &self.state {
            State::Collecting(_) => self.leads_to_secret(self.node),
            State::Playing(playing) => playing.interruptible && self.leads_to_secret(self.node),
            _ => false,
        }
    }

    /// The language that the caller hears now.
    #[must_use]
    pub fn language(&self) -> &str {
        &self.caller.language
    }

    /// How many nodes were entered, repeats included.
    #[must_use]
    pub const fn steps(&self) -> u32 {
        self.steps
    }

    fn press(
        &mut self,
        state: State,
        kind: &Kind,
        now: Instant,
        key: Key,
        out: &mut Vec<Step>,
    ) -> Next {
        if self.caller.takes_trailing(now, key) {
            return Next::Stay(state);
        }
        let global = if state.hears_global_keys() { self.flow.global_key(key) } else { None };
        match global {
            None => state.handle(kind, &mut self.caller, now, &Input::Key(key), out),
            Some(means) => {
                self.caller.hush(out);
                if means == GlobalKey::Language {
                    let flow = self.flow.clone();
                    self.caller.turn_language(&flow);
                }
                Next::Again
            }
        }
    }

    /// Goes on until there is something to wait for, or the end.
    fn settle(mut self, at: Moment, mut next: Next, out: &mut Vec<Step>) -> Option<Self> {
        let flow = self.flow.clone();
        loop {
            next = match next {
                Next::Stay(state) => {
                    self.state = state;
                    self.clock.run(at.now, self.state.is_in_flow());
                    return Some(self);
                }
                Next::Hangup { status, refused } => {
                    out.push(Step::Hangup { status, refused });
                    return None;
                }
                Next::Go(exit) => self.enter(&flow, exit.to, at, false, out),
                Next::Again => self.enter(&flow, self.node, at, true, out),
                Next::Fault(what) => {
                    self.tell(what, out);
                    self.on_fault(&flow)
                }
                Next::Limit(what) => {
                    self.tell(what, out);
                    if std::mem::replace(&mut self.over, true) {
                        Next::Hangup { status: 480, refused: false }
                    } else {
                        self.clock.extend(at.now);
                        Next::Go(flow.on_error)
                    }
                }
            };
        }
    }

    fn enter(
        &mut self,
        flow: &Flow,
        to: NodeIndex,
        at: Moment,
        again: bool,
        out: &mut Vec<Step>,
    ) -> Next {
        let kept = if self.over { 0 } else { KEPT_STEPS };
        if self.steps >= flow.limits.steps.saturating_sub(kept) {
            return Next::Limit("max_steps is reached");
        }
        self.steps += 1;
        self.node = to;
        match flow.node(to) {
            Some(node) => {
                self.name = node.name.clone();
                State::enter(&node.kind, &mut self.caller, at, again, out)
            }
            None => Next::Hangup { status: 480, refused: false },
        }
    }

    fn tell(&self, what: &'static str, out: &mut Vec<Step>) {
        out.push(Step::Fault { node: self.name.clone(), what });
    }

    /// A fault leads to `on_error`; the fault of a prompt of `on_error` itself is passed over, so
    /// that the caller still gets where it leads.
    fn on_fault(&self, flow: &Flow) -> Next {
        if self.node != flow.on_error.to {
            return Next::Go(flow.on_error);
        }
        match flow.node(self.node).map(|node| &node.kind) {
            Some(Kind::Play(node)) => Next::Go(node.next),
            Some(Kind::Say(node)) => Next::Go(node.next),
            _ => Next::Hangup { status: 480, refused: false },
        }
    }

    /// Whether a key typed ahead at `from` can reach a secret row of digits.
    fn leads_to_secret(&self, from: NodeIndex) -> bool {
        let mut open = vec![from];
        let mut at = 0;
        while let Some(index) = open.get(at).copied()
            && at < LOOK_AHEAD
        {
            at += 1;
            match self.flow.node(index).map(|node| &node.kind) {
                Some(Kind::Collect(node)) if node.secret => return true,
                Some(
                    kind @ (Kind::Play(_) | Kind::Say(_) | Kind::Branch(_) | Kind::Calendar(_)),
                ) => {
                    for edge in kind.edges() {
                        if !open.contains(&edge.exit.to) {
                            open.push(edge.exit.to);
                        }
                    }
                }
                _ => {}
            }
        }
        false
    }
}
