use crate::base::Instant;
use crate::dialplan::input::{Input, QueueEvent};
use crate::dialplan::node::{Overflow, OverflowTo, Queue};
use crate::dialplan::prompt::Prompt;
use crate::dialplan::step::Step;
use crate::say::{self, Language, Value};

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In a `queue` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Waiting {
    entered: Instant,
    /// How many steps of `overflow` were taken.
    overflowed: usize,
    /// When the place in the queue is told next.
    announce_at: Option<Instant>,
    /// Its announcement is playing in place of the music.
    announcing: bool,
}

impl Waiting {
    pub(crate) fn enter(
        queue: &Queue,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Next {
        caller.wait_sound(queue.announce.music.as_ref(), out);
        out.push(Step::Queue {
            queue: queue.queue.clone(),
            priority: queue.priority,
            moved: false,
        });
        let mut waiting =
            Self { entered: now, overflowed: 0, announce_at: None, announcing: false };
        if queue.announce.position {
            waiting.ask_position(queue, now, out);
        }
        Next::Stay(State::Waiting(waiting))
    }

    pub(crate) fn handle(
        mut self,
        queue: &Queue,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match input {
            Input::Queue(QueueEvent::Answered { agent_number }) => {
                caller.hush(out);
                caller.agent_number.clone_from(agent_number);
                return Next::Go(queue.answered);
            }
            Input::Queue(QueueEvent::Full) => {
                caller.hush(out);
                return Next::Go(queue.full);
            }
            Input::Queue(QueueEvent::Nobody) => {
                caller.hush(out);
                return Next::Go(queue.nobody);
            }
            Input::Queue(QueueEvent::Position(place)) => {
                let ahead = Value::Ahead(place.saturating_sub(1).into());
                let pieces = say::pieces(Language::of(&caller.language), &ahead);
                let prompts = pieces.iter().map(|id| Prompt::new(&caller.language, id)).collect();
                caller.play(prompts, false, out);
                self.announcing = true;
            }
            Input::Played if self.announcing => {
                self.announcing = false;
                caller.wait_sound(queue.announce.music.as_ref(), out);
            }
            Input::Deadline => {
                if let Some(left) = self.overflow(queue, caller, now, out) {
                    return left;
                }
                if self.announce_at.is_some_and(|at| at <= now) {
                    self.ask_position(queue, now, out);
                }
            }
            _ => {}
        }
        Next::Stay(State::Waiting(self))
    }

    pub(crate) fn deadline(&self, queue: &Queue) -> Option<Instant> {
        let overflow = self.due(queue).map(|(at, _)| at);
        overflow.into_iter().chain(self.announce_at).min()
    }

    pub(crate) fn leave(&self, caller: &mut Caller, out: &mut Vec<Step>) {
        caller.hush(out);
        out.push(Step::LeaveQueue);
    }

    fn due<'q>(&self, queue: &'q Queue) -> Option<(Instant, &'q Overflow)> {
        queue.overflow.get(self.overflowed).map(|step| (self.entered + step.after, step))
    }

    /// Takes every step of `overflow` whose time has come; some when the caller leaves the queue.
    fn overflow(
        &mut self,
        queue: &Queue,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Option<Next> {
        while let Some((at, step)) = self.due(queue)
            && at <= now
        {
            self.overflowed += 1;
            match &step.to {
                OverflowTo::Queue(to) => out.push(Step::Queue {
                    queue: to.clone(),
                    priority: queue.priority,
                    moved: true,
                }),
                OverflowTo::Node(exit) => {
                    self.leave(caller, out);
                    return Some(Next::Go(*exit));
                }
            }
        }
        None
    }

    fn ask_position(&mut self, queue: &Queue, now: Instant, out: &mut Vec<Step>) {
        out.push(Step::AskPosition);
        self.announce_at = queue.announce.every.map(|every| now + every);
    }
}
