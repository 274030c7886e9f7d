use crate::acd::agent::{Agent, Doing};
use crate::acd::desk::Desk;
use crate::acd::{Denied, Output, Reason, Status, Withdrawal};
use crate::base::{AgentId, Instant};

impl Desk {
    pub(crate) fn sign_in(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let known = self.known(&agent)?;
        if known.next_status().is_signed_in() {
            return Err(self.not_now(&agent, "a sign-in when signed out"));
        }
        self.change(now, &agent, out, |agent| {
            let status = Status::NotReady(Reason::SignedIn);
            if agent.status.is_signed_in() {
                agent.choose(now, status);
            } else {
                agent.status = status;
            }
        });
        Ok(())
    }

    pub(crate) fn sign_out(
        &mut self,
        now: Instant,
        agent: AgentId,
        forced: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        let known = self.known(&agent)?;
        if !known.status.is_signed_in() {
            return Err(self.not_now(&agent, "a sign-out when signed in"));
        }
        if !forced {
            if *known.next_status() == Status::Ready {
                return Err(self.not_now(&agent, "a sign-out when not ready"));
            }
            self.change(now, &agent, out, |agent| agent.choose(now, Status::SignedOut));
            return Ok(());
        }
        match known.doing {
            Doing::Talking { .. } => {
                self.change(now, &agent, out, |agent| agent.choose(now, Status::SignedOut));
            }
            Doing::Offered { .. } => {
                let why = Some(Withdrawal::SignedOut);
                self.end_offer(now, &agent, out, why, Agent::sign_out);
            }
            Doing::Idle { .. } | Doing::WrapUp { .. } | Doing::Busy => {
                self.change(now, &agent, out, Agent::sign_out);
            }
        }
        Ok(())
    }

    pub(crate) fn ready(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if !self.known(&agent)?.status.is_signed_in() {
            return Err(self.not_now(&agent, "\"ready\" when signed in"));
        }
        self.change(now, &agent, out, |agent| {
            agent.choose(now, Status::Ready);
            if matches!(agent.doing, Doing::WrapUp { .. }) {
                agent.rest(now);
            }
        });
        self.serve_agent(now, &agent, out);
        Ok(())
    }

    pub(crate) fn not_ready(
        &mut self,
        now: Instant,
        agent: AgentId,
        reason: String,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if !self.known(&agent)?.status.is_signed_in() {
            return Err(self.not_now(&agent, "\"not ready\" when signed in"));
        }
        let status = Status::NotReady(Reason::Chosen(reason));
        self.change(now, &agent, out, |agent| agent.choose(now, status));
        Ok(())
    }

    pub(crate) fn reach(
        &mut self,
        now: Instant,
        agent: AgentId,
        reachable: bool,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        self.known(&agent)?;
        self.change(now, &agent, out, |agent| agent.reachable = reachable);
        self.serve_agent(now, &agent, out);
        Ok(())
    }

    /// The agent keeps a reason of the person's own, and a sign-out that follows a call.
    pub(crate) fn lose_phone(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if *self.known(&agent)?.next_status() != Status::Ready {
            return Err(self.not_now(&agent, "the loss of its phone when ready"));
        }
        let status = Status::NotReady(Reason::PhoneLost);
        self.change(now, &agent, out, |agent| agent.choose(now, status));
        Ok(())
    }

    pub(crate) fn own_call_began(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        self.known(&agent)?;
        self.end_offer(now, &agent, out, Some(Withdrawal::Busy), |agent| {
            agent.own_calls = agent.own_calls.saturating_add(1);
            if !matches!(agent.doing, Doing::Talking { .. }) {
                agent.stand_down();
            }
        });
        Ok(())
    }

    pub(crate) fn own_call_ended(
        &mut self,
        now: Instant,
        agent: AgentId,
        out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        if self.known(&agent)?.own_calls == 0 {
            return Err(self.not_now(&agent, "the end of a call of its own when it has one"));
        }
        self.change(now, &agent, out, |agent| {
            agent.own_calls -= 1;
            if agent.own_calls == 0 && agent.doing == Doing::Busy {
                agent.rest(now);
            }
        });
        self.serve_agent(now, &agent, out);
        Ok(())
    }
}
