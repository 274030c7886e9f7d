use crate::base::{Instant, Key};
use crate::dialplan::flow::Exit;
use crate::dialplan::input::Input;
use crate::dialplan::node::Menu;
use crate::dialplan::step::Step;

use super::caller::Caller;
use super::next::Next;
use super::state::State;

/// In a `menu` node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Choosing {
    /// The present one included.
    tries: u32,
    phase: Phase,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Phase {
    /// The choice is being offered.
    Prompting,
    /// The offer is over and no key came yet.
    Listening { until: Instant },
    /// The caller is told that the key was wrong; then there, or again.
    Correcting { goto: Option<Exit> },
}

impl Choosing {
    pub(crate) fn enter(
        menu: &Menu,
        caller: &mut Caller,
        again: bool,
        out: &mut Vec<Step>,
    ) -> Next {
        if menu.survey && !again {
            out.push(Step::SurveyInvited);
        }
        let choosing = Self { tries: menu.tries, phase: Phase::Prompting };
        match caller.typed.take() {
            Some(key) => choosing.choose(menu, caller, key, out),
            None => choosing.offer(menu, caller, out),
        }
    }

    pub(crate) fn handle(
        mut self,
        menu: &Menu,
        caller: &mut Caller,
        now: Instant,
        input: &Input,
        out: &mut Vec<Step>,
    ) -> Next {
        match (input, &self.phase) {
            (Input::Key(key), _) => {
                caller.hush(out);
                self.choose(menu, caller, *key, out)
            }
            (Input::Played, Phase::Prompting) => {
                self.phase = Phase::Listening { until: now + menu.timeout };
                Next::Stay(State::Choosing(self))
            }
            (Input::Played, Phase::Correcting { goto: Some(exit) }) => Next::Go(*exit),
            (Input::Played, Phase::Correcting { goto: None }) => self.offer(menu, caller, out),
            (Input::Deadline, Phase::Listening { .. }) => self.retry(menu, caller, out),
            _ => Next::Stay(State::Choosing(self)),
        }
    }

    pub(crate) const fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Listening { until } => Some(until),
            Phase::Prompting | Phase::Correcting { .. } => None,
        }
    }

    fn offer(mut self, menu: &Menu, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        caller.play(menu.prompts.in_language(&caller.language), true, out);
        self.phase = Phase::Prompting;
        Next::Stay(State::Choosing(self))
    }

    fn choose(mut self, menu: &Menu, caller: &mut Caller, key: Key, out: &mut Vec<Step>) -> Next {
        if let Some(exit) = menu.exit(key) {
            return Next::Go(exit);
        }
        let goto = menu.invalid.goto;
        if goto.is_none() {
            self.tries = self.tries.saturating_sub(1);
            if self.tries == 0 {
                return Next::Go(menu.timeout_goto);
            }
        }
        if menu.invalid.prompts.is_empty() {
            return goto.map_or_else(|| self.offer(menu, caller, out), Next::Go);
        }
        caller.play(menu.invalid.prompts.in_language(&caller.language), true, out);
        self.phase = Phase::Correcting { goto };
        Next::Stay(State::Choosing(self))
    }

    fn retry(mut self, menu: &Menu, caller: &mut Caller, out: &mut Vec<Step>) -> Next {
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            return Next::Go(menu.timeout_goto);
        }
        self.offer(menu, caller, out)
    }
}
