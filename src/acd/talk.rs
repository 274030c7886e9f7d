use crate::acd::agent::Doing;
use crate::acd::desk::Desk;
use crate::acd::{Denied, Output, Status};
use crate::base::{AgentId, Instant};

impl Desk {
    pub(crate) fn hold(
        &mut self,
        now: Instant,
        agent: AgentId,
        hold: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        match self.known(&agent)?.doing {
            Doing::Talking { held, .. } if held != hold => {}
            _ if hold => return Err(self.not_now(&agent, "a hold when talking")),
            _ => return Err(self.not_now(&agent, "a retrieve when held")),
        }
        self.change(now, &agent, out, |agent| {
            if let Doing::Talking { held, .. } = &mut agent.doing {
                *held = hold;
            }
        });
        Ok(())
    }

    /// Agent and caller are apart. Wrap-up, unless there is none, or the agent leaves after the call.
    pub(crate) fn end_talk(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let known = self.known(&agent)?;
        let Doing::Talking { ticket, wrap_up, .. } = known.doing else {
            return Err(self.not_now(&agent, "the end of a talk when talking or held"));
        };
        let skip = wrap_up.is_zero() || known.leaving || *known.next_status() == Status::SignedOut;
        self.forget(ticket);
        self.change(now, &agent, out, |agent| {
            if skip {
                agent.rest(now);
            } else {
                agent.doing = Doing::WrapUp { ticket, until: now + wrap_up };
            }
        });
        self.serve_agent(now, &agent, out);
        Ok(())
    }

    pub(crate) fn end_wrap_up(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if !matches!(self.known(&agent)?.doing, Doing::WrapUp { .. }) {
            return Err(self.not_now(&agent, "the end of wrap-up in wrap-up"));
        }
        self.change(now, &agent, out, |agent| agent.rest(now));
        self.serve_agent(now, &agent, out);
        Ok(())
    }
}
