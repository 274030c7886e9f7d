use std::net::IpAddr;
use std::sync::Arc;

use crate::base::{
    AccountId, AgentId, CallId, CommandId, DialogId, Instant, Random, RecordingId, StreamId,
    TicketId, Wall, WallClock,
};
use crate::call::draft::Draft;
use crate::call::index::Index;
use crate::call::lines::{Line, Lines};
use crate::call::open_legs::OpenLegs;
use crate::call::{Fact, Reply, Settings};
use crate::media::{PlayId, Ports, Prompts};
use crate::{acd, media, sip};

/// What a call asks the core to do, in order.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Tell the SIP stack.
    Sip(sip::Command),
    /// Tell the call's media worker.
    Media { worker: usize, command: media::Command },
    /// Tell the desk.
    Desk(acd::Input),
    /// Tell the call its place in the queue (`Input::Position`).
    AskPosition(TicketId),
    /// Keep this.
    Fact(Fact),
    /// Answer a command of the API.
    Reply { id: CommandId, reply: Reply },
}

/// What a call owns outside itself. The core keeps it beside the call, so that all of it can be freed
/// when the call's own step panicked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holdings {
    pub(crate) dialogs: Vec<DialogId>,
    pub(crate) streams: Vec<HeldStream>,
    pub(crate) lines: Vec<Line>,
    pub(crate) ticket: Option<TicketId>,
    pub(crate) agent: Option<AgentId>,
    /// What is being recorded, and since when.
    pub(crate) recording: Option<(RecordingId, Instant)>,
    /// The agent whose own call this is, told to the desk as busy.
    pub(crate) busy: Option<AgentId>,
}

/// A stream with its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HeldStream {
    pub(crate) id: StreamId,
    pub(crate) worker: usize,
    pub(crate) port: u16,
    /// The worker was told to open it and not to close it.
    pub(crate) open: bool,
}

/// What all calls draw from.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) stack: sip::Stack,
    pub(crate) ports: Ports,
    pub(crate) prompts: Arc<Prompts>,
    pub(crate) lines: Lines,
    pub(crate) open_legs: OpenLegs,
    pub(crate) index: Index,
    pub(crate) random: Random,
    pub(crate) clock: WallClock,
    pub(crate) counted: u64,
}

impl World {
    /// The next identity of the process-wide count.
    pub(crate) fn count(&mut self) -> u64 {
        self.counted += 1;
        self.counted
    }

    /// The address that the account's newest registration came from.
    pub(crate) fn contact_ip(&self, account: &AccountId) -> Option<IpAddr> {
        self.stack.newest_source(account)
    }
}

/// One step of one call: the time, what it may draw from, and where its wishes go.
pub(crate) struct Turn<'a> {
    pub(crate) now: Instant,
    pub(crate) call: CallId,
    pub(crate) settings: &'a Arc<Settings>,
    pub(crate) world: &'a mut World,
    pub(crate) draft: &'a mut Draft,
    pub(crate) holdings: &'a mut Holdings,
    pub(crate) out: &'a mut Vec<Act>,
}

impl Turn<'_> {
    /// Now, by the wall as it is now.
    pub(crate) fn wall(&self) -> Wall {
        self.world.clock.wall(self.now)
    }

    pub(crate) fn sip(&mut self, command: sip::Command) {
        self.out.push(Act::Sip(command));
    }

    pub(crate) fn media(&mut self, worker: usize, command: media::Command) {
        self.out.push(Act::Media { worker, command });
    }

    pub(crate) fn desk(&mut self, input: acd::Input) {
        self.out.push(Act::Desk(input));
    }

    pub(crate) fn fact(&mut self, fact: Fact) {
        self.out.push(Act::Fact(fact));
    }

    pub(crate) fn next_play(&mut self) -> PlayId {
        PlayId(self.world.count())
    }

    /// A dialog for a call that we make.
    pub(crate) fn take_dialog(&mut self) -> DialogId {
        let dialog = self.world.stack.new_dialog();
        self.own_dialog(dialog);
        dialog
    }

    /// The dialog belongs to this call from now on.
    pub(crate) fn own_dialog(&mut self, dialog: DialogId) {
        self.holdings.dialogs.push(dialog);
        self.world.index.dialogs.insert(dialog, self.call);
    }

    /// The dialog is gone; what still comes from it is nobody's.
    pub(crate) fn drop_dialog(&mut self, dialog: DialogId) {
        self.holdings.dialogs.retain(|held| *held != dialog);
        self.world.index.dialogs.remove(&dialog);
    }

    /// A stream on a free port of `worker`, or of the roomiest worker; `None` when no port is free.
    pub(crate) fn take_stream(&mut self, worker: Option<usize>) -> Option<HeldStream> {
        let worker = match worker {
            Some(worker) => worker,
            None => self.world.ports.roomiest(self.now, 1)?,
        };
        let port = self.world.ports.take(self.now, worker)?;
        let id = StreamId(self.world.count());
        let stream = HeldStream { id, worker, port, open: false };
        self.holdings.streams.push(stream);
        self.world.index.streams.insert(stream.id, self.call);
        Some(stream)
    }

    /// Moves an open stream of this call to another worker, as it stands. What is asked of it from
    /// now on goes there.
    pub(crate) fn move_stream(&mut self, stream: &mut HeldStream, to: usize) {
        let from = std::mem::replace(&mut stream.worker, to);
        if from == to {
            return;
        }
        if let Some(held) = self.holdings.streams.iter_mut().find(|held| held.id == stream.id) {
            held.worker = to;
        }
        self.world.ports.hand_over(stream.port, to);
        self.media(to, media::Command::Await { streams: vec![stream.id] });
        self.media(from, media::Command::Leave { streams: vec![(stream.id, stream.port)], to });
    }

    /// Gives the stream's port back. Its last figures may still come: the index forgets it then.
    pub(crate) fn drop_stream(&mut self, stream: StreamId) {
        if let Some(at) = self.holdings.streams.iter().position(|held| held.id == stream) {
            let held = self.holdings.streams.swap_remove(at);
            self.world.ports.give_back(self.now, held.port);
            self.world.index.streams.remove(&stream);
        }
    }

    /// Takes a channel of a trunk or account for as long as the call holds it.
    pub(crate) fn take_line(&mut self, line: Line, emergency: bool) -> bool {
        let taken = self.world.lines.take(self.settings, &line, emergency);
        if taken {
            self.holdings.lines.push(line);
        }
        taken
    }

    pub(crate) fn drop_line(&mut self, line: &Line) {
        if let Some(at) = self.holdings.lines.iter().position(|held| held == line) {
            self.holdings.lines.swap_remove(at);
            self.world.lines.give_back(line);
        }
    }

    /// The call's place at the desk; one for its whole life.
    pub(crate) fn ticket(&mut self) -> TicketId {
        if let Some(ticket) = self.holdings.ticket {
            return ticket;
        }
        let ticket = TicketId(self.world.count());
        self.holdings.ticket = Some(ticket);
        self.world.index.tickets.insert(ticket, self.call);
        ticket
    }

    /// The agent rings for this call or talks in it.
    pub(crate) fn own_agent(&mut self, agent: &AgentId) {
        self.holdings.agent = Some(agent.clone());
        self.world.index.agents.insert(agent.clone(), self.call);
    }

    pub(crate) fn drop_agent(&mut self) {
        if let Some(agent) = self.holdings.agent.take() {
            self.world.index.agents.remove(&agent);
        }
    }

    /// A recording that begins at `at`.
    pub(crate) fn next_recording(&mut self, at: Instant) -> RecordingId {
        let random = self.world.random.next_u128();
        let recording = RecordingId::new(self.wall(), random);
        self.holdings.recording = Some((recording, at));
        recording
    }
}
