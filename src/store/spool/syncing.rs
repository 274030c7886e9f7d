use std::io;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::store::disk::DiskFile;
use crate::store::spool::writer::{Published, Spool};

/// Written records that are to be made last. It is done beside the writing: `fdatasync` may take
/// long, and an answer to a call waits for `write(2)` alone.
#[derive(Debug)]
pub struct SyncJob {
    file: Arc<DiskFile>,
    records: usize,
    turn: u64,
}

/// What became of a [`SyncJob`].
#[derive(Debug)]
pub struct SyncDone {
    records: usize,
    turn: u64,
    result: io::Result<()>,
}

/// The way to the thread that runs [`run_syncs`], and back.
#[derive(Debug)]
pub struct Syncs {
    /// To it.
    pub jobs: Sender<SyncJob>,
    /// From it.
    pub done: Receiver<SyncDone>,
}

/// Does the syncs of a spool until its loop has ended. To be run on a thread of its own.
pub fn run_syncs(jobs: &Receiver<SyncJob>, done: &Sender<SyncDone>) {
    while let Ok(job) = jobs.recv() {
        if done.send(job.run()).is_err() {
            return;
        }
    }
}

impl SyncJob {
    /// `fdatasync`.
    #[must_use]
    pub fn run(self) -> SyncDone {
        SyncDone { records: self.records, turn: self.turn, result: self.file.sync() }
    }
}

impl Spool {
    /// Begins to make last what is written; `None` when nothing is, or while the disk fails. One
    /// job at a time.
    pub fn begin_sync(&mut self) -> Option<SyncJob> {
        if self.unsynced() == 0 || self.failing {
            return None;
        }
        let file = Arc::clone(self.file.as_ref()?);
        Some(SyncJob { file, records: self.written, turn: self.turn })
    }

    /// A job is done: returns what may be published.
    pub fn end_sync(&mut self, done: SyncDone) -> Vec<Published> {
        // What was written has gone another way since.
        if done.turn != self.turn {
            return Vec::new();
        }
        if let Err(error) = done.result {
            self.fail(&error);
            return self.sync();
        }
        let mut fresh = self.synced(done.records);
        if self.is_long() {
            // A file ends with a synced record: the rest of it now, and the next one begins.
            fresh.extend(self.sync());
        }
        fresh
    }
}
