use std::time::Duration;

use crate::call::{AgentView, AnswerBy, Command};
use crate::sim::people::WorkerAct;
use crate::sim::ua::{LineId, LineState};
use crate::sim::world::{Due, World};

/// How long an agent's phone may be called before the command is answered: the engine's limit, and
/// a moment.
const CALLED: Duration = Duration::from_secs(31);

/// Agents whose phones keep their leg open.
impl World {
    /// How long a command may go without an answer.
    pub(crate) fn patience_of(&self, command: &Command) -> Duration {
        let (Command::SignIn { agent } | Command::Ready { agent }) = command else {
            return Duration::ZERO;
        };
        let worker = self.workers.iter().find(|worker| worker.agent == *agent);
        if worker.is_some_and(|worker| worker.answer_by == AnswerBy::OpenLeg) {
            CALLED
        } else {
            Duration::ZERO
        }
    }

    /// The engine calls the phone for its leg.
    pub(crate) fn leg_is_called(&mut self, number: usize, line: LineId) {
        let (act, after) = if self.plan.is_wild() {
            let any = self.chance.exponential(Duration::from_secs(3));
            match self.chance.below(100) {
                0..=69 => (WorkerAct::Answer(line), any),
                70..=77 => {
                    let status = self.chance.pick(&[486, 603, 480, 404, 500]).unwrap_or(486);
                    (WorkerAct::Refuse(line, status), any)
                }
                78..=81 => (WorkerAct::AnswerBadly(line), any),
                82..=84 => (WorkerAct::Die, any),
                85..=87 => (WorkerAct::SignOut, any),
                88..=90 => (WorkerAct::NotReady, any),
                // Just when the limit comes.
                91..=93 => (WorkerAct::Answer(line), self.chance.ms(29_900, 30_100)),
                _ => (WorkerAct::Ring(line), any),
            }
        } else {
            (WorkerAct::Answer(line), self.chance.ms(50, 800))
        };
        self.put(after, Due::Worker(number, act));
    }

    /// A caller rings on the leg: the wall board shows it.
    pub(crate) fn leg_rings(&mut self, number: usize, view: &AgentView) {
        let was = std::mem::replace(&mut self.workers[number].state, view.state.clone());
        let kept = self.workers[number].answer_by == AnswerBy::OpenLeg;
        if !kept || view.state != "ringing" || was == view.state || self.closing {
            return;
        }
        if let Some(call) = view.call {
            self.citizen_is_rung_for(&call.to_string());
        }
        let usual = self.chance.ms(1_000, 6_000);
        let any = self.chance.exponential(Duration::from_secs(4));
        let (act, after) = if self.plan.is_wild() {
            match self.chance.below(100) {
                0..=64 => (WorkerAct::AskAnswer, any),
                65..=72 => return,
                73..=80 => (WorkerAct::AskHangUp, any),
                81..=86 => (WorkerAct::HangUp(self.leg_of(number)), any),
                87..=89 => (WorkerAct::Die, any),
                // Just when the ring limit comes.
                90..=94 => (WorkerAct::AskAnswer, self.chance.ms(19_900, 20_100)),
                95 => (WorkerAct::NotReady, any),
                96 => (WorkerAct::Hold(self.leg_of(number)), any),
                97 => (WorkerAct::Register(0), any),
                _ => (WorkerAct::OwnCall, any),
            }
        } else if self.chance.share(0.985) {
            (WorkerAct::AskAnswer, usual)
        } else {
            return;
        };
        self.put(after, Due::Worker(number, act));
    }

    fn leg_of(&self, number: usize) -> LineId {
        let phone = &self.uas[Self::phone_of(number)];
        let up = |line: &LineId| phone.state(*line) == Some(LineState::Up);
        phone.live_lines().into_iter().find(up).unwrap_or(LineId(0))
    }

    /// At the end half of the agents sign out first, the others just hang up.
    pub(crate) fn leaves_the_leg(&mut self, number: usize) {
        if self.workers[number].answer_by == AnswerBy::OpenLeg && self.chance.share(0.5) {
            let after = self.chance.ms(0, 6_000);
            self.put(after, Due::Worker(number, WorkerAct::NotReady));
            self.put(after, Due::Worker(number, WorkerAct::SignOut));
        }
    }
}
