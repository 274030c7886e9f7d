use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::acd::{self, Desk};
use crate::base::{
    AgentId, CallId, Deadlines, DialogId, Instant, Random, RecordId, Wall, WallClock,
};
use crate::call::entry::Entry;
use crate::call::guard::Party;
use crate::call::index::Index;
use crate::call::input::Input;
use crate::call::lines::Lines;
use crate::call::open_legs::OpenLegs;
use crate::call::over::LAST_WORDS;
use crate::call::refusals::Refusals;
use crate::call::strangers::Strangers;
use crate::call::turn::{Act, Turn, World};
use crate::call::{Effect, Event, Fact, Record, Settings};
use crate::dialplan::Flows;
use crate::media::{self, Ports, Prompts};
use crate::sip::{self, Stack};

/// What one step may cause at most, so that a fault of ours cannot spin for ever.
const WORK_MAX: usize = 100_000;

/// The whole engine but for the world: SIP stack, desk, calls. One thread owns it and hands in events
/// with the time; what must be done comes out as effects.
#[derive(Debug)]
pub struct Core {
    pub(crate) settings: Arc<Settings>,
    pub(crate) flows: Arc<Flows>,
    pub(crate) desk: Desk,
    pub(crate) world: World,
    pub(crate) calls: HashMap<CallId, Entry, ahash::RandomState>,
    pub(crate) deadlines: Deadlines<CallId>,
    pub(crate) strangers: Strangers,
    pub(crate) refusals: Refusals,
    /// New calls are refused; at this time those still up are hung up.
    pub(crate) stopping: Option<Instant>,
    pub(crate) drained: bool,
    pub(crate) records_full: bool,
    /// Since when agents are in their states: the moment, and the wall as it was when it was first shown.
    pub(crate) agents_since: HashMap<AgentId, (Instant, Wall)>,
    /// Trunks whose keep-alive fails.
    pub(crate) dead_trunks: std::collections::HashSet<crate::base::TrunkId>,
    /// When the alarm of faults of ours ends.
    pub(crate) internal_error_until: Option<Instant>,
    /// The desk panicked in this step.
    pub(crate) desk_faults: bool,
    work: VecDeque<Work>,
    stack_out: Vec<sip::Output>,
    desk_out: Vec<acd::Output>,
}

/// What follows from what was done, in order.
#[derive(Debug)]
pub(crate) enum Work {
    Sip(sip::Event),
    Desk(acd::Output),
    Call(CallId, Input),
    /// A fault cost this dialog, and with it its call.
    Lost(DialogId),
}

/// What the core is made of at start.
#[derive(Debug)]
pub struct Parts {
    /// Checked settings.
    pub settings: Arc<Settings>,
    /// Checked flows.
    pub flows: Arc<Flows>,
    /// The prompts that the workers have.
    pub prompts: Arc<Prompts>,
    /// The ports that are bound.
    pub ports: Ports,
    /// Registrations of the last run (R18).
    pub bindings: Vec<sip::Binding>,
    /// Randomness for all that lives in the core.
    pub random: Random,
}

impl Core {
    /// The core at `now`. Effects of the restored registrations are pushed into `out`.
    #[must_use]
    pub fn new(now: Instant, wall: Wall, parts: Parts, out: &mut Vec<Effect>) -> Self {
        let Parts { settings, flows, prompts, ports, bindings, mut random } = parts;
        let stack = Stack::new(settings.sip.clone(), random.fork());
        // Everybody is signed out since now, not since the zero of a clock that outlives the process.
        let mut desk = Desk::new(acd::Settings::default());
        desk.reconfigure(now, settings.desk.clone(), &mut Vec::new());
        let mut core = Self {
            desk,
            world: World {
                stack,
                ports,
                prompts,
                lines: Lines::default(),
                open_legs: OpenLegs::default(),
                index: Index::default(),
                random,
                clock: WallClock::new(now, wall),
                counted: 0,
            },
            settings,
            flows,
            calls: HashMap::default(),
            deadlines: Deadlines::default(),
            strangers: Strangers::default(),
            refusals: Refusals::default(),
            stopping: None,
            drained: false,
            records_full: false,
            agents_since: HashMap::new(),
            dead_trunks: std::collections::HashSet::new(),
            internal_error_until: None,
            desk_faults: false,
            work: VecDeque::new(),
            stack_out: Vec::new(),
            desk_out: Vec::new(),
        };
        core.restore(now, bindings, out);
        core.show_all(out);
        core
    }

    /// Takes one event, pushes what must be done.
    pub fn handle(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        self.take_guarded(now, event, out);
        self.settle(now, out);
    }

    pub(crate) fn take(&mut self, now: Instant, event: Event, out: &mut Vec<Effect>) {
        match event {
            Event::Sip(input) => self.stack_step(now, input, out),
            Event::Media(event) => self.on_media(event),
            Event::Command { id, command } => self.on_command(now, id, command, out),
            Event::Clock(wall) => {
                self.world.clock = WallClock::new(now, wall);
                self.show_waiting(now, out);
            }
            Event::RecordsFull(full) => {
                self.records_full = full;
                if !full {
                    self.refusals.relax();
                }
            }
            // From the node's own hands.
            Event::Alarm { id, what, cleared: false } if id == "internal-error" => {
                self.internal_error(now, &what, out);
            }
            Event::Alarm { id, what, cleared } => {
                self.record(now, Fact::Alarm { id, what, cleared }, out);
            }
            Event::TurnedAway(rows) => {
                for row in rows {
                    self.record(now, Fact::TurnedAway(row), out);
                }
            }
            Event::Shutdown { drain } => self.stopping = Some(now + drain),
            Event::Deadline => self.on_deadline(now, out),
        }
    }

    /// The first half of `handle` for a message: pushes what the stack says by itself, such as 100
    /// Trying, which need not wait for what the call is about. [`Core::settle`] must follow.
    pub fn hear(&mut self, now: Instant, input: sip::Input, out: &mut Vec<Effect>) {
        self.stack_step(now, input, out);
    }

    /// The second half: does what the events so far have led to.
    pub fn settle(&mut self, now: Instant, out: &mut Vec<Effect>) {
        self.run(now, out);
        self.guarded(now, "the end", out, |core, out| core.finish_stop(now, out));
        self.tell_desk_faults(now, out);
    }

    /// When `handle` wants `Event::Deadline` if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        let stop = self
            .stopping
            .filter(|_| !self.drained)
            .map(|at| if self.calls.is_empty() { at + LAST_WORDS } else { at });
        let all = [
            self.world.stack.deadline(),
            self.desk.deadline(),
            self.deadlines.first(),
            self.strangers.deadline(),
            self.refusals.deadline(),
            stop,
            self.internal_error_until,
        ];
        all.into_iter().flatten().min()
    }

    fn on_deadline(&mut self, now: Instant, out: &mut Vec<Effect>) {
        if self.world.stack.deadline().is_some_and(|at| at <= now) {
            self.stack_step(now, sip::Input::Deadline, out);
        }
        if self.desk.deadline().is_some_and(|at| at <= now) {
            self.desk_step(now, acd::Input::Deadline);
        }
        while let Some(call) = self.deadlines.pop_due(now) {
            self.work.push_back(Work::Call(call, Input::Deadline));
        }
        self.flush_strangers(now, out);
        self.forget_internal_error(now, out);
    }

    fn on_media(&mut self, event: media::Event) {
        let stream = match &event {
            media::Event::Key { stream, .. }
            | media::Event::LineTone { stream, .. }
            | media::Event::PlayEnded { stream, .. }
            | media::Event::Silent { stream, .. }
            | media::Event::Heard { stream }
            | media::Event::Stats { stream, .. }
            | media::Event::Failed { stream, .. } => *stream,
            media::Event::RecordStopped { .. } => return,
        };
        if let media::Event::Stats { last: false, .. } = &event {
            self.tell_former_call(stream, &event);
        }
        if let Some(call) = self.world.index.streams.get(&stream) {
            self.work.push_back(Work::Call(*call, Input::Media(event)));
        }
    }

    /// Does all that follows.
    pub(crate) fn run(&mut self, now: Instant, out: &mut Vec<Effect>) {
        for _ in 0..WORK_MAX {
            match self.work.pop_front() {
                Some(work) => self.follow(now, work, out),
                None => return,
            }
        }
        tracing::error!("one event caused more than {WORK_MAX} steps; the rest is dropped");
        self.work.clear();
    }

    pub(crate) fn push_work(&mut self, work: Work) {
        self.work.push_back(work);
    }

    /// Tells the stack; what it sends goes out, what it tells follows.
    pub(crate) fn stack_step(&mut self, now: Instant, input: sip::Input, out: &mut Vec<Effect>) {
        let (stack, told) = self.stack_out();
        let done = catch_unwind(AssertUnwindSafe(|| stack.handle(now, input, told)));
        self.take_stack_out(out);
        if done.is_err() {
            self.mend_stack(now, out);
        }
    }

    pub(crate) fn take_stack_out(&mut self, out: &mut Vec<Effect>) {
        for output in self.stack_out.drain(..) {
            match output {
                sip::Output::Send { flow, bytes, gate } => {
                    out.push(Effect::Send { flow, bytes, gate });
                }
                sip::Output::Event(event) => self.work.push_back(Work::Sip(event)),
            }
        }
    }

    pub(crate) fn stack_out(&mut self) -> (&mut Stack, &mut Vec<sip::Output>) {
        (&mut self.world.stack, &mut self.stack_out)
    }

    /// Tells the desk; what it wants follows.
    pub(crate) fn desk_step(&mut self, now: Instant, input: acd::Input) {
        if let Err(denied) = self.try_desk(now, input) {
            tracing::debug!(%denied, "desk");
        }
    }

    pub(crate) fn try_desk(&mut self, now: Instant, input: acd::Input) -> Result<(), acd::Denied> {
        let party = Party::of(&input, &self.desk);
        let (desk, told) = self.desk_out();
        let result = catch_unwind(AssertUnwindSafe(|| desk.handle(now, input, told)));
        let result = result.unwrap_or_else(|_| {
            self.mend_desk(now, party);
            Err(acd::Denied::Fault)
        });
        self.take_desk_out();
        result
    }

    pub(crate) fn desk_out(&mut self) -> (&mut Desk, &mut Vec<acd::Output>) {
        (&mut self.desk, &mut self.desk_out)
    }

    pub(crate) fn take_desk_out(&mut self) {
        self.work.extend(self.desk_out.drain(..).map(Work::Desk));
    }

    /// One step of one call. A panic costs this call only (R26).
    pub(crate) fn step(&mut self, now: Instant, id: CallId, input: Input, out: &mut Vec<Effect>) {
        let Some(entry) = self.calls.get_mut(&id) else {
            if self.world.open_legs.has(id) {
                return self.step_leg(now, id, input, out);
            }
            if let Input::Wish { id: command, .. } = input {
                let reply = Err(crate::call::CommandError::UnknownCall(id));
                out.push(Effect::Reply { id: command, reply });
            }
            return;
        };
        let Some(call) = entry.call.take() else { return };
        let mut acts = Vec::new();
        let mut turn = Turn {
            now,
            call: id,
            settings: &self.settings,
            world: &mut self.world,
            draft: &mut entry.draft,
            holdings: &mut entry.holdings,
            out: &mut acts,
        };
        let wish = match &input {
            Input::Wish { id, .. } => Some(*id),
            _ => None,
        };
        let stepped = catch_unwind(AssertUnwindSafe(|| call.handle(&mut turn, input)));
        match stepped {
            Ok(Some(call)) => {
                self.deadlines.set(&id, call.deadline());
                entry.call = Some(call);
                self.carry_out(now, id, acts, out);
                self.show_call(now, id, out);
            }
            Ok(None) => {
                self.carry_out(now, id, acts, out);
                self.forget(now, id, out);
            }
            Err(_) => {
                tracing::error!(call = %id, "the step of a call panicked; the call is given up");
                let replied = acts.iter().any(|act| matches!(act, Act::Reply { .. }));
                if let Some(command) = wish.filter(|_| !replied) {
                    let reply = Err(crate::call::CommandError::Overloaded);
                    out.push(Effect::Reply { id: command, reply });
                }
                // What it asked for before belongs to what it holds no more: that is still done.
                self.carry_out(now, id, acts, out);
                self.bury(now, id, out);
            }
        }
        self.tend_legs(now, out);
    }

    /// Does what a call asked for, in its order.
    pub(crate) fn carry_out(
        &mut self,
        now: Instant,
        id: CallId,
        acts: Vec<Act>,
        out: &mut Vec<Effect>,
    ) {
        for act in acts {
            match act {
                Act::Sip(command) => self.stack_step(now, sip::Input::Command(command), out),
                Act::Media { worker, command } => {
                    self.note_stream(id, &command);
                    out.push(Effect::Media { worker, command });
                }
                Act::Desk(input) => self.desk_step(now, input),
                Act::AskPosition(ticket) => {
                    let position = self.desk.position(ticket);
                    self.work.push_back(Work::Call(id, Input::Position(position)));
                }
                Act::Fact(fact) => self.record(now, fact, out),
                Act::Reply { id, reply } => out.push(Effect::Reply { id, reply }),
            }
        }
    }

    /// Keeps a fact.
    pub(crate) fn record(&mut self, now: Instant, fact: Fact, out: &mut Vec<Effect>) {
        let at = self.world.clock.wall(now);
        let id = RecordId::new(at, self.world.random.next_u128());
        let tenant = self.settings.tenant.clone();
        out.push(Effect::Record(Box::new(Record { id, at, tenant, fact })));
    }
}
