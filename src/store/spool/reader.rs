use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::TenantId;
use crate::store::spool::frame::{self, Envelope, Found, Kind};
use crate::store::spool::position::{Marks, Position, file_path, files};
use crate::store::spool::recover::read_header;
use crate::store::spool::reserve::Reserve;
use crate::store::spool::writer::Published;

/// Reads what is synced. Cheap to clone, for any thread; every call opens the file anew.
#[derive(Clone, Debug)]
pub struct SpoolReader {
    dir: PathBuf,
    marks: Arc<Marks>,
}

/// A record and where it lies.
#[derive(Clone, PartialEq, Debug)]
pub struct Stored {
    /// Where its frame begins.
    pub at: Position,
    /// The record.
    pub published: Published,
}

/// Some records in order.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Chunk {
    /// The records; empty when there is nothing new.
    pub records: Vec<Stored>,
    /// Where to read on.
    pub next: Position,
    /// Bytes that were no records, or records that this version does not know, and were skipped.
    pub skipped: u64,
}

/// Why an event stream cannot be resumed from a number.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// The events behind this number are no longer kept.
    #[error("events up to number {oldest} are no longer kept")]
    TooOld {
        /// The smallest number that can be resumed from.
        oldest: u64,
    },
    /// The spool cannot be read.
    #[error("the spool cannot be read: {0}")]
    Io(#[from] io::Error),
}

impl SpoolReader {
    pub(super) const fn new(dir: PathBuf, marks: Arc<Marks>) -> Self {
        Self { dir, marks }
    }

    /// Where the synced part ends.
    #[must_use]
    pub fn synced(&self) -> Position {
        self.marks.synced()
    }

    /// Everything before this is in the database, as far as the loader told since the start.
    #[must_use]
    pub fn loaded(&self) -> Position {
        self.marks.loaded()
    }

    /// Everything before `at` is in the database; the files before it may be deleted some day.
    pub fn set_loaded(&self, at: Position) {
        self.marks.set_loaded(at);
    }

    /// Waits until more may have been synced. May return early.
    pub async fn news(&self) {
        self.marks.news.notified().await;
    }

    /// Where the oldest record kept lies.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn oldest(&self) -> io::Result<Position> {
        let file = files(&self.dir)?.first().copied().unwrap_or(0);
        Ok(Position { file, offset: 0 })
    }

    /// Reads synced records from `from` on, about `bytes` at once, at least one when there is one.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn read(&self, from: Position, bytes: usize) -> io::Result<Chunk> {
        let raw = self.read_raw(from, bytes)?;
        let mut chunk = Chunk { next: raw.next, skipped: raw.skipped, ..Chunk::default() };
        for (at, payload) in raw.frames {
            match frame::decode_record(&raw.buffer[payload.clone()]) {
                Ok((number, record)) => {
                    let published = Published { number, record: Arc::new(record) };
                    chunk.records.push(Stored { at, published });
                }
                Err(_) => chunk.skipped += payload.len() as u64,
            }
        }
        Ok(chunk)
    }

    /// Events of one tenant behind number `after`, at most `max`, in order. An empty answer means
    /// that there is none at this moment.
    ///
    /// # Errors
    /// They are no longer kept, or the spool cannot be read.
    pub fn read_from(
        &self,
        tenant: &TenantId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Published>, ResumeError> {
        let mut found = Vec::new();
        let mut last = after;
        let mut next = self.file_of(tenant, after)?;
        while found.len() < max {
            let raw = self.read_raw(next, READ_BYTES)?;
            if raw.next == next {
                break;
            }
            next = raw.next;
            for (_, payload) in raw.frames {
                let payload = &raw.buffer[payload];
                let Ok(envelope) = serde_json::from_slice::<Envelope>(payload) else { continue };
                if envelope.n <= last || envelope.tenant != *tenant || found.len() == max {
                    continue;
                }
                let Ok((number, record)) = frame::decode_record(payload) else { continue };
                last = number;
                found.push(Published { number, record: Arc::new(record) });
            }
        }
        if found.len() < max {
            let reserve = Reserve::contents(&self.dir);
            let records = reserve.iter().filter_map(|p| frame::decode_record(p).ok());
            for (number, record) in records.take(max - found.len()) {
                if record.tenant == *tenant && number == last + 1 {
                    last = number;
                    found.push(Published { number, record: Arc::new(record) });
                }
            }
        }
        Ok(found)
    }

    /// The start of the newest file that has everything behind number `after`.
    fn file_of(&self, tenant: &TenantId, after: u64) -> Result<Position, ResumeError> {
        let mut oldest = 0;
        let mut start = Position::default();
        for file in files(&self.dir)?.into_iter().rev() {
            start = Position { file, offset: 0 };
            if let Some(header) = read_header(&file_path(&self.dir, file)) {
                oldest = header.numbers.get(tenant).copied().unwrap_or(0);
                if oldest <= after {
                    break;
                }
            }
        }
        if oldest > after { Err(ResumeError::TooOld { oldest }) } else { Ok(start) }
    }

    fn read_raw(&self, from: Position, bytes: usize) -> io::Result<Raw> {
        let synced = self.marks.synced();
        let mut raw = Raw { next: from, ..Raw::default() };
        while raw.frames.is_empty() && raw.next < synced {
            if self.read_file(&mut raw, synced, bytes)? {
                continue;
            }
            let next = files(&self.dir)?.into_iter().find(|file| *file > raw.next.file);
            match next {
                Some(file) if file <= synced.file => raw.next = Position { file, offset: 0 },
                _ => break,
            }
        }
        Ok(raw)
    }

    /// Reads on in the file of `raw.next`; `false` when it is at its end or deleted.
    fn read_file(&self, raw: &mut Raw, synced: Position, bytes: usize) -> io::Result<bool> {
        let at = raw.next;
        let file = match File::open(file_path(&self.dir, at.file)) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(e),
        };
        let end =
            if at.file == synced.file { u64::from(synced.offset) } else { file.metadata()?.len() };
        let left = usize::try_from(end.saturating_sub(u64::from(at.offset))).unwrap_or(0);
        if left == 0 {
            return Ok(false);
        }
        let mut wanted = bytes.max(frame::HEAD).min(left);
        loop {
            raw.buffer.resize(wanted, 0);
            file.read_exact_at(&mut raw.buffer, u64::from(at.offset))?;
            let read = raw.take_frames(at, wanted == left);
            if read > 0 {
                let read = u32::try_from(read).unwrap_or(u32::MAX);
                raw.next.offset = at.offset.saturating_add(read);
                return Ok(true);
            }
            wanted = wanted.saturating_mul(2).min(left);
        }
    }
}

const READ_BYTES: usize = 256 << 10;

/// Frames as they were read from one file.
#[derive(Default)]
struct Raw {
    buffer: Vec<u8>,
    frames: Vec<(Position, Range<usize>)>,
    next: Position,
    skipped: u64,
}

impl Raw {
    /// Finds the record frames in the buffer, which was read at `from` and ends where what is synced
    /// of the file ends when it is `whole`. Returns how far it was understood.
    fn take_frames(&mut self, from: Position, whole: bool) -> usize {
        let mut at = 0;
        while at < self.buffer.len() {
            match frame::find(&self.buffer, at) {
                Found::Frame { kind, payload, end } => {
                    if kind == Kind::Record {
                        let offset = u32::try_from(at).unwrap_or(u32::MAX);
                        let offset = from.offset.saturating_add(offset);
                        self.frames.push((Position { file: from.file, offset }, payload));
                    }
                    at = end;
                }
                Found::Short(_) if !whole => return at,
                Found::Short(_) | Found::Bad => {
                    let next = match frame::resync(&self.buffer, at + 1) {
                        Some(next) => next,
                        None if whole => self.buffer.len(),
                        None => return at,
                    };
                    self.skipped += (next - at) as u64;
                    at = next;
                }
            }
        }
        at
    }
}
