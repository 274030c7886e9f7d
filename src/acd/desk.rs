use crate::acd::{AgentNow, Census, Denied, Input, Output, QueueNow, Settings};
use crate::base::{AgentId, Instant, QueueId, TicketId};

/// The front door: every caller who waits, every agent, every offer.
#[derive(Clone, Debug)]
pub struct Desk {
    settings: Settings,
}

impl Desk {
    /// A desk at which everybody is signed out.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Takes one input and pushes what must be done and told. When it is denied, nothing changed.
    ///
    /// # Errors
    /// [`Denied`] names the party and what would have been allowed.
    pub fn handle(
        &mut self,
        _now: Instant,
        _input: Input,
        _out: &mut Vec<Output>,
    ) -> Result<(), Denied> {
        Ok(())
    }

    /// When `handle` wants `Input::Deadline` if nothing comes before.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        None
    }

    /// New settings. Agents keep their states and callers their places; whoever is removed finishes
    /// the call first.
    pub fn reconfigure(&mut self, _now: Instant, settings: Settings, _out: &mut Vec<Output>) {
        self.settings = settings;
    }

    /// Frees everything that belongs to the ticket, wherever it stands, after its call was lost.
    pub fn bury(&mut self, _now: Instant, _ticket: TicketId, _out: &mut Vec<Output>) {}

    /// The caller's place in its queue from 1, those that ring at an agent counted in; `None` when
    /// the ticket does not wait (unknown, or talking).
    #[must_use]
    pub fn position(&self, _ticket: TicketId) -> Option<u32> {
        None
    }

    /// An agent now.
    #[must_use]
    pub fn agent(&self, _agent: &AgentId) -> Option<AgentNow<'_>> {
        None
    }

    /// A queue now.
    #[must_use]
    pub fn queue(&self, _queue: &QueueId) -> Option<QueueNow<'_>> {
        None
    }

    /// All agents, sorted by id.
    pub fn agents(&self) -> impl Iterator<Item = AgentNow<'_>> {
        std::iter::empty()
    }

    /// All queues, sorted by id.
    pub fn queues(&self) -> impl Iterator<Item = QueueNow<'_>> {
        std::iter::empty()
    }

    /// How much the desk holds.
    #[must_use]
    pub fn census(&self) -> Census {
        Census::default()
    }

    /// Checks the invariants of ARCHITECTURE.md, for the simulator and tests; costs O(everything).
    ///
    /// # Errors
    /// A sentence that names the invariant and the party that breaks it.
    pub fn check(&self) -> Result<(), String> {
        Ok(())
    }
}
