use std::time::Duration;

use crate::base::{CommandId, Instant};
use crate::call::{Core, Effect, Event, TurnedAway};
use crate::node::board::Notes;
use crate::node::clock::Clock;
use crate::node::hands::Hands;
use crate::node::lanes::{House, Lanes};
use crate::node::turned_away::TurnedAwayCounts;
use crate::store::Alarm;

/// How many messages that begin something are taken before the lanes above are looked at again.
const CALLS_AT_ONCE: usize = 16;
/// How many of the other lanes are taken in one go.
const AT_ONCE: usize = 256;
/// How often the core is told the wall time.
const CLOCK_EVERY: Duration = Duration::from_secs(1);
/// The longest wait, so that a deadline that was set from outside is never missed for long.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// The one thread that owns the core: events in by lanes, effects out, no lock, no await.
pub(crate) struct CoreThread {
    pub(crate) core: Core,
    pub(crate) hands: Hands,
    pub(crate) lanes: Lanes,
    turned_away: TurnedAwayCounts,
    pub(crate) clock: Clock,
    effects: Vec<Effect>,
    next_command: u64,
    clock_at: Instant,
}

impl CoreThread {
    /// Ready to run; `effects` are those of making the core.
    pub(crate) fn new(
        core: Core,
        hands: Hands,
        lanes: Lanes,
        turned_away: TurnedAwayCounts,
        clock: Clock,
        effects: Vec<Effect>,
    ) -> Self {
        let clock_at = clock.now() + CLOCK_EVERY;
        Self { core, hands, lanes, turned_away, clock, effects, next_command: 0, clock_at }
    }

    /// Runs until the house says so, or until the core is drained.
    pub(crate) fn run(mut self) {
        let now = self.clock.now();
        self.hands.carry_out(now, &mut self.effects);
        self.hands.know_phones(&self.core);
        loop {
            let mut busy = self.deadlines();
            match self.house() {
                Some(true) => busy = true,
                Some(false) => {}
                None => {
                    self.hands.finish(&self.core);
                    return;
                }
            }
            busy |= self.media();
            busy |= self.talk();
            busy |= self.commands();
            busy |= self.calls();
            if self.hands.is_drained() {
                self.tell_turned_away(self.turned_away.take());
                self.hands.finish(&self.core);
                return;
            }
            if !busy {
                self.wait();
            }
        }
    }

    fn handle(&mut self, event: Event) {
        let now = self.clock.now();
        if let Event::Sip(input) = event {
            // 100 leaves before the rest begins.
            self.core.hear(now, input, &mut self.effects);
            self.hands.carry_out(now, &mut self.effects);
            self.core.settle(now, &mut self.effects);
        } else {
            self.core.handle(now, event, &mut self.effects);
        }
        self.hands.carry_out(now, &mut self.effects);
        self.hands.keep(now, &self.core);
    }

    fn deadlines(&mut self) -> bool {
        let now = self.clock.now();
        if now >= self.clock_at {
            self.clock_at = now + CLOCK_EVERY;
            self.handle(Event::Clock(self.clock.wall()));
            self.tell_turned_away(self.turned_away.take_due(now));
        }
        self.hands.tick(now, &self.core);
        self.look_at_spool();
        let due = self.core.deadline().is_some_and(|at| at <= now);
        if due {
            self.handle(Event::Deadline);
        }
        due
    }

    fn look_at_spool(&mut self) {
        if let Some(full) = self.hands.look_at_spool() {
            self.handle(Event::RecordsFull(full));
        }
    }

    fn tell_turned_away(&mut self, rows: Vec<TurnedAway>) {
        if !rows.is_empty() {
            let messages: u64 = rows.iter().map(|row| row.refused + row.dropped).sum();
            tracing::warn!(messages, sources = rows.len(), "messages were turned away");
            self.handle(Event::TurnedAway(rows));
        }
    }

    /// `None` when the thread shall end.
    fn house(&mut self) -> Option<bool> {
        let mut busy = self.board();
        for _ in 0..AT_ONCE {
            match self.lanes.house.try_recv() {
                Ok(House::Event(event)) => self.handle(event),
                Ok(House::Quit) => return None,
                Err(_) => break,
            }
            busy = true;
        }
        Some(busy)
    }

    fn board(&mut self) -> bool {
        if self.lanes.wake.try_recv().is_err() {
            return false;
        }
        let Notes { written, kept, full, alarms } = self.lanes.board.take();
        if let Some(gate) = written {
            self.hands.written(gate);
        }
        if let Some(gate) = kept {
            self.hands.kept(gate);
        }
        if let Some(full) = full {
            let full = self.hands.spool_says(full);
            self.handle(Event::RecordsFull(full));
        }
        for Alarm { id, what, cleared } in alarms {
            self.handle(Event::Alarm { id: id.to_owned(), what, cleared });
        }
        true
    }

    fn media(&mut self) -> bool {
        let mut busy = false;
        for _ in 0..AT_ONCE {
            let Some(event) = self.hands.take_refused() else { break };
            self.handle(Event::Media(event));
            busy = true;
        }
        for _ in 0..AT_ONCE {
            let Ok(event) = self.lanes.media.try_recv() else { break };
            self.handle(Event::Media(event));
            busy = true;
        }
        busy
    }

    fn talk(&mut self) -> bool {
        let mut busy = false;
        for _ in 0..AT_ONCE {
            let Ok(input) = self.lanes.talk.try_recv() else { break };
            self.handle(Event::Sip(input));
            busy = true;
        }
        busy
    }

    fn commands(&mut self) -> bool {
        let mut busy = false;
        while let Ok(asked) = self.lanes.commands.try_recv() {
            self.next_command += 1;
            let id = CommandId(self.next_command);
            self.hands.await_reply(id, asked.reply);
            self.handle(Event::Command { id, command: asked.command });
            busy = true;
        }
        busy
    }

    fn calls(&mut self) -> bool {
        let mut busy = false;
        self.look_at_spool();
        for _ in 0..CALLS_AT_ONCE {
            let Ok(input) = self.lanes.calls.try_recv() else { break };
            self.handle(Event::Sip(input));
            busy = true;
        }
        busy
    }

    fn wait(&self) {
        let now = self.clock.now();
        let due = [self.core.deadline(), self.hands.deadline(), Some(self.clock_at)];
        let until = due.into_iter().flatten().min().unwrap_or(now + WAIT_MAX);
        self.lanes.wait(until.since(now).min(WAIT_MAX));
    }
}

#[cfg(test)]
mod tests;
