use std::sync::Arc;
use std::time::Duration;

use crate::base::{Instant, Key};
use crate::dialplan::facts::Facts;
use crate::dialplan::flow::Flow;
use crate::dialplan::node::Set;
use crate::dialplan::prompt::Prompt;
use crate::dialplan::read::LANGUAGE_VAR;
use crate::dialplan::step::{Step, Tone};
use crate::dialplan::template::Filling;
use crate::dialplan::vars::Vars;

/// How long after a full row of digits its end key is taken as part of it.
const TRAILING: Duration = Duration::from_secs(3);

/// The one who walks: what is known, what is heard, what was typed ahead.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Caller {
    pub(crate) facts: Facts,
    pub(crate) vars: Vars,
    pub(crate) language: Arc<str>,
    /// The number of the agent who answered last, empty before.
    pub(crate) agent_number: String,
    /// A key that ended a prompt and counts for the next node that listens.
    pub(crate) typed: Option<Key>,
    pub(crate) answered: bool,
    /// Something is playing.
    sounding: bool,
    /// An end key that may still follow a row of digits that was full without it.
    trailing: Option<(Key, Instant)>,
}

impl Caller {
    pub(crate) fn new(flow: &Flow, facts: Facts) -> Self {
        let language = match &facts.language {
            Some(language) if flow.languages.contains(language) => language.clone(),
            _ => flow.languages.first().cloned().unwrap_or_else(|| Arc::from("")),
        };
        let mut vars = Vars::new(&flow.vars);
        vars.set(&Arc::from(LANGUAGE_VAR), language.clone());
        Self {
            answered: facts.answered,
            facts,
            vars,
            language,
            agent_number: String::new(),
            typed: None,
            sounding: false,
            trailing: None,
        }
    }

    pub(crate) fn filling(&self) -> Filling<'_> {
        Filling { facts: &self.facts, vars: &self.vars, agent_number: &self.agent_number }
    }

    pub(crate) fn set(&mut self, set: &Set) {
        for (name, value) in &set.0 {
            self.vars.set(name, value.clone());
            if &**name == LANGUAGE_VAR {
                self.language = value.clone();
            }
        }
    }

    /// Goes on to the next of the flow's languages.
    pub(crate) fn turn_language(&mut self, flow: &Flow) {
        let at = flow.languages.iter().position(|language| *language == self.language);
        let next = at.map_or(0, |at| at + 1);
        if let Some(language) = flow.languages.get(next).or_else(|| flow.languages.first()) {
            self.language = language.clone();
            self.vars.set(&Arc::from(LANGUAGE_VAR), language.clone());
        }
    }

    /// Answers the call if need be, because the caller is to hear something.
    pub(crate) fn answer(&mut self, out: &mut Vec<Step>) {
        if !self.answered {
            self.answered = true;
            out.push(Step::Answer);
        }
    }

    pub(crate) fn play(&mut self, prompts: Vec<Prompt>, cut_by_key: bool, out: &mut Vec<Step>) {
        self.answer(out);
        self.sounding = true;
        out.push(Step::Play { prompts, cut_by_key });
    }

    /// What a caller hears who waits: music, or a ringback tone.
    pub(crate) fn wait_sound(&mut self, music: Option<&Arc<str>>, out: &mut Vec<Step>) {
        match music {
            Some(id) => {
                self.answer(out);
                self.sounding = true;
                out.push(Step::Music { id: id.clone() });
            }
            None => self.tone(Tone::Ringback, out),
        }
    }

    pub(crate) fn tone(&mut self, tone: Tone, out: &mut Vec<Step>) {
        self.answer(out);
        self.sounding = true;
        out.push(Step::Tone { tone });
    }

    pub(crate) fn echo(&mut self, out: &mut Vec<Step>) {
        self.answer(out);
        self.sounding = true;
        out.push(Step::Echo);
    }

    /// Stops what plays.
    pub(crate) fn hush(&mut self, out: &mut Vec<Step>) {
        if std::mem::take(&mut self.sounding) {
            out.push(Step::StopPlaying);
        }
    }

    /// What was played has come to its end.
    pub(crate) const fn played(&mut self) {
        self.sounding = false;
    }

    /// A row of digits was full before `key` ended it.
    pub(crate) fn expect_trailing(&mut self, now: Instant, key: Option<Key>) {
        self.trailing = key.map(|key| (key, now + TRAILING));
    }

    /// Whether `key` is the end key of a row that was full already.
    pub(crate) fn takes_trailing(&mut self, now: Instant, key: Key) -> bool {
        self.trailing.take().is_some_and(|(end, until)| end == key && now <= until)
    }
}
