use std::time::Duration;

use crate::base::{CallId, Instant};
use crate::call::core::{Core, Work};
use crate::call::input::Input;
use crate::call::turn::Holdings;
use crate::call::{Cause, Effect, EndedBy, Fact, View};
use crate::{acd, media, sip};

/// How long a stop waits for answers to the last requests.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(3);

impl Core {
    /// The call is over: its record, and nothing of it is left.
    pub(crate) fn forget(&mut self, now: Instant, id: CallId, out: &mut Vec<Effect>) {
        self.deadlines.set(&id, None);
        let Some(entry) = self.calls.remove(&id) else { return };
        self.free(now, &entry.holdings, out);
        self.world.open_legs.bury(id);
        let ended = entry.draft.ended_at().unwrap_or(now);
        let trunk = entry.draft.trunk().cloned();
        let cdr = entry.draft.close(ended);
        self.record(now, Fact::Cdr(Box::new(cdr)), out);
        out.push(Effect::View(Box::new(View::CallGone(id))));
        if let Some(trunk) = trunk {
            self.show_trunk(&trunk, out);
        }
    }

    /// A call whose step panicked: everything that it held is freed, and its record says whose fault
    /// it was.
    pub(crate) fn bury(&mut self, now: Instant, id: CallId, out: &mut Vec<Effect>) {
        if let Some(entry) = self.calls.get_mut(&id) {
            entry.draft.end(now, EndedBy::System, Cause::InternalError);
            entry.draft.end_talk(now);
            let worker = entry.holdings.streams.first().map(|stream| stream.worker);
            if let Some((recording, since)) = entry.holdings.recording.take() {
                let command = media::Command::StopRecord { recording, at: now };
                out.extend(worker.map(|worker| Effect::Media { worker, command }));
                let length_ms = crate::call::ending::ms(now.since(since));
                self.record(now, Fact::RecordingEnded { call: id, recording, length_ms }, out);
            }
        }
        self.forget(now, id, out);
    }

    /// Frees what a call still holds. After an orderly end that is its ticket at most.
    pub(crate) fn free(&mut self, now: Instant, held: &Holdings, out: &mut Vec<Effect>) {
        for dialog in &held.dialogs {
            self.world.index.dialogs.remove(dialog);
            let hang_up = sip::Command::Hangup { dialog: *dialog, reason: None, status: 500 };
            self.stack_step(now, sip::Input::Command(hang_up), out);
        }
        for stream in &held.streams {
            self.world.index.streams.remove(&stream.id);
            self.world.ports.give_back(now, stream.port);
            if stream.open {
                let command = media::Command::Close { stream: stream.id };
                out.push(Effect::Media { worker: stream.worker, command });
            }
        }
        for line in &held.lines {
            self.world.lines.give_back(line);
        }
        if let Some(ticket) = held.ticket {
            self.world.index.tickets.remove(&ticket);
            let (desk, desk_out) = self.desk_out();
            desk.bury(now, ticket, desk_out);
            self.take_desk_out();
        }
        if let Some(agent) = &held.agent {
            self.world.index.agents.remove(agent);
        }
        if let Some(agent) = held.busy.clone() {
            self.desk_step(now, acd::Input::Free { agent });
        }
    }

    pub(crate) fn finish_stop(&mut self, now: Instant, out: &mut Vec<Effect>) {
        let Some(at) = self.stopping else { return };
        if now >= at && !self.calls.is_empty() {
            let mut calls: Vec<CallId> = self.calls.keys().copied().collect();
            calls.sort_unstable();
            for call in calls {
                self.push_work(Work::Call(call, Input::End(Cause::Shutdown)));
            }
            // Once is enough: what is ending now ends by its own deadline.
            self.stopping = Some(now + crate::call::machine::FIGURES_WAIT);
            self.run(now, out);
        }
        if self.calls.is_empty() && !self.drained {
            self.end_all_legs(now, out);
            // The last BYE may be lost: it is sent again while there is time.
            let calm = self.world.stack.census().is_calm();
            if !calm && now < at + LAST_WORDS {
                return;
            }
            self.drained = true;
            self.flush_strangers_now(now, out);
            self.record(now, Fact::Stopped, out);
            out.push(Effect::Drained);
        }
    }
}
