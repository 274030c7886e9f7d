use std::collections::HashMap;
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::base::{Random, RecordId, RecordingId, Wall};
use crate::call::{Fact, Record};
use crate::config::Config;
use crate::node::clock::Clock;
use crate::node::engine::{StartError, system};
use crate::node::lanes::Senders;
use crate::node::threads;
use crate::store::{
    Alarm, Batch, Interrupted, OpenCall, Published, Spool, SpoolNotice, SpoolReader, SpoolSettings,
    SpoolState, Syncs, crash_cdr, run_spool, run_syncs,
};

/// Batches that may wait for the spool's thread. It holds seconds of the busiest hour; when it is half
/// full new calls are refused, and when it is full records wait with the core's hands.
const BATCHES: usize = 65_536;

/// Groups of synced records that may wait to be published.
const PUBLISHED: usize = 1_024;

/// The spool's thread and the ways to it.
pub(crate) struct Spooling {
    pub(crate) batches: Sender<Batch>,
    pub(crate) reader: SpoolReader,
    pub(crate) thread: JoinHandle<()>,
    /// What is synced and may be published.
    pub(crate) published: Receiver<Vec<Published>>,
}

/// Opens the spool, closes the calls that a crash left open (R16), and starts its thread.
pub(crate) fn start(
    config: &Config,
    clock: Clock,
    senders: &Senders,
    interrupted: &[Interrupted],
) -> Result<Spooling, StartError> {
    let folder = config.node.data.join("spool");
    let records = &config.node.records;
    let settings = SpoolSettings {
        file_bytes: u32::try_from(records.spool_file_bytes).unwrap_or(u32::MAX),
        reserve_bytes: records.reserve_bytes,
        memory_bytes: records.memory_bytes,
        keep: records.spool_keep,
        ..SpoolSettings::default()
    };
    let what = format!(
        "the spool {} cannot be opened; is another hotline running on this data folder?",
        folder.display()
    );
    let (spool, recovered) = Spool::open(&folder, settings).map_err(system(what))?;
    let reader = spool.reader();
    let (batches, inbox) = bounded(BATCHES);
    let (publish, published) = bounded(PUBLISHED);
    let to_core = senders.clone();
    let (jobs, to_sync) = bounded(1);
    let (synced, done) = bounded(1);
    // It ends when the spool's thread drops its side.
    drop(threads::spawn("spool-sync", move || run_syncs(&to_sync, &synced)));
    let thread = threads::spawn("spool", move || {
        let mut refuses = false;
        run_spool(spool, &inbox, &Syncs { jobs, done }, |notice| match notice {
            SpoolNotice::Written(gate) => to_core.written(gate),
            SpoolNotice::Published(published) => {
                // Full: the publisher is behind, which waits for nobody (slow readers of events are sent
                // back to the spool), so the spool may wait for it. It may be gone, too.
                let _ = publish.send(published);
            }
            SpoolNotice::State(state) => {
                let full = state == SpoolState::Full;
                to_core.records_full(full);
                if full != std::mem::replace(&mut refuses, full) {
                    tell(&to_core, records_full(full));
                }
            }
            SpoolNotice::Alarm(alarm) => tell(&to_core, alarm),
        });
    });
    let first = first_records(config, clock, recovered.open_calls, interrupted);
    if batches.send(Batch { records: first, gate: None }).is_err() {
        tracing::error!("the spool's thread is gone");
    }
    Ok(Spooling { batches, reader, thread, published })
}

/// The alarm that says whether new calls are refused for want of room for their records (R20).
fn records_full(full: bool) -> Alarm {
    let what = if full {
        "new calls get 503: the records' disk, its reserve and the memory for records are full; calls \
         that are up go on; make space at once"
    } else {
        "new calls are taken again"
    };
    Alarm { id: "records-full", what: what.to_owned(), cleared: !full }
}

/// The records of a start: that it is one, and the ends of all that was up.
fn first_records(
    config: &Config,
    clock: Clock,
    open: Vec<OpenCall>,
    interrupted: &[Interrupted],
) -> Vec<Record> {
    let now = clock.wall();
    let mut random = Random::from_seed(threads::system_seed());
    let mut record = |at: Wall, fact: Fact| Record {
        id: RecordId::new(at, random.next_u128()),
        at,
        tenant: config.call.tenant.clone(),
        fact,
    };
    let lengths: HashMap<RecordingId, u64> =
        interrupted.iter().map(|one| (one.recording, one.length_ms)).collect();
    let mut records = Vec::new();
    if !open.is_empty() {
        tracing::warn!(
            calls = open.len(),
            "calls were up when the last run ended; they are closed with cause crash"
        );
    }
    for mut call in open {
        if let Some((recording, length_ms)) =
            call.recording.and_then(|id| lengths.get(&id).map(|length| (id, *length)))
        {
            let began = call.recorded_since.or(call.connected).unwrap_or(call.t_in);
            call.seen(began.after(Duration::from_millis(length_ms)));
            let fact = Fact::RecordingEnded { call: call.arrived.call, recording, length_ms };
            records.push(record(call.last_seen, fact));
        }
        records.push(crash_cdr(&call, now));
    }
    records.push(record(now, Fact::Started { version: env!("CARGO_PKG_VERSION").to_owned() }));
    records
}

/// Brings an alarm of a store thread to the core, which records it.
pub(crate) fn tell(senders: &Senders, alarm: Alarm) {
    if alarm.cleared {
        tracing::info!(id = alarm.id, what = alarm.what, "alarm cleared");
    } else {
        tracing::error!(id = alarm.id, what = alarm.what, "alarm");
    }
    senders.alarm(alarm);
}
