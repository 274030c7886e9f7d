use bytes::Bytes;

use crate::base::{DialogId, Instant};
use crate::sip::dialog::{DialogInput, DialogOutput, Ground, Reply};
use crate::sip::stack::front::Timer;
use crate::sip::stack::{Gate, Output, Owner, Stack, Start};
use crate::sip::txn::{ClientId, ClientInput, ClientOutput, ServerId, ServerInput, ServerOutput};
use crate::sip::wire::Request;

impl Stack {
    /// Gives a dialog one input, and does what it wants.
    pub(super) fn dialog(
        &mut self,
        now: Instant,
        id: DialogId,
        input: DialogInput<'_>,
        out: &mut Vec<Output>,
    ) {
        let mut wants = Vec::new();
        let timers = self.net.settings.timers;
        let mut ground = Ground { now, timers, net: &self.net, random: &mut self.random };
        self.at_work.push(Timer::Dialog(id));
        #[cfg(test)]
        let breaks = std::mem::take(&mut self.break_next_dialog);
        let deadline = self.dialogs.step(id, |d| {
            #[cfg(test)]
            assert!(!breaks, "broken for a test");
            d.handle(&mut ground, input, &mut wants)
        });
        self.timers.set(&Timer::Dialog(id), deadline);
        self.do_wants(now, id, wants, out);
        self.at_work.pop();
    }

    /// Does what a dialog wants.
    pub(super) fn do_wants(
        &mut self,
        now: Instant,
        id: DialogId,
        wants: Vec<DialogOutput>,
        out: &mut Vec<Output>,
    ) {
        for want in wants {
            match want {
                DialogOutput::Respond { server, reply } => self.respond(now, server, reply, out),
                DialogOutput::Resend { server } => {
                    self.server(now, server, ServerInput::Resend, out);
                }
                DialogOutput::Abandon { server } => {
                    self.servers.forget(server);
                    self.timers.set(&Timer::Server(server), None);
                }
                DialogOutput::Release { server } => {
                    self.server(now, server, ServerInput::Release, out);
                }
                DialogOutput::Request { client, flow, request } => {
                    let peer = self.dialogs.get(id).map(|dialog| dialog.peer().clone());
                    let mut sends = Vec::new();
                    let timers = self.net.settings.timers;
                    let (owner, peer, request) = (Owner::Dialog(id), peer.as_ref(), *request);
                    let start = Start { id: client, flow, request, owner, peer };
                    self.clients.start(now, &timers, start, &mut sends);
                    self.client_told(now, client, None, sends, None, out);
                }
                DialogOutput::Ack { client, tag, flow, ack } => {
                    let bytes = written(&ack);
                    out.push(Output::Send { flow, bytes: bytes.clone(), gate: Gate::Open });
                    let input = ClientInput::Acked { tag: &tag, flow, bytes };
                    self.client(now, client, input, None, out);
                }
                DialogOutput::Cancel { client, reason } => {
                    self.send_cancel(now, client, reason, out);
                }
                DialogOutput::Forget { client } => {
                    self.clients.forget(client);
                    self.timers.set(&Timer::Client(client), None);
                }
                DialogOutput::Event(event) => self.tell(now, id, event, out),
            }
        }
    }

    /// Gives a client transaction one input. `response` is what `input` is about.
    pub(super) fn client(
        &mut self,
        now: Instant,
        id: ClientId,
        input: ClientInput<'_>,
        response: Option<&Incoming<'_>>,
        out: &mut Vec<Output>,
    ) {
        let mut wants = Vec::new();
        let timers = self.net.settings.timers;
        // The owner is asked for before: a transaction that times out is gone after.
        let owner = self.clients.get(id).map(|record| record.owner.clone());
        self.at_work.push(Timer::Client(id));
        self.clients.handle(now, &timers, id, input, &mut wants);
        self.client_told(now, id, owner, wants, response, out);
        self.at_work.pop();
    }

    pub(super) fn client_told(
        &mut self,
        now: Instant,
        id: ClientId,
        owner: Option<Owner>,
        wants: Vec<ClientOutput>,
        response: Option<&Incoming<'_>>,
        out: &mut Vec<Output>,
    ) {
        self.timers.set(&Timer::Client(id), self.clients.deadline(id));
        for want in wants {
            match (want, &owner) {
                (ClientOutput::Send { flow, bytes }, _) => {
                    out.push(Output::Send { flow, bytes, gate: Gate::Open });
                }
                (ClientOutput::Deliver, Some(owner)) => {
                    if let Some(incoming) = response {
                        self.deliver(now, id, owner, incoming, out);
                    }
                }
                (ClientOutput::Fork, _) => {
                    if let Some(incoming) = response {
                        self.end_fork(now, id, incoming, out);
                    }
                }
                (ClientOutput::TimedOut, Some(Owner::Dialog(dialog))) => {
                    let input = DialogInput::Failed { client: id, transport: false };
                    self.dialog(now, *dialog, input, out);
                }
                (ClientOutput::TransportFailed, Some(Owner::Dialog(dialog))) => {
                    let input = DialogInput::Failed { client: id, transport: true };
                    self.dialog(now, *dialog, input, out);
                }
                (ClientOutput::TimedOut, Some(Owner::Message(message))) => {
                    self.message_ended(*message, 408, out);
                }
                (ClientOutput::TransportFailed, Some(Owner::Message(message))) => {
                    self.message_ended(*message, 503, out);
                }
                // A keep-alive counts its misses itself.
                (
                    ClientOutput::Deliver | ClientOutput::TimedOut | ClientOutput::TransportFailed,
                    _,
                ) => {}
            }
        }
    }

    /// Gives a server transaction one input.
    pub(super) fn server(
        &mut self,
        now: Instant,
        id: ServerId,
        input: ServerInput,
        out: &mut Vec<Output>,
    ) {
        let mut wants = Vec::new();
        let timers = self.net.settings.timers;
        self.at_work.push(Timer::Server(id));
        self.servers.handle(now, &timers, id, input, &mut wants);
        self.at_work.pop();
        self.timers.set(&Timer::Server(id), self.servers.deadline(id));
        for ServerOutput::Send { flow, bytes, gate } in wants {
            out.push(Output::Send { flow, bytes, gate });
        }
    }

    /// Answers a request.
    pub(super) fn respond(
        &mut self,
        now: Instant,
        id: ServerId,
        reply: Reply,
        out: &mut Vec<Output>,
    ) {
        let (status, gate) = (reply.status, reply.gate);
        let Some(record) = self.servers.get_mut(id) else { return };
        let Some(head) = &record.head else { return };
        let response = head.respond(&self.net, &record.tag, &record.flow, reply);
        if status >= 200 {
            record.head = None;
        }
        let mut bytes = Vec::with_capacity(1_024);
        response.write(&mut bytes);
        self.server(now, id, ServerInput::Respond { status, bytes: bytes.into(), gate }, out);
    }
}

/// A response as it came.
#[derive(Debug)]
pub(super) struct Incoming<'a> {
    pub(super) flow: crate::sip::stack::Flow,
    pub(super) response: &'a crate::sip::wire::Response,
}

/// The bytes of a request.
pub(super) fn written(request: &Request) -> Bytes {
    let mut bytes = Vec::with_capacity(1_024);
    request.write(&mut bytes);
    bytes.into()
}
