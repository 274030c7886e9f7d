use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::{TenantId, Wall};
use crate::call::Record;
use crate::store::Alarm;
use crate::store::disk::{Disk, DiskFile, sync_dir};
use crate::store::spool::frame::{self, Header};
use crate::store::spool::open_call::{OpenCalls, call_of, is_told_again};
use crate::store::spool::position::{Marks, Position, file_path};
use crate::store::spool::reader::SpoolReader;
use crate::store::spool::recover::Lock;
use crate::store::spool::reserve::Reserve;

/// What the spool may use.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpoolSettings {
    /// A file is closed when it is longer than this, bytes. Default 16 MiB.
    pub file_bytes: u32,
    /// Space taken beforehand for the time when the disk is full, bytes. Default 16 MiB.
    pub reserve_bytes: u64,
    /// Records kept in memory while disk and reserve are full, bytes, before the state is
    /// [`SpoolState::Full`]. All else may use as much again; records of the calls that are then up
    /// are kept whatever they need. Default 16 MiB.
    pub memory_bytes: u64,
    /// Closed files that are loaded are kept for this long, so that event streams can be resumed.
    /// Default 7 days.
    pub keep: Duration,
    /// Closed files that are loaded are deleted earlier when all together are longer than this,
    /// bytes. Default 4 GiB.
    pub keep_bytes: u64,
}

impl Default for SpoolSettings {
    fn default() -> Self {
        Self {
            file_bytes: 16 << 20,
            reserve_bytes: 16 << 20,
            memory_bytes: 16 << 20,
            keep: Duration::from_secs(7 * 24 * 3600),
            keep_bytes: 4 << 30,
        }
    }
}

/// Where new records go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpoolState {
    /// Into the spool.
    Healthy,
    /// The disk fails or is full; into the reserve on the disk.
    Reserve,
    /// The reserve is full or fails, too; into memory.
    Memory,
    /// The memory is nearly full: take no new calls (503, cause `records-full`).
    Full,
}

/// A record with its event number; it is safe on the disk.
#[derive(Clone, PartialEq, Debug)]
pub struct Published {
    /// Counts up by one from 1 for each tenant, over restarts.
    pub number: u64,
    /// The record.
    pub record: Arc<Record>,
}

/// The disk fails and memory is at twice its limit: these records were dropped, which belong to no
/// call, or which its CDR tells again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{dropped} records were dropped: disk, reserve and memory are full")]
pub struct Overflow {
    /// How many.
    pub dropped: u64,
}

/// A record that is not yet safe in the spool.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) frame: Vec<u8>,
    pub(super) published: Published,
}

/// The writer of the spool. It has one owner; readers are made by [`Spool::reader`].
#[derive(Debug)]
pub struct Spool {
    pub(super) dir: PathBuf,
    pub(super) disk: Disk,
    pub(super) settings: SpoolSettings,
    /// `None` while it cannot be opened or made: the disk fails since the start.
    pub(super) file: Option<Arc<DiskFile>>,
    pub(super) index: u32,
    /// Where the synced part of the file ends.
    pub(super) synced: u64,
    /// What is not yet in the synced part, in order.
    pub(super) pending: VecDeque<Pending>,
    /// How many of `pending` are written: to the file when it is healthy, else to the reserve.
    pub(super) written: usize,
    /// How many of `pending` were published from the reserve.
    pub(super) announced: usize,
    /// Counts up when `written` begins to mean other records: a sync begun before is then no news.
    pub(super) turn: u64,
    pub(super) reserve: Option<Reserve>,
    /// The alarm is up that no reserve could be taken.
    pub(super) lacks_reserve: bool,
    pub(super) failing: bool,
    pub(super) numbers: BTreeMap<TenantId, u64>,
    pub(super) open: OpenCalls,
    pub(super) latest: Wall,
    /// Closed files, oldest first.
    pub(super) closed: VecDeque<ClosedFile>,
    pub(super) alarms: Vec<Alarm>,
    pub(super) marks: Arc<Marks>,
    /// Held for as long as the spool is open.
    pub(super) lock: Option<Lock>,
    /// Records that were dropped since the disk fails.
    pub(super) dropped: u64,
}

/// A file that is no longer written.
#[derive(Clone, Copy, Debug)]
pub(super) struct ClosedFile {
    pub(super) index: u32,
    pub(super) bytes: u64,
    /// The newest record in it, and in all files before.
    pub(super) latest: Wall,
}

impl Spool {
    /// A reader of what is synced; any number of them, in any thread.
    #[must_use]
    pub fn reader(&self) -> SpoolReader {
        SpoolReader::new(self.dir.clone(), Arc::clone(&self.marks))
    }

    /// Where new records go now.
    #[must_use]
    pub fn state(&self) -> SpoolState {
        if !self.failing {
            return SpoolState::Healthy;
        }
        match self.memory_bytes() {
            0 => SpoolState::Reserve,
            bytes if bytes < self.settings.memory_bytes => SpoolState::Memory,
            _ => SpoolState::Full,
        }
    }

    /// Bytes of records that lie in memory only.
    pub(super) fn memory_bytes(&self) -> u64 {
        self.pending.iter().skip(self.written).map(|p| p.frame.len() as u64).sum()
    }

    /// How many records are written but not yet published.
    #[must_use]
    pub fn unsynced(&self) -> usize {
        self.written - self.announced
    }

    /// What came up or cleared since the last time.
    pub fn take_alarms(&mut self) -> Vec<Alarm> {
        std::mem::take(&mut self.alarms)
    }

    /// Numbers the records and writes them (`write(2)`). When it returns, a crash of the process
    /// loses none of them, unless the state is [`SpoolState::Memory`] or [`SpoolState::Full`].
    ///
    /// # Errors
    /// Some that belong to no call, or that its CDR tells again, were dropped because disk, reserve and twice the memory's limit
    /// are full.
    pub fn append(&mut self, records: Vec<Record>) -> Result<Vec<Published>, Overflow> {
        let mut taken = Vec::with_capacity(records.len());
        let mut dropped = 0;
        let mut memory = if self.failing { self.memory_bytes() } else { 0 };
        for record in records {
            let number = self.numbers.get(&record.tenant).copied().unwrap_or(0) + 1;
            let frame = match frame::encode_record(number, &record) {
                Ok(frame) => frame,
                Err(error) => {
                    tracing::error!(id = %record.id, %error, "a record cannot be written");
                    dropped += 1;
                    continue;
                }
            };
            memory += frame.len() as u64;
            let is_beyond = memory > self.settings.memory_bytes.saturating_mul(2);
            // No new call is taken since the memory is full. Of those that are up what can come again
            // and again goes, too, when their CDR tells it; all else of theirs has their number as bound.
            let is_bound = call_of(&record.fact).is_some() && !is_told_again(&record.fact);
            if self.failing && is_beyond && !is_bound {
                self.open.take(&record);
                memory -= frame.len() as u64;
                dropped += 1;
                continue;
            }
            self.numbers.insert(record.tenant.clone(), number);
            self.open.take(&record);
            self.latest = self.latest.max(record.at);
            let published = Published { number, record: Arc::new(record) };
            taken.push(published.clone());
            self.pending.push_back(Pending { frame, published });
        }
        self.write();
        self.count_dropped(dropped);
        if dropped > 0 { Err(Overflow { dropped }) } else { Ok(taken) }
    }

    fn count_dropped(&mut self, dropped: u64) {
        if dropped > 0 && self.dropped == 0 {
            self.alarms.push(Alarm::raised(
                "records-dropped",
                format!(
                    "disk, reserve and memory are full: records are dropped that belong to no call, or \
                     that its CDR tells again; make space at {}",
                    self.dir.display()
                ),
            ));
        }
        self.dropped += dropped;
    }

    /// Writes what is pending to wherever it can go.
    fn write(&mut self) {
        if !self.failing
            && let Err(error) = self.write_file()
        {
            self.fail(&error);
        } else if self.failing {
            self.write_reserve();
        }
    }

    fn write_file(&mut self) -> io::Result<()> {
        let file = self.open_last()?;
        let behind = self.pending.iter().take(self.written).map(|p| p.frame.len() as u64);
        let at = self.synced + behind.sum::<u64>();
        let mut bytes = Vec::new();
        for pending in self.pending.iter().skip(self.written) {
            bytes.extend_from_slice(&pending.frame);
        }
        if u32::try_from(at + bytes.len() as u64).is_err() {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, "spool file above 4 GiB"));
        }
        file.write_at(at, &bytes)?;
        self.written = self.pending.len();
        Ok(())
    }

    fn write_reserve(&mut self) {
        let Some(reserve) = &mut self.reserve else { return };
        while let Some(pending) = self.pending.get(self.written) {
            match reserve.push(&pending.frame) {
                Ok(true) => self.written += 1,
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "the spool's reserve fails, too");
                    return;
                }
            }
        }
    }

    /// From now on records go to the reserve. What was written but not synced goes there again:
    /// after a failed `fdatasync` nobody knows what of it is on the disk.
    pub(super) fn fail(&mut self, error: &io::Error) {
        self.failing = true;
        self.turn += 1;
        self.written = 0;
        self.announced = 0;
        self.alarms.push(Alarm::raised(
            "spool-disk",
            format!(
                "records cannot be written to {}: {error}; calls go on, records wait in the reserve \
                 and in memory; make space or mend the disk",
                self.dir.display()
            ),
        ));
        self.write_reserve();
    }

    /// Makes what was written last (`fdatasync`) and returns it for publishing.
    pub fn sync(&mut self) -> Vec<Published> {
        if self.unsynced() == 0 {
            return Vec::new();
        }
        if self.failing {
            let Some(reserve) = &self.reserve else { return Vec::new() };
            if let Err(error) = reserve.sync() {
                tracing::error!(%error, "the spool's reserve cannot be synced");
                return Vec::new();
            }
            let from = std::mem::replace(&mut self.announced, self.written);
            let fresh = self.pending.iter().take(self.written).skip(from);
            return fresh.map(|p| p.published.clone()).collect();
        }
        match self.open_last().and_then(|file| file.sync()) {
            Ok(()) => self.synced(self.written),
            Err(error) => {
                self.fail(&error);
                self.sync()
            }
        }
    }

    /// So many of those written are safe: advances the mark, rotates when it is time.
    pub(super) fn synced(&mut self, records: usize) -> Vec<Published> {
        let mut fresh = Vec::with_capacity(records);
        for (at, pending) in self.pending.drain(..records).enumerate() {
            self.synced += pending.frame.len() as u64;
            if at >= self.announced {
                fresh.push(pending.published);
            }
        }
        self.written -= records;
        self.announced = self.announced.saturating_sub(records);
        self.turn += 1;
        self.mark();
        if self.is_long() && self.pending.is_empty() {
            if let Err(error) = self.rotate() {
                tracing::warn!(%error, "no new spool file can be made; the old one grows on");
            }
            self.forget_old();
        }
        fresh
    }

    /// Whether the file is to be closed.
    pub(super) fn is_long(&self) -> bool {
        self.synced > u64::from(self.settings.file_bytes)
    }

    pub(super) fn mark(&self) {
        let offset = u32::try_from(self.synced).unwrap_or(u32::MAX);
        self.marks.set_synced(Position { file: self.index, offset });
    }

    /// Tries the disk again after it failed; returns what became safe by it. To be called about once
    /// a second while the state is not [`SpoolState::Healthy`].
    pub fn retry(&mut self) -> Vec<Published> {
        if !self.failing {
            return Vec::new();
        }
        let in_reserve = std::mem::replace(&mut self.written, 0);
        if let Err(error) = self.write_file().and_then(|()| self.open_last()?.sync()) {
            tracing::debug!(%error, "the spool's disk still fails");
            self.written = in_reserve;
            self.write_reserve();
            return self.sync();
        }
        self.failing = false;
        let fresh = self.synced(self.written);
        if let Some(Err(error)) = self.reserve.as_mut().map(Reserve::clear) {
            tracing::warn!(%error, "the spool's reserve cannot be cleared");
        }
        if self.reserve.is_none() {
            self.take_reserve();
        }
        let text = match std::mem::take(&mut self.dropped) {
            0 => "records are written again; none was lost".to_owned(),
            dropped => {
                let text = format!("{dropped} records were dropped while everything was full");
                self.alarms.push(Alarm::cleared("records-dropped", &text));
                format!("records are written again; {text}")
            }
        };
        self.alarms.push(Alarm::cleared("spool-disk", &text));
        fresh
    }

    pub(super) fn take_reserve(&mut self) {
        match Reserve::open(&self.disk, &self.dir, self.settings.reserve_bytes) {
            Ok(reserve) => {
                self.reserve = Some(reserve);
                if std::mem::take(&mut self.lacks_reserve) {
                    self.alarms.push(Alarm::cleared("spool-reserve", "the reserve is taken"));
                }
            }
            Err(error) if !self.lacks_reserve => {
                self.lacks_reserve = true;
                self.alarms.push(Alarm::raised(
                    "spool-reserve",
                    format!(
                        "no reserve of {} bytes can be taken in {}: {error}; make space",
                        self.settings.reserve_bytes,
                        self.dir.display()
                    ),
                ));
            }
            Err(_) => {}
        }
    }

    /// Begins the next file. It appears under its name only when its header is safe.
    pub(super) fn rotate(&mut self) -> io::Result<()> {
        let header =
            Header { numbers: self.numbers.clone(), open: self.open.list(), latest: self.latest };
        self.begin_file(&header).map(|_| ())
    }

    /// Begins the next file, after which what `header` says.
    pub(super) fn begin_file(&mut self, header: &Header) -> io::Result<Arc<DiskFile>> {
        let bytes = frame::encode_header(header).map_err(io::Error::other)?;
        let index = self.index + 1;
        let new = self.dir.join("next");
        let _ = fs::remove_file(&new);
        let file = self.disk.open(&new)?;
        file.write_at(0, &bytes)?;
        file.sync()?;
        // A name that is taken is never taken over; nobody else makes files here while it is locked.
        if file_path(&self.dir, index).try_exists()? {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        fs::rename(&new, file_path(&self.dir, index))?;
        sync_dir(&self.dir)?;
        if self.index > 0 {
            let (index, bytes, latest) = (self.index, self.synced, self.latest);
            self.closed.push_back(ClosedFile { index, bytes, latest });
        }
        let file = Arc::new(file);
        self.file = Some(Arc::clone(&file));
        self.index = index;
        self.synced = bytes.len() as u64;
        self.mark();
        Ok(file)
    }

    /// Deletes closed files that are loaded and old, or loaded and too many.
    fn forget_old(&mut self) {
        let loaded = self.marks.loaded();
        let mut bytes: u64 = self.closed.iter().map(|file| file.bytes).sum();
        while let Some(oldest) = self.closed.front() {
            let old = oldest.latest.after(self.settings.keep) < self.latest;
            if oldest.index >= loaded.file || !(old || bytes > self.settings.keep_bytes) {
                return;
            }
            if let Err(error) = fs::remove_file(file_path(&self.dir, oldest.index)) {
                tracing::warn!(%error, file = oldest.index, "an old spool file cannot be deleted");
            }
            bytes -= oldest.bytes;
            self.closed.pop_front();
        }
    }
}
