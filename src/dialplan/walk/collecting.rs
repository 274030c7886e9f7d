use std::fmt;
use std::sync::Arc;

use crate::base::{Instant, Key};
use crate::dialplan::input::Input;
use crate::dialplan::node::Collect;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In a `collect` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Collecting {
    /// The present one included.
    tries: u32,
    digits: Digits,
    /// None while prompts play and no digit came yet.
    until: Option<Instant>,
}

/// What was typed so far; shown by its length only.
#[derive(Clone, PartialEq, Eq, Default)]
struct Digits(String);

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} digits)", self.0.len())
    }
}

impl Collecting {
    pub(crate) fn enter(
        collect: &Collect,
        caller: &mut Caller,
        now: Instant,
        out: &mut Vec<Step>,
    ) -> Next {
        let collecting = Self { tries: collect.tries, digits: Digits::default(), until: None };
        match caller.typed.take() {
            Some(key) => collecting.press(collect, caller, now, key, out),
            None => collecting.ask(collect, caller, false, out),
        }
    }

    pub(crate) fn handle(
        mut self,
        collect: &Collect,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match input {
            Input::Key(key) => self.press(collect, caller, now, *key, out),
            Input::Played if self.until.is_none() => {
                self.until = Some(now + collect.timeout);
                Next::Stay(State::Collecting(self))
            }
            Input::Deadline if self.until.is_some() => self.finish(collect, caller, out),
            _ => Next::Stay(State::Collecting(self)),
        }
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        self.until
    }

    fn ask(
        mut self,
        collect: &Collect,
        caller: &mut Caller,
        retry: bool,
        out: &mut Vec<Step>,
    ) -> Next {
        let mut prompts = Vec::new();
        if retry {
            prompts = collect.retry.in_language(&caller.language);
        }
        prompts.extend(collect.prompts.in_language(&caller.language));
        caller.play(prompts, true, out);
        self.until = None;
        Next::Stay(State::Collecting(self))
    }

    fn press(
        mut self,
        collect: &Collect,
        caller: &mut Caller,
        now: Instant,
        key: Key,
        out: &mut Vec<Step>,
    ) -> Next {
        caller.hush(out);
        if collect.end_key == Some(key) {
            return self.finish(collect, caller, out);
        }
        self.until = Some(now + collect.timeout);
        if key.as_char().is_ascii_digit() {
            self.digits.0.push(key.as_char());
        }
        if self.digits.0.len() >= collect.max {
            caller.expect_trailing(now, collect.end_key);
            return self.finish(collect, caller, out);
        }
        Next::Stay(State::Collecting(self))
    }

    fn finish(mut self, collect: &Collect, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        if self.digits.0.len() >= collect.min {
            let digits: Arc<str> = Arc::from(self.digits.0.as_str());
            if collect.secret {
                caller.vars.set_secret(&collect.into, digits);
            } else {
                caller.vars.set(&collect.into, digits);
            }
            return Next::Go(collect.ok);
        }
        self.digits = Digits::default();
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            return Next::Go(collect.fail);
        }
        self.ask(collect, caller, true, out)
    }
}
