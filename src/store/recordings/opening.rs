use std::collections::HashMap;
use std::path::Path;
use std::{fs, io};

use crate::base::RecordingId;
use crate::store::disk::Disk;
use crate::store::recordings::folder::{day_bytes, days};
use crate::store::recordings::index::{DayIndex, Entry, index_path};
use crate::store::recordings::writer::{RecordingSettings, Recordings};

/// A recording that a crash cut off.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interrupted {
    /// Which.
    pub recording: RecordingId,
    /// Its length, ms.
    pub length_ms: u64,
}

impl Recordings {
    /// Opens the recordings in `dir`, which is made when it is absent; tells what a crash cut off. A
    /// folder that cannot be made is tried again with the first block, like any disk that fails.
    ///
    /// # Errors
    /// What is there cannot be read.
    pub fn open(dir: &Path, settings: RecordingSettings) -> io::Result<(Self, Vec<Interrupted>)> {
        Self::open_on(Disk::default(), dir, settings)
    }

    pub(super) fn open_on(
        disk: Disk,
        dir: &Path,
        settings: RecordingSettings,
    ) -> io::Result<(Self, Vec<Interrupted>)> {
        if let Err(error) = fs::create_dir_all(dir) {
            tracing::error!(%error, folder = %dir.display(), "recordings cannot be kept yet");
        }
        let mut bytes = 0;
        for day in days(dir)? {
            bytes += day_bytes(dir, day)?;
        }
        let recordings = Self {
            dir: dir.to_path_buf(),
            disk,
            settings,
            segment: None,
            live: HashMap::new(),
            today: 0,
            bytes,
            unindexed: Vec::new(),
            dirty: false,
            trouble: None,
            alarms: Vec::new(),
        };
        let interrupted = recordings.close_interrupted()?;
        Ok((recordings, interrupted))
    }

    /// Finds what the last run left unfinished on its last day and completes the index.
    fn close_interrupted(&self) -> io::Result<Vec<Interrupted>> {
        let Some(day) = days(&self.dir)?.pop() else { return Ok(Vec::new()) };
        let mut index = DayIndex::read(&self.dir, day)?;
        index.check(&self.dir, day)?;
        index.scan_on(&self.dir, day)?;
        let open: Vec<_> = index.tails.values().filter(|entry| !entry.is_final).collect();
        let mut bytes = Vec::new();
        for entry in &open {
            bytes.extend_from_slice(&Entry { is_final: true, ..**entry }.write());
        }
        let written = self
            .disk
            .open(&index_path(&self.dir, day))
            .and_then(|file| file.write_at(index.bytes, &bytes));
        if let Err(error) = written {
            tracing::warn!(%error, day, "the index of the recordings cannot be completed");
        }
        let ms = |entry: &&Entry| Interrupted {
            recording: entry.recording,
            length_ms: entry.end_sample / 8,
        };
        Ok(open.iter().map(ms).collect())
    }
}
