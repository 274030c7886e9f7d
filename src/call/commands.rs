use std::sync::Arc;

use crate::acd::{self, Denied};
use crate::base::{AgentId, CommandId, Instant};
use crate::call::core::{Core, Work};
use crate::call::input::{Input, Wish};
use crate::call::open_leg::Asking;
use crate::call::{Cause, Command, CommandError, Effect, Reply, Settings};

/// The longest reason of "not ready", characters.
const REASON_MAX: usize = 64;

impl Core {
    /// Carries out a command of the API, or hands it to the call that will answer it.
    pub(crate) fn on_command(
        &mut self,
        now: Instant,
        id: CommandId,
        command: Command,
        out: &mut Vec<Effect>,
    ) {
        let reply = match command {
            Command::SignIn { agent } => match self.with_leg(now, id, agent, Asking::SignIn, out) {
                Some(reply) => reply,
                None => return,
            },
            Command::SignOut { agent } if self.call_off(now, &agent, out) => Ok(()),
            Command::SignOut { agent } => {
                self.ask_desk(now, acd::Input::SignOut { agent, forced: false })
            }
            Command::Ready { agent } => match self.with_leg(now, id, agent, Asking::Ready, out) {
                Some(reply) => reply,
                None => return,
            },
            Command::NotReady { agent, reason } => {
                self.call_off(now, &agent, out);
                let reason = reason.chars().take(REASON_MAX).collect();
                self.ask_desk(now, acd::Input::NotReady { agent, reason })
            }
            Command::WrapUpDone { agent } => self.ask_desk(now, acd::Input::WrapUpDone { agent }),
            Command::Answer { agent } => match self.wish(&agent, id, Wish::Answer) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Command::HangUpAgent { agent } => match self.wish(&agent, id, Wish::HangUp) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Command::Hold { agent } => match self.wish(&agent, id, Wish::Hold) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Command::Retrieve { agent } => match self.wish(&agent, id, Wish::Retrieve) {
                Ok(()) => return,
                Err(error) => Err(error),
            },
            Command::HangUpCall { call } => {
                if self.calls.contains_key(&call) {
                    self.push_work(Work::Call(call, Input::End(Cause::Command)));
                    Ok(())
                } else {
                    Err(CommandError::UnknownCall(call))
                }
            }
            Command::Use { settings, flows } => {
                self.flows = flows;
                self.use_settings(now, settings, out);
                Ok(())
            }
        };
        out.push(Effect::Reply { id, reply });
    }

    pub(crate) fn ask_desk(&mut self, now: Instant, input: acd::Input) -> Reply {
        self.try_desk(now, input).map_err(|denied| match denied {
            Denied::UnknownAgent(agent) => CommandError::UnknownAgent(agent),
            other => CommandError::WrongState(other.to_string()),
        })
    }

    /// The call answers; without a call the answer is here.
    fn wish(&mut self, agent: &AgentId, id: CommandId, wish: Wish) -> Reply {
        if self.desk.agent(agent).is_none() {
            return Err(CommandError::UnknownAgent(agent.clone()));
        }
        self.push_to_agent(agent, Input::Wish { id, wish }).ok_or_else(|| {
            CommandError::WrongState(format!("agent {agent} has no call that rings or talks"))
        })
    }

    /// New settings: agents keep their states, callers their places, calls their flows.
    fn use_settings(&mut self, now: Instant, settings: Arc<Settings>, out: &mut Vec<Effect>) {
        let old = std::mem::replace(&mut self.settings, Arc::clone(&settings));
        self.forget_trunks(now, &old, out);
        let (stack, stack_out) = self.stack_out();
        stack.reconfigure(now, settings.sip.clone(), stack_out);
        self.take_stack_out(out);
        let (desk, desk_out) = self.desk_out();
        desk.reconfigure(now, settings.desk.clone(), desk_out);
        self.take_desk_out();
        self.tell_reachable(now);
        self.fit_legs(now, out);
        self.show_all(out);
    }
}
