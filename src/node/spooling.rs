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
use crate::node::recording_desk::RecordingThreads;
use crate::node::threads;
use crate::store::{
    Alarm, Archive, Batch, OpenCall, Published, Spool, SpoolNotice, SpoolReader, SpoolSettings,
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
    recordings: &RecordingThreads,
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
                    to_core.alarm(records_full(full));
                }
            }
            SpoolNotice::Alarm(alarm) => to_core.alarm(alarm),
        });
    });
    let first = first_records(config, clock, recovered.open_calls, recordings);
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
    recordings: &RecordingThreads,
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
        recordings.interrupted.iter().map(|one| (one.recording, one.length_ms)).collect();
    let mut records = Vec::new();
    if !open.is_empty() {
        tracing::warn!(
            calls = open.len(),
            "calls were up when the last run ended; they are closed with cause crash"
        );
    }
    for mut call in open {
        if let Some(end) = end_recording(&mut call, &lengths, &recordings.archive) {
            records.push(record(call.last_seen, end));
        }
        records.push(crash_cdr(&call, now));
    }
    records.push(record(now, Fact::Started { version: env!("CARGO_PKG_VERSION").to_owned() }));
    records
}

/// The end of the recording that the crash cut off, told by its sound. A recording without any sound
/// has the length 0, and the call's record does not name it.
fn end_recording(
    call: &mut OpenCall,
    lengths: &HashMap<RecordingId, u64>,
    archive: &Archive,
) -> Option<Fact> {
    let recording = call.recording?;
    let length_ms = match lengths.get(&recording) {
        Some(length_ms) => {
            let began = call.recorded_since.or(call.connected).unwrap_or(call.t_in);
            call.seen(began.after(Duration::from_millis(*length_ms)));
            *length_ms
        }
        // It ended before the crash, or there is nothing of it.
        None if matches!(archive.find(recording), Ok(None)) => {
            call.recording = None;
            0
        }
        None => return None,
    };
    Some(Fact::RecordingEnded { call: call.arrived.call, recording, length_ms })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::CallId;

    fn open_call(recording: RecordingId) -> OpenCall {
        let call = CallId::new(Wall::from_micros(1_000_000), 1);
        let text = serde_json::json!({
            "tenant": "t", "t_in": 1_000_000, "offers": 1, "hold_ms": 0,
            "last_seen": 2_000_000, "recording": recording, "recorded_since": 2_000_000,
            "arrived": {
                "call": call, "caller_raw": "", "caller": "", "called": "1", "sip_call_id": "a"
            },
        });
        serde_json::from_value(text).expect("an open call")
    }

    #[test]
    fn a_record_of_a_crash_names_no_recording_without_sound() {
        let dir = tempfile::tempdir().expect("a folder");
        let archive = Archive::new(dir.path().to_path_buf());
        let recording = RecordingId::new(Wall::from_micros(2_000_000), 2);
        let ended = |length_ms| {
            let call = open_call(recording).arrived.call;
            Some(Fact::RecordingEnded { call, recording, length_ms })
        };

        let mut silent = open_call(recording);
        assert_eq!(end_recording(&mut silent, &HashMap::new(), &archive), ended(0));
        assert_eq!(silent.recording, None);

        let mut heard = open_call(recording);
        let lengths = HashMap::from([(recording, 1_500)]);
        assert_eq!(end_recording(&mut heard, &lengths, &archive), ended(1_500));
        assert_eq!(heard.recording, Some(recording));
        assert_eq!(heard.last_seen, Wall::from_micros(3_500_000), "it was up as long as it sounds");
    }
}
