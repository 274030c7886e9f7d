use crate::acd;
use crate::base::{AgentId, DialogId, Instant, TicketId};
use crate::call::core::{Core, Work};
use crate::call::input::Input;
use crate::call::{Effect, Fact, View};
use crate::sip;

impl Core {
    /// Brings what the stack tells to whom it concerns.
    pub(crate) fn dispatch_sip(&mut self, now: Instant, event: sip::Event, out: &mut Vec<Effect>) {
        match event {
            sip::Event::Invite { dialog, peer, flow, call, offer, replaces } => {
                let (info, replaces) = (*call, replaces.is_some());
                let arrival =
                    crate::call::arriving::Arrival { dialog, peer, flow, info, offer, replaces };
                self.arrive(now, arrival, out);
            }
            // No transfer is followed yet: the phone gets its caller back at once.
            sip::Event::Referred { dialog, .. } => {
                let command = sip::Command::ReferProgress { dialog, status: 603, last: true };
                self.stack_step(now, sip::Input::Command(command), out);
            }
            sip::Event::Message { .. } | sip::Event::MessageDone { .. } => {}
            sip::Event::Refused { peer, info, status } => {
                self.refused_by_stack(now, &peer, &info, status, out);
            }
            sip::Event::Stranger { source } => self.strangers.count(now, source),
            sip::Event::LockedOut { locked } => self.locked_out(now, &locked, out),
            sip::Event::Registered { account, binding } => {
                self.registered(now, &account, &binding, out);
            }
            sip::Event::Unregistered { account, contact } => {
                self.unregistered(now, &account, contact, out);
            }
            sip::Event::TrunkAlive { trunk, alive } => {
                self.trunk_alive(now, trunk, alive, out);
            }
            event => {
                let Some(dialog) = dialog_of(&event) else { return };
                if let Some(call) = self.world.index.dialogs.get(&dialog) {
                    self.step(now, *call, Input::Sip(event), out);
                } else if matches!(event, sip::Event::Offered { .. }) {
                    let command = sip::Command::Reject { dialog, status: 481 };
                    self.stack_step(now, sip::Input::Command(command), out);
                }
            }
        }
    }

    /// Brings what the desk wants to the calls, and what it tells to the record.
    pub(crate) fn dispatch_desk(
        &mut self,
        now: Instant,
        output: acd::Output,
        out: &mut Vec<Effect>,
    ) {
        match output {
            acd::Output::Offer { offer, ticket, agent, queue } => {
                self.tell_ticket(now, ticket, Input::Offer { offer, agent, queue }, out);
            }
            acd::Output::Withdraw { offer, ticket, why, .. } => {
                self.tell_ticket(now, ticket, Input::Withdraw { offer, why }, out);
            }
            acd::Output::NotTaken { ticket, why } => {
                self.tell_ticket(now, ticket, Input::NotTaken(why), out);
            }
            acd::Output::Moved { ticket, queue } => {
                self.tell_ticket(now, ticket, Input::Moved(queue), out);
            }
            acd::Output::NotMoved { ticket, queue, why } => {
                self.tell_ticket(now, ticket, Input::NotMoved(queue, why), out);
            }
            acd::Output::NobodyLeft { ticket, queue } => {
                self.tell_ticket(now, ticket, Input::NobodyLeft(queue), out);
            }
            // The call knows: it told the desk itself, or was told of the withdrawal.
            acd::Output::Returned { .. } => {}
            acd::Output::AgentChanged { agent, status, state, previous, ticket, .. } => {
                let call = ticket.and_then(|ticket| self.world.index.tickets.get(&ticket).copied());
                let (status, reason) = crate::call::shown::status_names(&status);
                let fact = Fact::AgentChanged {
                    agent: agent.clone(),
                    status: status.to_owned(),
                    reason,
                    state: crate::call::shown::state_name(state).to_owned(),
                    call,
                    previous_ms: crate::call::ending::ms(previous),
                };
                self.record(now, fact, out);
                if status == "signed_out" {
                    self.signed_out(now, &agent, out);
                }
                self.show_agent(&agent, out);
            }
            acd::Output::QueueChanged { queue } => self.show_queue(&queue, out),
            acd::Output::AgentGone { agent } => {
                out.push(Effect::View(Box::new(View::AgentGone(agent))));
            }
            acd::Output::QueueGone { queue } => {
                out.push(Effect::View(Box::new(View::QueueGone(queue))));
            }
        }
    }

    fn tell_ticket(&mut self, now: Instant, ticket: TicketId, input: Input, out: &mut Vec<Effect>) {
        if let Some(call) = self.world.index.tickets.get(&ticket) {
            self.step(now, *call, input, out);
        } else {
            // Its call is gone, which the desk does not know yet.
            self.push_leave(now, ticket);
        }
    }

    fn push_leave(&mut self, now: Instant, ticket: TicketId) {
        self.desk_step(now, acd::Input::Leave { ticket });
    }

    /// Tells an agent's call something; `None` when the agent has none.
    pub(crate) fn push_to_agent(&mut self, agent: &AgentId, input: Input) -> Option<()> {
        let call = *self.world.index.agents.get(agent)?;
        self.push_work(Work::Call(call, input));
        Some(())
    }
}

pub(crate) fn dialog_of(event: &sip::Event) -> Option<DialogId> {
    match event {
        sip::Event::Cancelled { dialog }
        | sip::Event::Acked { dialog, .. }
        | sip::Event::Progress { dialog, .. }
        | sip::Event::Redirected { dialog, .. }
        | sip::Event::Answered { dialog, .. }
        | sip::Event::Failed { dialog, .. }
        | sip::Event::Offered { dialog, .. }
        | sip::Event::Accepted { dialog, .. }
        | sip::Event::Rejected { dialog, .. }
        | sip::Event::Info { dialog, .. }
        | sip::Event::Notified { dialog, .. }
        | sip::Event::Ended { dialog, .. }
        | sip::Event::Probed { dialog, .. } => Some(*dialog),
        sip::Event::Invite { .. }
        | sip::Event::Referred { .. }
        | sip::Event::Message { .. }
        | sip::Event::MessageDone { .. }
        | sip::Event::Refused { .. }
        | sip::Event::Stranger { .. }
        | sip::Event::LockedOut { .. }
        | sip::Event::Registered { .. }
        | sip::Event::Unregistered { .. }
        | sip::Event::TrunkAlive { .. } => None,
    }
}
