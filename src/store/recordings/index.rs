use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::{fs, io};

use ulid::Ulid;

use crate::base::RecordingId;
use crate::store::recordings::folder::{self, day_path, segment_path};

/// Bytes of an entry on the disk.
pub(super) const ENTRY: usize = 40;
const FINAL: u32 = 1;

/// Says that a recording has a block at a place of this day; of many entries the last counts.
///
/// The index only saves searching: what it does not say is found by scanning the segments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    pub(super) recording: RecordingId,
    pub(super) segment: u32,
    pub(super) offset: u32,
    /// The place behind the block's last sample.
    pub(super) end_sample: u64,
    /// No block follows this one.
    pub(super) is_final: bool,
}

impl Entry {
    pub(super) fn write(&self) -> [u8; ENTRY] {
        let mut bytes = [0; ENTRY];
        let RecordingId(Ulid(id)) = self.recording;
        bytes[..16].copy_from_slice(&id.to_le_bytes());
        bytes[16..20].copy_from_slice(&self.segment.to_le_bytes());
        bytes[20..24].copy_from_slice(&self.offset.to_le_bytes());
        bytes[24..32].copy_from_slice(&self.end_sample.to_le_bytes());
        bytes[32..36].copy_from_slice(&if self.is_final { FINAL } else { 0 }.to_le_bytes());
        let crc = crc32fast::hash(&bytes[..36]);
        bytes[36..].copy_from_slice(&crc.to_le_bytes());
        bytes
    }

    /// Whether the block is where the entry says.
    fn is_there(&self, dir: &Path, day: u32) -> bool {
        let file = File::open(segment_path(dir, day, self.segment)).ok();
        let head = file.and_then(|f| folder::read_block(&f, self.offset.into(), &mut Vec::new()));
        head.is_some_and(|head| head.recording == self.recording)
    }

    fn parse(bytes: &[u8; ENTRY]) -> Option<Self> {
        let number = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        if crc32fast::hash(&bytes[..36]) != number(36) {
            return None;
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[..16]);
        Some(Self {
            recording: RecordingId(Ulid(u128::from_le_bytes(id))),
            segment: number(16),
            offset: number(20),
            end_sample: u64::from(number(24)) | (u64::from(number(28)) << 32),
            is_final: number(32) & FINAL != 0,
        })
    }
}

pub(super) fn index_path(dir: &Path, day: u32) -> PathBuf {
    day_path(dir, day).join("index")
}

/// The newest known block of each recording of one day.
#[derive(Clone, Default, Debug)]
pub(super) struct DayIndex {
    pub(super) tails: HashMap<RecordingId, Entry>,
    /// The newest place that any entry names; everything behind it has to be scanned.
    covered: (u32, u32),
    /// Bytes of the index file, whole entries only.
    pub(super) bytes: u64,
    damaged: bool,
}

impl DayIndex {
    /// Reads the index of a day; when it is missing or damaged it is made from the segments.
    pub(super) fn read(dir: &Path, day: u32) -> io::Result<Self> {
        let bytes = match fs::read(index_path(dir, day)) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e),
        };
        let mut index = Self { damaged: bytes.is_empty(), ..Self::default() };
        let (entries, _torn) = bytes.as_chunks::<ENTRY>();
        index.bytes = (entries.len() * ENTRY) as u64;
        for entry in entries {
            match Entry::parse(entry) {
                Some(entry) => index.take(entry),
                None => index.damaged = true,
            }
        }
        if index.damaged {
            index.rebuild(dir, day)?;
        }
        Ok(index)
    }

    fn take(&mut self, entry: Entry) {
        self.covered = self.covered.max((entry.segment, entry.offset));
        self.tails.insert(entry.recording, entry);
    }

    /// Takes in what lies behind the newest entry.
    pub(super) fn scan_on(&mut self, dir: &Path, day: u32) -> io::Result<()> {
        self.scan(dir, day, self.covered)
    }

    /// Makes the index anew from the segments when it names blocks that are not there: after a power
    /// cut the index may be newer than what it tells of.
    pub(super) fn check(&mut self, dir: &Path, day: u32) -> io::Result<()> {
        let newest = self.covered.0;
        let mut doubtful = self.tails.values().filter(|e| !e.is_final || e.segment == newest);
        if doubtful.all(|entry| entry.is_there(dir, day)) {
            return Ok(());
        }
        self.rebuild(dir, day)
    }

    /// Makes the index from the segments; what was closed stays closed.
    fn rebuild(&mut self, dir: &Path, day: u32) -> io::Result<()> {
        let before = std::mem::take(&mut self.tails);
        self.scan(dir, day, (0, 0))?;
        for (recording, entry) in &mut self.tails {
            let same = |old: &&Entry| (old.segment, old.offset) == (entry.segment, entry.offset);
            let closed = before.get(recording).filter(same).is_some_and(|old| old.is_final);
            entry.is_final |= closed;
        }
        Ok(())
    }

    fn scan(&mut self, dir: &Path, day: u32, from: (u32, u32)) -> io::Result<()> {
        let is_known = |place: (u32, u32)| from != (0, 0) && place <= from;
        folder::scan(dir, day, from, |place, head| {
            if is_known((place.segment, place.offset)) {
                return;
            }
            self.take(Entry {
                recording: head.recording,
                segment: place.segment,
                offset: place.offset,
                end_sample: head.end_sample(),
                is_final: head.last,
            });
        })
    }
}
