use std::{fs, io};

use crate::store::disk::{DiskFile, sync_dir};
use crate::store::recordings::block::{Head, Place};
use crate::store::recordings::folder::{day_path, segment_path, segments};
use crate::store::recordings::index::{ENTRY, Entry, index_path};
use crate::store::recordings::writer::Recordings;

/// The segment that is written, and its day's index.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) day: u32,
    pub(super) number: u32,
    pub(super) file: DiskFile,
    pub(super) end: u64,
    pub(super) index: DiskFile,
    pub(super) index_end: u64,
}

/// The most entries that wait for the index.
const UNINDEXED_MAX: usize = 10_000;

impl Recordings {
    /// The segment that takes `length` more bytes on `day`; a new one when it is time.
    pub(super) fn segment_for(&mut self, day: u32, length: u64) -> io::Result<&mut Segment> {
        let limit = u64::from(self.settings.segment_bytes);
        let is_right = |s: &Segment| s.day == day && (s.end == 0 || s.end + length <= limit);
        match self.segment.take_if(|segment| is_right(segment)) {
            Some(segment) => Ok(self.segment.insert(segment)),
            None => {
                self.sync();
                let segment = self.begin_segment(day)?;
                // What the index of the old day was not told is found by scanning.
                self.unindexed.clear();
                Ok(self.segment.insert(segment))
            }
        }
    }

    fn begin_segment(&self, day: u32) -> io::Result<Segment> {
        fs::create_dir_all(day_path(&self.dir, day))?;
        let number = segments(&self.dir, day)?.last().copied().unwrap_or(0) + 1;
        let index = self.disk.open(&index_path(&self.dir, day))?;
        let index_end = index.len()? / ENTRY as u64 * ENTRY as u64;
        let file = self.disk.open(&segment_path(&self.dir, day, number))?;
        sync_dir(&day_path(&self.dir, day))?;
        sync_dir(&self.dir)?;
        Ok(Segment { day, number, file, end: 0, index, index_end })
    }

    pub(super) fn note(&mut self, place: Place, head: &Head) {
        self.unindexed.push(Entry {
            recording: head.recording,
            segment: place.segment,
            offset: place.offset,
            end_sample: head.end_sample(),
            is_final: head.last,
        });
        self.write_index();
    }

    pub(super) fn write_index(&mut self) {
        let Some(segment) = &mut self.segment else { return };
        let mut bytes = Vec::new();
        for entry in &self.unindexed {
            bytes.extend_from_slice(&entry.write());
        }
        match segment.index.write_at(segment.index_end, &bytes) {
            Ok(()) => {
                segment.index_end += bytes.len() as u64;
                self.unindexed.clear();
            }
            Err(error) => {
                tracing::debug!(%error, "the index of the recordings lags behind");
                self.unindexed.truncate(UNINDEXED_MAX);
            }
        }
    }
}
