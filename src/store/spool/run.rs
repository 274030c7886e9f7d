use std::time::Duration;

use crossbeam_channel::{Receiver, after, never, select};

use crate::call::Record;
use crate::store::Alarm;
use crate::store::spool::writer::{Published, Spool, SpoolState};

/// Records to be written together.
#[derive(Clone, PartialEq, Debug)]
pub struct Batch {
    /// The records in order.
    pub records: Vec<Record>,
    /// What waits until they are written, given back by [`SpoolNotice::Written`].
    pub gate: Option<u64>,
}

/// What the spool's loop tells.
#[derive(Clone, PartialEq, Debug)]
pub enum SpoolNotice {
    /// The batch with this gate is written (or, while the disk fails, as safe as it can be).
    Written(u64),
    /// These are safe on the disk and may be published, in order.
    Published(Vec<Published>),
    /// Records go elsewhere from now on.
    State(SpoolState),
    /// Something came up or cleared.
    Alarm(Alarm),
}

/// The longest that a written record waits for its `fdatasync`.
const SYNC_AFTER: Duration = Duration::from_millis(20);
/// The most records that wait for it.
const SYNC_RECORDS: usize = 512;
/// How often a failed disk is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often it is tried at the end, when the engine wants to stop.
const LAST_TRIES: u32 = 5;

/// Runs the spool until all senders of `inbox` are gone; then everything is written and synced.
/// To be run on a thread of its own.
pub fn run_spool(mut spool: Spool, inbox: &Receiver<Batch>, mut notify: impl FnMut(SpoolNotice)) {
    let mut state = SpoolState::Healthy;
    let mut sync: Option<Receiver<_>> = None;
    let mut retry: Option<Receiver<_>> = None;
    loop {
        tell(&mut spool, &mut state, &mut notify);
        if state != SpoolState::Healthy && retry.is_none() {
            retry = Some(after(RETRY_AFTER));
        }
        if spool.unsynced() > 0 && sync.is_none() {
            sync = Some(after(SYNC_AFTER));
        }
        let sync_due = sync.clone().unwrap_or_else(never);
        let retry_due = retry.clone().unwrap_or_else(never);
        select! {
            recv(inbox) -> batch => {
                let Ok(batch) = batch else { break };
                take(&mut spool, batch, inbox, &mut notify);
                if spool.unsynced() >= SYNC_RECORDS {
                    publish(spool.sync(), &mut notify);
                    sync = None;
                }
            }
            recv(sync_due) -> _ => {
                publish(spool.sync(), &mut notify);
                sync = None;
            }
            recv(retry_due) -> _ => {
                publish(spool.retry(), &mut notify);
                retry = None;
            }
        }
    }
    stop(&mut spool, &mut state, &mut notify);
}

/// Writes the batch, and those that came meanwhile, at once.
fn take(
    spool: &mut Spool,
    batch: Batch,
    inbox: &Receiver<Batch>,
    notify: &mut impl FnMut(SpoolNotice),
) {
    let mut records = batch.records;
    let mut gates: Vec<u64> = batch.gate.into_iter().collect();
    while records.len() < SYNC_RECORDS
        && let Ok(more) = inbox.try_recv()
    {
        records.extend(more.records);
        gates.extend(more.gate);
    }
    if let Err(overflow) = spool.append(records) {
        tracing::error!(%overflow, "records are lost");
    }
    for gate in gates {
        notify(SpoolNotice::Written(gate));
    }
}

fn publish(fresh: Vec<Published>, notify: &mut impl FnMut(SpoolNotice)) {
    if !fresh.is_empty() {
        notify(SpoolNotice::Published(fresh));
    }
}

fn tell(spool: &mut Spool, state: &mut SpoolState, notify: &mut impl FnMut(SpoolNotice)) {
    for alarm in spool.take_alarms() {
        notify(SpoolNotice::Alarm(alarm));
    }
    let now = spool.state();
    if *state != now {
        *state = now;
        notify(SpoolNotice::State(now));
    }
}

fn stop(spool: &mut Spool, state: &mut SpoolState, notify: &mut impl FnMut(SpoolNotice)) {
    publish(spool.sync(), notify);
    for _ in 0..LAST_TRIES {
        publish(spool.retry(), notify);
        tell(spool, state, notify);
        if *state == SpoolState::Healthy || *state == SpoolState::Reserve {
            return;
        }
        let _ = after(RETRY_AFTER).recv();
    }
    tracing::error!("the disk still fails; records that were in memory only are lost");
}
