use std::collections::HashMap;
use std::path::PathBuf;
use std::{fs, io};

use crate::base::{RecordingId, Wall};
use crate::store::Alarm;
use crate::store::disk::Disk;
use crate::store::recordings::archive::Archive;
use crate::store::recordings::block::{Block, Head, Place, SAMPLES_MAX};
use crate::store::recordings::folder::{day_bytes, day_of, day_path, days, days_before};
use crate::store::recordings::index::Entry;
use crate::store::recordings::segment::Segment;

/// What recordings may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordingSettings {
    /// A segment is closed before it gets longer than this, bytes. Default 256 MiB, at most 2 GiB.
    pub segment_bytes: u32,
    /// All recordings together may be this long, bytes; then recording stops with an alarm.
    /// Default: no limit but the disk.
    pub quota_bytes: Option<u64>,
    /// Days after which recordings are deleted. Default: never.
    pub keep_days: Option<u32>,
}

impl Default for RecordingSettings {
    fn default() -> Self {
        Self { segment_bytes: 256 << 20, quota_bytes: None, keep_days: None }
    }
}

/// The writer of all recordings. It has one owner.
#[derive(Debug)]
pub struct Recordings {
    pub(super) dir: PathBuf,
    pub(super) disk: Disk,
    pub(super) settings: RecordingSettings,
    pub(super) segment: Option<Segment>,
    pub(super) live: HashMap<RecordingId, Live>,
    /// The day of the last block.
    pub(super) today: u32,
    /// Bytes of all recordings.
    pub(super) bytes: u64,
    /// Entries that could not be written to the index yet.
    pub(super) unindexed: Vec<Entry>,
    pub(super) dirty: bool,
    pub(super) trouble: Option<Trouble>,
    pub(super) alarms: Vec<Alarm>,
}

/// A recording that goes on.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Live {
    last: Option<Place>,
    end_sample: u64,
    /// Blocks since the index was told.
    unnoted: u32,
    /// Something before the next block was lost.
    lost: bool,
    /// The last block was lost; it ends here.
    ends: Option<u64>,
    /// Syncs without a block.
    idle: u32,
}

/// What keeps recordings from being written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Trouble {
    alarm: &'static str,
    dropped: u64,
    /// Syncs since a block was dropped.
    quiet: u32,
}

/// The index is told of every so manieth block of a recording.
const NOTE_BLOCKS: u32 = 10;
/// A recording without a block for so many syncs (seconds) is no longer watched.
const IDLE_SYNCS: u32 = 60;
/// So many syncs without a loss clear the alarm.
const QUIET_SYNCS: u32 = 3;
/// The most days that are deleted at once.
const FORGET_DAYS: usize = 8;
impl Recordings {
    /// Finds recordings, also those that are being written.
    #[must_use]
    pub fn archive(&self) -> Archive {
        Archive::new(self.dir.clone())
    }

    /// Bytes of all recordings.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many recordings go on, as far as is known here.
    #[cfg(test)]
    pub(crate) fn watched(&self) -> usize {
        self.live.len()
    }

    /// What came up or cleared since the last time.
    pub fn take_alarms(&mut self) -> Vec<Alarm> {
        std::mem::take(&mut self.alarms)
    }

    /// Writes a block; `wall` says in which day's folder. When that fails the block is dropped, the
    /// recording has a gap there, and an alarm is up; the next block is tried again.
    pub fn append(&mut self, wall: Wall, block: &Block) {
        let length = block.samples.len();
        if length > SAMPLES_MAX || !length.is_multiple_of(2) {
            tracing::error!(recording = %block.recording, length, "a block of impossible length");
            return;
        }
        let mut live = match self.live.get(&block.recording) {
            Some(live) => *live,
            None => self.take_up(block),
        };
        let head = Head {
            recording: block.recording,
            first_sample: block.first_sample,
            count: u32::try_from(length / 2).unwrap_or(0),
            previous: live.last,
            last: block.last,
            after_gap: live.lost || block.first_sample > live.end_sample,
        };
        live.idle = 0;
        match self.write(wall, &head, &block.samples) {
            Ok(place) => {
                let is_new_day = live.last.is_none_or(|last| last.day != place.day);
                live.last = Some(place);
                live.end_sample = head.end_sample();
                live.lost = false;
                live.unnoted += 1;
                if is_new_day || block.last || live.unnoted >= NOTE_BLOCKS {
                    live.unnoted = 0;
                    self.note(place, &head);
                }
                if block.last {
                    self.live.remove(&block.recording);
                    return;
                }
            }
            Err(error) => {
                self.drop_block(&error);
                live.lost = true;
                live.ends = block.last.then(|| head.end_sample());
            }
        }
        self.live.insert(block.recording, live);
    }

    /// A recording that is new, or was begun by an earlier run or before a long silence.
    fn take_up(&self, block: &Block) -> Live {
        if block.first_sample == 0 {
            return Live::default();
        }
        match self.archive().tail(block.recording) {
            Ok(Some((place, head))) => {
                Live { last: Some(place), end_sample: head.end_sample(), ..Live::default() }
            }
            Ok(None) => Live { lost: true, ..Live::default() },
            Err(error) => {
                tracing::warn!(%error, recording = %block.recording, "earlier blocks are not found");
                Live { lost: true, ..Live::default() }
            }
        }
    }

    fn write(&mut self, wall: Wall, head: &Head, samples: &[u8]) -> io::Result<Place> {
        let day = day_of(wall);
        let length = head.block_bytes() as u64;
        if self.today != day {
            self.today = day;
            self.forget_old();
        }
        if self.settings.quota_bytes.is_some_and(|quota| self.bytes + length > quota) {
            return Err(io::ErrorKind::QuotaExceeded.into());
        }
        let segment = self.segment_for(day, length)?;
        let place = Place {
            day: segment.day,
            segment: segment.number,
            offset: u32::try_from(segment.end).map_err(io::Error::other)?,
        };
        segment.file.write_at(segment.end, &head.write(samples))?;
        segment.end += length;
        self.bytes += length;
        self.dirty = true;
        Ok(place)
    }

    fn drop_block(&mut self, error: &io::Error) {
        let alarm = match error.kind() {
            io::ErrorKind::QuotaExceeded => "recordings-quota",
            _ => "recordings-disk",
        };
        match &mut self.trouble {
            Some(trouble) if trouble.alarm == alarm => {
                trouble.dropped += 1;
                trouble.quiet = 0;
            }
            _ => {
                self.clear_trouble();
                self.trouble = Some(Trouble { alarm, dropped: 1, quiet: 0 });
                self.alarms.push(Alarm::raised(
                    alarm,
                    format!(
                        "recordings have gaps: {} takes no more: {error}; calls go on; make space, \
                         raise the quota or mend the disk",
                        self.dir.display()
                    ),
                ));
            }
        }
    }

    fn clear_trouble(&mut self) {
        if let Some(trouble) = self.trouble.take() {
            tracing::warn!(blocks = trouble.dropped, "blocks of recordings were dropped");
            self.alarms.push(Alarm::cleared(trouble.alarm, "recordings are written again"));
        }
    }

    /// Makes what was written last (`fdatasync`). To be called once a second.
    pub fn sync(&mut self) {
        if !self.unindexed.is_empty() {
            self.write_index();
        }
        if let Some(segment) = self.segment.as_ref().filter(|_| self.dirty) {
            match segment.file.sync() {
                Ok(()) => self.dirty = false,
                Err(error) => self.drop_block(&error),
            }
        }
    }

    /// Does what is due once a second: makes everything last, ends recordings whose last block was
    /// lost, forgets those that stopped without one.
    pub fn tick(&mut self, wall: Wall) {
        self.write_ends(wall);
        self.sync();
        if let Some(trouble) = &mut self.trouble {
            trouble.quiet += 1;
            let is_over = trouble.quiet > QUIET_SYNCS && !self.live.values().any(|l| l.lost);
            if is_over {
                self.clear_trouble();
            }
        }
        self.forget_idle();
    }

    /// Recordings that stopped without a last block end where they are.
    fn forget_idle(&mut self) {
        let today = self.segment.as_ref().map(|segment| segment.day);
        let unindexed = &mut self.unindexed;
        self.live.retain(|recording, live| {
            live.idle += 1;
            let stays = live.idle <= IDLE_SYNCS || live.ends.is_some();
            if !stays && let Some(place) = live.last.filter(|place| Some(place.day) == today) {
                unindexed.push(Entry {
                    recording: *recording,
                    segment: place.segment,
                    offset: place.offset,
                    end_sample: live.end_sample,
                    is_final: true,
                });
            }
            stays
        });
    }

    /// Marks the true end of recordings whose last block was lost.
    fn write_ends(&mut self, wall: Wall) {
        let ended = self.live.iter().filter_map(|(id, live)| Some((*id, *live, live.ends?)));
        for (recording, live, end) in ended.collect::<Vec<_>>() {
            let head = Head {
                recording,
                first_sample: end,
                count: 0,
                previous: live.last,
                last: true,
                after_gap: true,
            };
            match self.write(wall, &head, &[]) {
                Ok(place) => {
                    self.note(place, &head);
                    self.live.remove(&recording);
                }
                Err(_) => return,
            }
        }
    }

    /// Deletes the folders of days that are too long ago; a few at each change of the day, so that a
    /// clock that is set wrongly does not cost everything.
    fn forget_old(&mut self) {
        let Some(keep) = self.settings.keep_days else { return };
        let Ok(all) = days(&self.dir) else { return };
        let oldest = days_before(self.today, keep);
        for day in all.into_iter().filter(|day| *day < oldest).take(FORGET_DAYS) {
            let bytes = day_bytes(&self.dir, day).unwrap_or(0);
            match fs::remove_dir_all(day_path(&self.dir, day)) {
                Ok(()) => self.bytes = self.bytes.saturating_sub(bytes),
                Err(error) => tracing::warn!(%error, day, "old recordings cannot be deleted"),
            }
        }
    }
}
