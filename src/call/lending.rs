use crate::base::{AgentId, CallId, DialogId, StreamId};
use crate::call::LegEnd;
use crate::call::leg::{Closing, Leg};
use crate::call::machine::{Call, Gone};
use crate::call::turn::Turn;
use crate::media::{Command, Stats, Tone};

/// What a leg that an agent's phone keeps open has besides, while a call has it.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    /// The leg's own id.
    pub(crate) id: CallId,
    /// The figures when the present call took it, once they have come.
    pub(crate) before: Option<Box<Stats>>,
    /// Why it cannot go back to its agent.
    pub(crate) gone: Option<LegEnd>,
}

impl Opened {
    pub(crate) fn new(id: CallId) -> Box<Self> {
        Box::new(Self { id, before: None, gone: None })
    }
}

impl Leg {
    /// Whether the phone's leg outlives the call.
    pub(crate) fn is_kept(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.gone.is_none())
    }

    /// An open leg will not go back; the first reason counts.
    pub(crate) fn lose(&mut self, why: LegEnd) {
        if let Some(open) = &mut self.open {
            open.gone.get_or_insert(why);
        }
    }

    /// The agent has answered: the tone that rang on the open leg is over.
    pub(crate) fn stop_ring_tone(&mut self, turn: &mut Turn<'_>) {
        if self.open.is_some() {
            let stream = self.stream.id();
            self.media(turn, Command::Stop { stream });
        }
    }
}

impl Turn<'_> {
    /// The agent's open leg is this call's from now on.
    fn borrow_leg(&mut self, agent: &AgentId) -> Option<Leg> {
        let (leg, held) = self.world.open_legs.lend(agent, self.call)?;
        self.own_dialog(leg.dialog);
        self.holdings.streams.push(held);
        self.world.index.streams.insert(held.id, self.call);
        Some(leg)
    }

    fn return_leg(&mut self, id: CallId, leg: Leg) {
        self.holdings.dialogs.retain(|held| *held != leg.dialog);
        self.world.index.dialogs.insert(leg.dialog, id);
        let stream = leg.stream.id();
        if let Some(at) = self.holdings.streams.iter().position(|held| held.id == stream) {
            let held = self.holdings.streams.remove(at);
            self.world.index.streams.insert(stream, id);
            self.world.open_legs.take_back(id, leg, held);
        }
    }
}

impl Call {
    /// Takes the open leg of an agent who is to be offered this caller, and lets it ring there.
    /// `None` when it is not up.
    pub(crate) fn take_open_leg(&mut self, turn: &mut Turn<'_>, agent: &AgentId) -> Option<Leg> {
        let worker = self.worker()?;
        let mut leg = turn.borrow_leg(agent)?;
        // The two can be bridged only on one media worker.
        leg.stream.move_to(turn, worker);
        let stream = leg.stream.id();
        leg.media(turn, Command::Report { stream });
        leg.media(turn, Command::Tone { stream, tone: Tone::Ringback, ms: None });
        Some(leg)
    }

    /// The call lets go of an open leg: it goes back to its agent, or is closed when it is gone.
    pub(crate) fn give_back(&mut self, turn: &mut Turn<'_>, mut leg: Leg) -> Option<Closing> {
        let stream = leg.stream.id();
        if let Some(caller) = &mut self.caller
            && caller.stream.is_open()
        {
            let a = caller.stream.id();
            caller.media(turn, Command::Unbridge { a, b: stream });
        }
        let open = leg.open.as_mut()?;
        let id = open.id;
        if let Some(why) = open.gone {
            turn.world.open_legs.lose(id, why);
            return leg.close(turn);
        }
        let (before, record) = (open.before.take(), leg.record());
        leg.media(turn, Command::Stop { stream });
        leg.media(turn, Command::Report { stream });
        turn.return_leg(id, leg);
        Some(Closing { stream, record, before, kept: true })
    }

    /// A dialog is gone; whether it was an open leg's.
    pub(crate) fn lose_open_leg(&mut self, dialog: DialogId, gone: Gone) -> bool {
        let why = match gone {
            Gone::Ended(end) => LegEnd::from(end),
            Gone::Cancelled | Gone::Failed(_) => LegEnd::Unreachable,
        };
        let Some(leg) = self.far_mut().filter(|leg| leg.dialog == dialog) else { return false };
        leg.lose(why);
        leg.open.is_some()
    }

    /// Media of this stream failed. An open leg whose it is does not go back.
    pub(crate) fn lose_stream(&mut self, stream: StreamId) {
        if let Some(leg) = self.far_mut().filter(|leg| leg.stream.id() == stream) {
            leg.lose(LegEnd::Failed);
        }
    }

    /// Figures of a stream that lives on: what an open leg had before this call, or has after it.
    pub(crate) fn on_figures(&mut self, turn: &mut Turn<'_>, stream: StreamId, stats: &Stats) {
        let after = |closing: &Closing| closing.kept && closing.stream == stream;
        if let Some(at) = self.closing.iter().position(after) {
            let closing = self.closing.swap_remove(at);
            turn.draft.leg(closing.finish(stats));
        }
        if let Some(leg) = self.far_mut().filter(|leg| leg.stream.id() == stream)
            && let Some(open) = &mut leg.open
        {
            open.before.get_or_insert_with(|| Box::new(stats.clone()));
        }
    }
}
