use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::Sender;

use crate::config::Config;
use crate::media;
use crate::node::clock::Clock;
use crate::node::engine::{StartError, block_lane, system};
use crate::node::lanes::Senders;
use crate::node::threads;
use crate::store::{Archive, Block, Interrupted, RecordingSettings, Recordings, run_recordings};

/// How long the last blocks have to reach the disk.
const PATIENCE: Duration = Duration::from_secs(4);

/// The threads that bring recordings to the disk.
pub(crate) struct RecordingThreads {
    /// Where the media workers put blocks.
    pub(crate) blocks: Sender<media::Block>,
    pub(crate) archive: Archive,
    /// Recordings that a crash cut off.
    pub(crate) interrupted: Vec<Interrupted>,
    threads: Vec<JoinHandle<()>>,
}

/// Opens the recordings and starts their writer.
pub(crate) fn start(
    config: &Config,
    clock: Clock,
    senders: &Senders,
) -> Result<RecordingThreads, StartError> {
    let folder = config.node.data.join("recordings");
    let records = &config.node.records;
    let settings = RecordingSettings {
        segment_bytes: u32::try_from(records.segment_bytes).unwrap_or(u32::MAX),
        ..RecordingSettings::default()
    };
    let what = format!("the recordings {} cannot be opened", folder.display());
    let (recordings, interrupted) = Recordings::open(&folder, settings).map_err(system(what))?;
    let archive = recordings.archive();
    let (blocks, from_media) = block_lane::<media::Block>();
    let (to_store, stored) = block_lane::<Block>();
    let to_core = senders.clone();
    let writer = threads::spawn("recordings", move || {
        run_recordings(recordings, &stored, || clock.wall(), |alarm| to_core.alarm(alarm));
    });
    let carrier = threads::spawn("blocks", move || {
        for block in from_media {
            let media::Block { recording, first_sample, samples, last } = block;
            if to_store.send(Block { recording, first_sample, samples, last }).is_err() {
                return;
            }
        }
    });
    Ok(RecordingThreads { blocks, archive, interrupted, threads: vec![carrier, writer] })
}

impl RecordingThreads {
    /// Waits until all blocks are written; the media workers must be gone.
    pub(crate) fn stop(self) {
        drop(self.blocks);
        for thread in self.threads {
            threads::join_within(thread, PATIENCE, || {});
        }
    }
}
