use std::time::Duration;

use crossbeam_channel::{Receiver, after, never, select};

use crate::call::Record;
use crate::store::Alarm;
use crate::store::spool::syncing::Syncs;
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
/// While so many wait for a slow `fdatasync`, no more are taken.
const UNSYNCED_MAX: usize = 65_536;
/// How often a failed disk is tried again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How often it is tried at the end, when the engine wants to stop.
const LAST_TRIES: u32 = 5;

/// Runs the spool until all senders of `inbox` are gone; then everything is written and synced.
/// To be run on a thread of its own, and [`run_syncs`](crate::store::spool::run_syncs) on another.
pub fn run_spool(
    mut spool: Spool,
    inbox: &Receiver<Batch>,
    syncs: &Syncs,
    mut notify: impl FnMut(SpoolNotice),
) {
    let mut state = SpoolState::Healthy;
    let mut sync: Option<Receiver<_>> = None;
    let mut retry: Option<Receiver<_>> = None;
    let mut syncing = false;
    let (nothing, none_done) = (never(), never());
    loop {
        tell(&mut spool, &mut state, &mut notify);
        if state != SpoolState::Healthy && retry.is_none() {
            retry = Some(after(RETRY_AFTER));
        }
        if !syncing && spool.unsynced() >= SYNC_RECORDS {
            syncing = begin(&mut spool, syncs, &mut notify);
            sync = None;
        }
        if !syncing && spool.unsynced() > 0 && sync.is_none() {
            sync = Some(after(SYNC_AFTER));
        }
        let sync_due = sync.clone().unwrap_or_else(never);
        let retry_due = retry.clone().unwrap_or_else(never);
        let done = if syncing { &syncs.done } else { &none_done };
        let batches = if spool.unsynced() < UNSYNCED_MAX { inbox } else { &nothing };
        select! {
            recv(batches) -> batch => {
                let Ok(batch) = batch else { break };
                take(&mut spool, batch, inbox, &mut notify);
            }
            recv(done) -> done => {
                syncing = false;
                match done {
                    Ok(done) => publish(spool.end_sync(done), &mut notify),
                    Err(_) => publish(spool.sync(), &mut notify),
                }
            }
            recv(sync_due) -> _ => {
                syncing = begin(&mut spool, syncs, &mut notify);
                sync = None;
            }
            recv(retry_due) -> _ => {
                publish(spool.retry(), &mut notify);
                retry = None;
            }
        }
    }
    if syncing && let Ok(done) = syncs.done.recv() {
        publish(spool.end_sync(done), &mut notify);
    }
    stop(&mut spool, &mut state, &mut notify);
}

/// Begins a sync beside the writing and returns true; while the disk fails (and should the other
/// thread be gone) it is done here.
fn begin(spool: &mut Spool, syncs: &Syncs, notify: &mut impl FnMut(SpoolNotice)) -> bool {
    match spool.begin_sync().map(|job| syncs.jobs.send(job)) {
        Some(Ok(())) => true,
        Some(Err(unsent)) => {
            publish(spool.end_sync(unsent.into_inner().run()), notify);
            false
        }
        None => {
            publish(spool.sync(), notify);
            false
        }
    }
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
