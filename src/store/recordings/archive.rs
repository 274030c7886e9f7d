use std::fs::File;
use std::io;
use std::path::PathBuf;

use crate::base::{RecordingId, Wall};
use crate::store::recordings::block::{Head, Place};
use crate::store::recordings::folder::{self, day_of, segment_path};
use crate::store::recordings::index::{DayIndex, Entry};
use crate::store::recordings::wav::Wav;

/// Finds recordings, also one that is being written. Cheap to clone, for any thread.
#[derive(Clone, Debug)]
pub struct Archive {
    dir: PathBuf,
}

/// Part of a recording that was lost (a full or failing disk, overload, a power cut); it plays as
/// silence.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Gap {
    /// The first sample that is missing, 8,000 a second.
    pub first_sample: u64,
    /// How many.
    pub samples: u64,
}

/// A recording as it was when it was looked up.
#[derive(Clone, Debug)]
pub struct Recorded {
    pub(super) dir: PathBuf,
    pub(super) recording: RecordingId,
    /// Ascending, none overlapping the one before by its start.
    pub(super) blocks: Vec<(Place, Head)>,
    finished: bool,
}

/// The longest chain of blocks that is followed: over two days of blocks of 200 ms.
const BLOCKS_MAX: usize = 1_000_000;
const DAY_US: i64 = 24 * 3600 * 1_000_000;

impl Archive {
    /// The recordings in `dir`.
    #[must_use]
    pub const fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// A recording of which nothing was written: it plays as nothing.
    #[must_use]
    pub fn empty(&self, recording: RecordingId) -> Recorded {
        Recorded { dir: self.dir.clone(), recording, blocks: Vec::new(), finished: false }
    }

    /// Looks a recording up; `None` when it has no block (any more).
    ///
    /// # Errors
    /// The folders cannot be read.
    pub fn find(&self, recording: RecordingId) -> io::Result<Option<Recorded>> {
        let Some((place, head)) = self.tail(recording)? else { return Ok(None) };
        let mut blocks = self.chain(place, head);
        let is_complete = blocks.last().is_some_and(|(_, head)| head.previous.is_none());
        if !is_complete {
            tracing::warn!(%recording, "a block is damaged; the recording is searched for");
            blocks = self.search(recording)?;
        }
        blocks.sort_by_key(|(place, head)| (head.first_sample, *place));
        let finished = blocks.iter().any(|(_, head)| head.last);
        Ok(Some(Recorded { dir: self.dir.clone(), recording, blocks, finished }))
    }

    /// The newest block of a recording. It may lie in an earlier day's folder than another one when
    /// the clock was set back.
    pub(super) fn tail(&self, recording: RecordingId) -> io::Result<Option<(Place, Head)>> {
        let mut newest = None;
        for day in self.days(recording)? {
            let index = DayIndex::read(&self.dir, day)?;
            let Some(entry) = index.tails.get(&recording) else { continue };
            let mut of_day = self.tail_of_day(day, entry)?;
            if of_day.is_none() {
                of_day = self.search(recording)?.pop();
            }
            newest = newest
                .into_iter()
                .chain(of_day)
                .max_by_key(|(_, head): &(_, Head)| (head.end_sample(), head.first_sample));
        }
        Ok(newest)
    }

    /// The newest block on a day whose index has this entry.
    fn tail_of_day(&self, day: u32, entry: &Entry) -> io::Result<Option<(Place, Head)>> {
        if entry.is_final {
            let file = File::open(segment_path(&self.dir, day, entry.segment)).ok();
            let head = file
                .and_then(|file| folder::read_head(&file, u64::from(entry.offset)))
                .filter(|head| head.recording == entry.recording);
            let place = Place { day, segment: entry.segment, offset: entry.offset };
            if let Some(head) = head {
                return Ok(Some((place, head)));
            }
        }
        let mut newest = None;
        folder::scan(&self.dir, day, (entry.segment, entry.offset), |place, head| {
            if head.recording == entry.recording {
                newest = Some((place, head));
            }
        })?;
        Ok(newest)
    }

    /// The folders in which the recording can lie: it began on the day that its id tells.
    fn days(&self, recording: RecordingId) -> io::Result<Vec<u32>> {
        let us = i64::try_from(recording.0.timestamp_ms()).unwrap_or(i64::MAX).saturating_mul(1000);
        let day = |days: i64| day_of(Wall::from_micros(us.saturating_add(days * DAY_US)));
        let near = [day(-1), day(0), day(1), day(2)];
        Ok(folder::days(&self.dir)?.into_iter().filter(|d| near.contains(d)).collect())
    }

    /// All blocks from the newest back to the first, or to a damaged one.
    fn chain(&self, place: Place, head: Head) -> Vec<(Place, Head)> {
        let mut blocks = vec![(place, head)];
        let mut open: Option<(Place, File)> = None;
        let mut at = head;
        while let Some(previous) = at.previous.filter(|_| blocks.len() < BLOCKS_MAX) {
            let same = |p: &Place| (p.day, p.segment) == (previous.day, previous.segment);
            let file = match open.take().filter(|(place, _)| same(place)) {
                Some((_, file)) => file,
                None => match File::open(segment_path(&self.dir, previous.day, previous.segment)) {
                    Ok(file) => file,
                    Err(_) => break,
                },
            };
            match folder::read_head(&file, u64::from(previous.offset)) {
                Some(head)
                    if head.recording == at.recording && head.first_sample <= at.first_sample =>
                {
                    blocks.push((previous, head));
                    at = head;
                }
                _ => break,
            }
            open = Some((previous, file));
        }
        blocks
    }

    /// All blocks by reading everything of the days.
    fn search(&self, recording: RecordingId) -> io::Result<Vec<(Place, Head)>> {
        let mut blocks = Vec::new();
        for day in self.days(recording)? {
            folder::scan(&self.dir, day, (0, 0), |place, head| {
                if head.recording == recording && blocks.len() < BLOCKS_MAX {
                    blocks.push((place, head));
                }
            })?;
        }
        Ok(blocks)
    }
}

impl Recorded {
    /// Which recording.
    #[must_use]
    pub const fn recording(&self) -> RecordingId {
        self.recording
    }

    /// Samples of each channel, 8,000 a second, gaps included.
    #[must_use]
    pub fn samples(&self) -> u64 {
        self.blocks.iter().map(|(_, head)| head.end_sample()).max().unwrap_or(0)
    }

    /// Whether its last block is there; else it is still being written or was cut by a crash.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        self.finished
    }

    /// What was lost.
    #[must_use]
    pub fn gaps(&self) -> Vec<Gap> {
        let mut gaps = Vec::new();
        let mut end = 0;
        for (_, head) in &self.blocks {
            if head.first_sample > end {
                gaps.push(Gap { first_sample: end, samples: head.first_sample - end });
            }
            end = end.max(head.end_sample());
        }
        gaps
    }

    /// The recording as a stereo A-law WAV file.
    #[must_use]
    pub fn into_wav(self) -> Wav {
        Wav::new(self)
    }
}
