use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use crossbeam_channel::Sender;
use tokio::sync::oneshot;

use crate::api::{Health, Live};
use crate::base::{AccountId, CommandId, Instant};
use crate::call::{Core, Effect, Fact, Record, Reply};
use crate::media;
use crate::node::alarm_log;
use crate::node::kept::Keep;
use crate::node::lanes::Senders;
use crate::node::loss_watch::LossWatch;
use crate::node::media::{Counters, MediaThreads};
use crate::node::media_backlog::MediaBacklog;
use crate::node::net::Net;
use crate::node::phone_sources::PhoneSources;
use crate::node::registration_log::Change;
use crate::node::spool_outbox::SpoolOutbox;
use crate::sip;
use crate::store::Alarm;

/// How long a 200 waits for its record when the disk hangs: then the call is worth more.
pub(crate) const GATE_PATIENCE: Duration = Duration::from_millis(300);
/// How long all registrations gather before they are kept when the keeper had no room for one.
const KEEP_AFTER: Duration = Duration::from_millis(200);

/// How often what has no room elsewhere is tried again.
const RETRY_EVERY: Duration = Duration::from_millis(5);
/// How long the end waits for a disk that hangs.
const LAST_RECORDS: Duration = Duration::from_secs(3);

/// Carries out the core's effects, in their order.
pub(crate) struct Hands {
    tools: Tools,
    records: Vec<Record>,
    next_gate: u64,
    /// The latest gate of the event that is being carried out.
    gate: Option<u64>,
    /// What must get through to media workers and could not yet.
    media_backlog: MediaBacklog,
    /// What media workers refused, to be told to the core.
    refused: VecDeque<media::Event>,
    /// What the media threads count, and what of it is watched.
    counters: Arc<Counters>,
    blocks_lost: LossWatch,
    events_lost: LossWatch,
    /// When what has no room elsewhere is tried again.
    retry_at: Option<Instant>,
    /// Media workers that were handed commands and are still to be called.
    called: Vec<usize>,
    gated: VecDeque<Gated>,
    /// Accounts whose registrations the event that is being carried out changed.
    changed: Vec<AccountId>,
    /// Answers of the event that is being carried out that wait for these.
    unkept: Vec<(sip::Flow, Bytes)>,
    /// Answers that wait for the keeper.
    keeping: VecDeque<Gated>,
    last_keep: u64,
    waiting: HashMap<CommandId, oneshot::Sender<Reply>>,
    /// Answers to commands of the event that is being carried out: they leave behind its views.
    replies: Vec<(CommandId, Reply)>,
    /// When all registrations are to be kept, because there was no room for a change.
    keep_all_at: Option<Instant>,
    drained: bool,
    /// The spool's own word that it has no more room.
    spool_full: bool,
    /// The spool's thread is far behind: its disk hangs.
    spool_behind: bool,
}

/// A message that waits for its record.
struct Gated {
    gate: u64,
    until: Instant,
    flow: sip::Flow,
    bytes: Bytes,
}

/// What the hands reach.
pub(crate) struct Tools {
    pub(crate) net: Net,
    pub(crate) media: Arc<MediaThreads>,
    pub(crate) spool: SpoolOutbox,
    pub(crate) live: Arc<Live>,
    pub(crate) health: Arc<Health>,
    pub(crate) senders: Senders,
    pub(crate) keep: Sender<Keep>,
    pub(crate) phones: PhoneSources,
}

impl Hands {
    pub(crate) fn new(tools: Tools) -> Self {
        Self {
            counters: tools.media.counters(),
            blocks_lost: LossWatch::of_blocks(),
            events_lost: LossWatch::of_events(),
            tools,
            records: Vec::new(),
            next_gate: 0,
            gate: None,
            media_backlog: MediaBacklog::default(),
            refused: VecDeque::new(),
            retry_at: None,
            called: Vec::new(),
            gated: VecDeque::new(),
            changed: Vec::new(),
            unkept: Vec::new(),
            keeping: VecDeque::new(),
            last_keep: 0,
            waiting: HashMap::new(),
            replies: Vec::new(),
            keep_all_at: None,
            drained: false,
            spool_full: false,
            spool_behind: false,
        }
    }

    /// Remembers who waits for the answer to a command. Those who gave up are forgotten.
    pub(crate) fn await_reply(&mut self, id: CommandId, reply: oneshot::Sender<Reply>) {
        if self.waiting.len() > 1_024 {
            self.waiting.retain(|_, waiting| !waiting.is_closed());
        }
        self.waiting.insert(id, reply);
    }

    /// Carries out what one event led to. Whoever gave a command sees what it did when it is answered.
    pub(crate) fn carry_out(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        for effect in effects.drain(..) {
            // A fault of ours costs this one effect: the timers of whoever misses it make up for it.
            if catch_unwind(AssertUnwindSafe(|| self.carry(now, effect))).is_err() {
                let what = "what the core asked for".to_owned();
                self.tools.senders.alarm(Alarm { id: "internal-error", what, cleared: false });
            }
        }
        // Each thread is called once for all that it was handed: it need not begin after the first.
        let gate = self.gate.take();
        self.flush(gate);
        for worker in self.called.drain(..) {
            self.tools.media.call(worker);
        }
        for (id, reply) in self.replies.drain(..) {
            if let Some(waiting) = self.waiting.remove(&id) {
                // Whoever asked may have given up.
                let _ = waiting.send(reply);
            }
        }
    }

    fn carry(&mut self, now: Instant, effect: Effect) {
        match effect {
            Effect::Send { flow, bytes, gate } => self.send(now, flow, bytes, gate),
            Effect::Media { worker, command } => self.media(worker, command),
            Effect::Record(record) => self.record(*record),
            Effect::View(view) => self.tools.live.show(*view),
            Effect::Reply { id, reply } => self.replies.push((id, reply)),
            Effect::KeepRegistrations(account) => {
                if !self.changed.contains(&account) {
                    self.changed.push(account);
                }
            }
            Effect::Drained => self.drained = true,
        }
    }

    fn send(&mut self, now: Instant, flow: sip::Flow, bytes: Bytes, gate: sip::Gate) {
        match gate {
            sip::Gate::Open => self.tools.net.send(flow, bytes),
            sip::Gate::Records => {
                self.next_gate += 1;
                let gate = self.next_gate;
                self.gate = Some(gate);
                self.gated.push_back(Gated { gate, until: now + GATE_PATIENCE, flow, bytes });
            }
            sip::Gate::Registrations => self.unkept.push((flow, bytes)),
        }
    }

    /// Where phones are that were registered in the last run.
    pub(crate) fn know_phones(&self, core: &Core) {
        for binding in core.bindings() {
            self.tools.phones.set(&binding.account, core.bindings_of(&binding.account));
        }
    }

    /// Hands the registrations that an event has changed to the keeper, when all of it is carried out.
    /// Answers that wait for it leave when they are written.
    pub(crate) fn keep(&mut self, now: Instant, core: &Core) {
        for account in &self.changed {
            self.tools.phones.set(account, core.bindings_of(account));
        }
        if !self.changed.is_empty() {
            let bindings = |account: &AccountId| core.bindings_of(account).cloned().collect();
            let changes = self.changed.drain(..);
            let changes =
                changes.map(|account| Change { bindings: bindings(&account), account }).collect();
            self.last_keep += u64::from(!self.unkept.is_empty());
            let gate = (!self.unkept.is_empty()).then_some(self.last_keep);
            if self.tools.keep.try_send(Keep::Changes(changes, gate)).is_err() {
                self.keep_all_at.get_or_insert(now + KEEP_AFTER);
            }
        } else if self.keeping.is_empty() {
            // The same answer again, and what it tells is written already.
            for (flow, bytes) in self.unkept.drain(..) {
                self.tools.net.send(flow, bytes);
            }
        }
        let (gate, until) = (self.last_keep, now + GATE_PATIENCE);
        let unkept = self.unkept.drain(..);
        self.keeping.extend(unkept.map(|(flow, bytes)| Gated { gate, until, flow, bytes }));
    }

    /// The changes before the gate are written: what waited for them leaves.
    pub(crate) fn kept(&mut self, gate: u64) {
        while let Some(gated) = self.keeping.pop_front_if(|gated| gated.gate <= gate) {
            self.tools.net.send(gated.flow, gated.bytes);
        }
    }

    /// Hands the records over to the spool, or keeps them until it has room: nobody waits for it here.
    fn flush(&mut self, gate: Option<u64>) {
        if !self.records.is_empty() || gate.is_some() {
            self.tools.spool.put(std::mem::take(&mut self.records), gate);
        }
    }

    fn record(&mut self, record: Record) {
        if let Fact::Alarm { id, what, cleared } = &record.fact {
            alarm_log::line(id, what, *cleared);
            self.tools.health.alarm(id, what, *cleared, record.at);
        }
        self.records.push(record);
    }

    #[expect(
        clippy::result_large_err,
        reason = "the command comes back by value, and is large itself"
    )]
    fn media(&mut self, worker: usize, command: media::Command) {
        let media = &self.tools.media;
        let put =
            self.media_backlog.put(worker, command, |worker, command| media.put(worker, command));
        let command = match put {
            Ok(true) => {
                if !self.called.contains(&worker) {
                    self.called.push(worker);
                }
                return;
            }
            Ok(false) => return,
            Err(command) => command,
        };
        self.tell_gone_workers();
        let Some(stream) = command.stream() else { return };
        tracing::error!(worker, %stream, "a media worker takes no more commands");
        let why = media::Failure::TooManyStreams;
        self.refused.push_back(media::Event::Failed { stream, why });
    }

    fn tell_gone_workers(&mut self) {
        while let Some(worker) = self.media_backlog.take_gone() {
            let what = format!(
                "media worker {worker} is gone and takes nothing any more; its calls have no media; \
                 restart the engine"
            );
            self.tools.senders.alarm(Alarm { id: "media-worker", what, cleared: false });
        }
    }

    /// What a media worker refused, for the core; one at a time.
    pub(crate) fn take_refused(&mut self) -> Option<media::Event> {
        self.refused.pop_front()
    }

    /// Tries again what had no room elsewhere.
    #[expect(
        clippy::result_large_err,
        reason = "the command comes back by value, and is large itself"
    )]
    fn retry(&mut self, now: Instant) {
        if self.media_backlog.is_empty() && !self.tools.spool.is_behind() {
            self.retry_at = None;
            return;
        }
        if self.retry_at.is_some_and(|at| at > now) {
            return;
        }
        self.tools.spool.retry();
        let media = &self.tools.media;
        for worker in self.media_backlog.retry(|worker, command| media.put(worker, command)) {
            media.call(worker);
        }
        self.tell_gone_workers();
        self.retry_at = Some(now + RETRY_EVERY);
    }

    /// The records before the gate are written: what waited for them leaves.
    pub(crate) fn written(&mut self, gate: u64) {
        while self.gated.front().is_some_and(|gated| gated.gate <= gate) {
            if let Some(gated) = self.gated.pop_front() {
                self.tools.net.send(gated.flow, gated.bytes);
            }
        }
    }

    /// When something here is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let until = |gated: &VecDeque<Gated>| gated.front().map(|gated| gated.until);
        let is_behind = !self.media_backlog.is_empty() || self.tools.spool.is_behind();
        // What came to wait since the last look is tried at once.
        let retry_at = is_behind.then(|| self.retry_at.unwrap_or(Instant::ZERO));
        let gated = [until(&self.gated), until(&self.keeping), self.keep_all_at, retry_at];
        gated.into_iter().flatten().min()
    }

    /// Lets go what waited too long, keeps registrations.
    pub(crate) fn tick(&mut self, now: Instant, core: &Core) {
        self.retry(now);
        let lost = [
            self.tools.spool.look(now),
            self.blocks_lost.look(now, self.counters.blocks_lost.load(Ordering::Relaxed)),
            self.events_lost.look(now, self.counters.events_lost.load(Ordering::Relaxed)),
        ];
        for alarm in lost.into_iter().flatten() {
            self.tools.senders.alarm(alarm);
        }
        while self.gated.front().is_some_and(|gated| gated.until <= now) {
            if let Some(gated) = self.gated.pop_front() {
                tracing::warn!("the spool does not write; an answer leaves before its record");
                self.tools.net.send(gated.flow, gated.bytes);
            }
        }
        while let Some(gated) = self.keeping.pop_front_if(|gated| gated.until <= now) {
            tracing::warn!("the keeper does not write; a phone is answered before it is kept");
            self.tools.net.send(gated.flow, gated.bytes);
        }
        if self.keep_all_at.is_some_and(|at| at <= now) {
            let all = Keep::All(core.bindings().cloned().collect());
            let is_told = self.tools.keep.try_send(all).is_ok();
            self.keep_all_at = (!is_told).then_some(now + KEEP_AFTER);
        }
    }

    /// The spool says whether it is full. Returns whether new calls must be refused.
    pub(crate) fn spool_says(&mut self, full: bool) -> bool {
        self.spool_full = full;
        self.spool_full || self.spool_behind
    }

    /// Looks how far the spool is behind; `Some(full)` when that changed what is true.
    pub(crate) fn look_at_spool(&mut self) -> Option<bool> {
        let (waiting, room) = self.tools.spool.load();
        let behind = if self.spool_behind { waiting > room / 4 } else { waiting > room / 2 };
        let behind = behind || self.tools.spool.is_behind();
        if behind == self.spool_behind {
            return None;
        }
        self.spool_behind = behind;
        tracing::warn!(waiting, behind, "records wait for the spool");
        Some(self.spool_full || behind)
    }

    /// Keeps what is still to be kept, at the end.
    pub(crate) fn finish(&mut self, core: &Core) {
        self.flush(None);
        self.tools.spool.finish(LAST_RECORDS);
        if self.keep_all_at.take().is_some() {
            // The keeper drains its inbox before it ends, unless its disk hangs.
            let all = Keep::All(core.bindings().cloned().collect());
            if self.tools.keep.send_timeout(all, LAST_RECORDS).is_err() {
                tracing::error!("the disk hangs: the last registrations are not kept");
            }
        }
    }

    /// Whether the core has said that its last call is gone.
    pub(crate) fn is_drained(&self) -> bool {
        self.drained
    }
}
