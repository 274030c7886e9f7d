use std::collections::{BTreeMap, VecDeque};
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::base::{TenantId, Wall};
use crate::store::Alarm;
use crate::store::disk::{Disk, DiskFile};
use crate::store::spool::frame::{self, Found, Header, Kind};
use crate::store::spool::open_call::{OpenCall, OpenCalls};
use crate::store::spool::position::{Marks, file_path, files};
use crate::store::spool::reserve::Reserve;
use crate::store::spool::writer::{ClosedFile, Pending, Published, Spool, SpoolSettings};

/// What the spool told when it was opened.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Recovered {
    /// The last event number of each tenant.
    pub numbers: BTreeMap<TenantId, u64>,
    /// Calls without a CDR: up when the process died. Each is to be closed by
    /// [`crash_cdr`](crate::store::crash_cdr), unless it is restored.
    pub open_calls: Vec<OpenCall>,
    /// The newest record's time, the last sign of life of the whole engine.
    pub latest: Option<Wall>,
    /// Bytes of a torn tail that were cut off.
    pub cut: u64,
    /// Bytes in the midst of the spool that were no records and were skipped.
    pub damaged: u64,
    /// Records that were taken over from the reserve.
    pub from_reserve: usize,
}

/// What reading a file to its end tells.
#[derive(Default)]
struct Replay {
    header: Header,
    open: OpenCalls,
    end: usize,
    damaged: u64,
}

impl Replay {
    fn from_header(header: Header) -> Self {
        let open = OpenCalls::from_list(header.open.clone());
        Self { header, open, ..Self::default() }
    }

    /// Takes all frames of one file; `end` is behind the last whole one.
    fn take(&mut self, bytes: &[u8]) {
        let mut at = 0;
        self.end = 0;
        while at < bytes.len() {
            match frame::find(bytes, at) {
                Found::Frame { kind, payload, end } => {
                    if kind == Kind::Record {
                        self.take_record(&bytes[payload]);
                    }
                    at = end;
                    self.end = end;
                }
                Found::Short(_) | Found::Bad => match frame::resync(bytes, at + 1) {
                    Some(next) => {
                        self.damaged += (next - at) as u64;
                        at = next;
                    }
                    None => return,
                },
            }
        }
    }

    fn take_record(&mut self, payload: &[u8]) {
        match frame::decode_record(payload) {
            Ok((number, record)) => {
                let last = self.header.numbers.entry(record.tenant.clone()).or_default();
                *last = number.max(*last);
                self.header.latest = self.header.latest.max(record.at);
                self.open.take(&record);
            }
            Err(error) => {
                if let Ok(envelope) = serde_json::from_slice::<frame::Envelope>(payload) {
                    let last = self.header.numbers.entry(envelope.tenant).or_default();
                    *last = envelope.n.max(*last);
                }
                tracing::warn!(%error, "a record in the spool is of a kind that this version does not know");
            }
        }
    }
}

/// The header of a file, when it is whole.
pub(super) fn read_header(path: &Path) -> Option<Header> {
    use std::io::Read;
    let mut file = File::open(path).ok()?;
    let mut bytes = Vec::new();
    let mut wanted = frame::HEAD;
    loop {
        let more = wanted.checked_sub(bytes.len()).filter(|more| *more > 0)?;
        (&mut file).take(more as u64).read_to_end(&mut bytes).ok()?;
        match frame::find(&bytes, 0) {
            Found::Frame { kind: Kind::Header, payload, .. } => {
                return serde_json::from_slice(&bytes[payload]).ok();
            }
            Found::Short(all) if all > wanted => wanted = all,
            _ => return None,
        }
    }
}

impl Spool {
    /// Opens the spool in `dir`, which is made when it is absent. A torn tail is put aside as
    /// `NNNNNNNN.torn` and cut off.
    ///
    /// A disk that cannot be written is no reason not to open: records then wait as they do when it
    /// fails later (R20), and an alarm is up.
    ///
    /// # Errors
    /// What is there cannot be read, or another engine has it open.
    pub fn open(dir: &Path, settings: SpoolSettings) -> io::Result<(Self, Recovered)> {
        Self::open_on(Disk::default(), dir, settings)
    }

    pub(crate) fn open_on(
        disk: Disk,
        dir: &Path,
        settings: SpoolSettings,
    ) -> io::Result<(Self, Recovered)> {
        // A folder that cannot be made is a disk that fails, and is tried again like one.
        let is_made = fs::create_dir_all(dir);
        let lock = if is_made.is_ok() { Some(lock(dir)?) } else { None };
        let indices = if is_made.is_ok() { files(dir)? } else { Vec::new() };
        let headers: Vec<_> =
            indices.iter().map(|i| (*i, read_header(&file_path(dir, *i)))).collect();
        let (replay, last_length) = replay(dir, &headers)?;
        let index = indices.last().copied().unwrap_or(0);
        let end = replay.end;
        let cut = (last_length - end) as u64;
        let closed = closed_files(dir, &headers);
        let mut spool = Self {
            dir: dir.to_path_buf(),
            disk,
            settings,
            file: None,
            index,
            synced: end as u64,
            pending: VecDeque::new(),
            written: 0,
            announced: 0,
            turn: 0,
            reserve: None,
            lacks_reserve: false,
            failing: false,
            numbers: replay.header.numbers,
            open: replay.open,
            latest: replay.header.latest,
            closed,
            alarms: Vec::new(),
            marks: Arc::new(Marks::default()),
            lock,
            dropped: 0,
        };
        if let Err(error) = spool.open_last().and_then(|file| file.sync()) {
            spool.fail(&error);
        }
        spool.mark();
        let from_reserve = spool.take_over_reserve();
        if replay.damaged > 0 {
            spool.alarms.push(Alarm::raised(
                "spool-damaged",
                format!("{} bytes within the spool are no records; check the disk", replay.damaged),
            ));
        }
        let recovered = Recovered {
            numbers: spool.numbers.clone(),
            open_calls: spool.open.list(),
            latest: Some(spool.latest).filter(|at| *at != Wall::default()),
            cut,
            damaged: replay.damaged,
            from_reserve,
        };
        Ok((spool, recovered))
    }

    /// The file that is written, opened or made if it is not yet. A torn tail of it is put aside and
    /// cut off.
    pub(super) fn open_last(&mut self) -> io::Result<Arc<DiskFile>> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        fs::create_dir_all(&self.dir)?;
        if self.lock.is_none() {
            self.lock = Some(lock(&self.dir)?);
        }
        if self.index == 0 && !self.come_behind()? {
            // What waits already comes behind the header, which knows nothing of it.
            return self.begin_file(&Header::default());
        }
        let path = file_path(&self.dir, self.index);
        let file = self.disk.open(&path)?;
        if file.len()? > self.synced {
            let torn = path.with_extension("torn");
            let tail = fs::read(&path)?.split_off(usize::try_from(self.synced).unwrap_or(0));
            tracing::warn!(
                file = self.index, offset = self.synced, bytes = tail.len(), kept_as = %torn.display(),
                "the spool ends in a torn record; it was cut off"
            );
            if let Err(error) = fs::write(&torn, &tail) {
                tracing::warn!(%error, "the torn record could not be put aside");
            }
            file.set_len(self.synced)?;
        }
        let file = Arc::new(file);
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    /// The folder could not be reached at the start and can be now: what waits comes behind all files
    /// that are there, with the numbers that follow theirs. `false` when there are none.
    fn come_behind(&mut self) -> io::Result<bool> {
        let indices = files(&self.dir)?;
        let Some(last) = indices.last().copied() else { return Ok(false) };
        let headers: Vec<_> =
            indices.iter().map(|i| (*i, read_header(&file_path(&self.dir, *i)))).collect();
        let (replay, _) = replay(&self.dir, &headers)?;
        let mut numbers = replay.header.numbers;
        (self.open, self.latest) = (replay.open, replay.header.latest);
        for pending in &mut self.pending {
            let record = &pending.published.record;
            let number = numbers.entry(record.tenant.clone()).or_default();
            *number += 1;
            pending.frame = frame::encode_record(*number, record).map_err(io::Error::other)?;
            pending.published.number = *number;
            self.open.take(record);
            self.latest = self.latest.max(record.at);
        }
        self.numbers = numbers;
        self.closed = closed_files(&self.dir, &headers);
        self.index = last;
        self.synced = replay.end as u64;
        self.mark();
        tracing::warn!(files = indices.len(), "the spool's folder is there only now; it goes on");
        Ok(true)
    }

    /// Takes the records out of the reserve that never came into the spool.
    fn take_over_reserve(&mut self) -> usize {
        for payload in Reserve::contents(&self.dir) {
            let Ok((number, record)) = frame::decode_record(&payload) else { continue };
            let last = self.numbers.entry(record.tenant.clone()).or_default();
            if number != *last + 1 {
                continue;
            }
            let Ok(frame) = frame::encode_record(number, &record) else { continue };
            *last = number;
            self.open.take(&record);
            self.latest = self.latest.max(record.at);
            let published = Published { number, record: Arc::new(record) };
            self.pending.push_back(Pending { frame, published });
        }
        self.take_reserve();
        let count = self.pending.len();
        if count > 0 {
            tracing::warn!(records = count, "records were found in the spool's reserve");
            self.failing = true;
            self.written = count;
            self.announced = count;
            let bytes = self.pending.iter().map(|p| p.frame.len() as u64).sum();
            if let Some(reserve) = &mut self.reserve {
                reserve.keep(bytes);
            }
            self.retry();
        }
        count
    }
}

/// What the files from the newest whole header on tell, and the length of the last.
fn replay(dir: &Path, headers: &[(u32, Option<Header>)]) -> io::Result<(Replay, usize)> {
    let from = headers.iter().rposition(|(_, header)| header.is_some()).unwrap_or(0);
    let header = headers.get(from).and_then(|(_, header)| header.clone()).unwrap_or_default();
    let mut replay = Replay::from_header(header);
    let mut last_length = 0;
    for (index, _) in headers.iter().skip(from) {
        let bytes = fs::read(file_path(dir, *index))?;
        last_length = bytes.len();
        replay.take(&bytes);
    }
    Ok((replay, last_length))
}

/// What is locked while a spool is open; the system frees it however the process ends.
#[derive(Debug)]
pub(super) struct Lock {
    _folder: File,
    _file: Option<File>,
}

/// One engine only may write here. The folder is always locked: a disk that has no room for the lock
/// file can still be locked, and the next engine may find room. The file is what older versions know.
fn lock(dir: &Path) -> io::Result<Lock> {
    let path = dir.join("lock");
    let file = File::options()
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .or_else(|_| File::open(&path))
        .ok();
    let folder = File::open(dir)?;
    let taken = |file: &File| match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(io::Error::new(
            io::ErrorKind::ResourceBusy,
            format!("{}: another hotline has this data folder open", path.display()),
        )),
        Err(TryLockError::Error(error)) => Err(error),
    };
    file.as_ref().map_or(Ok(()), taken)?;
    match taken(&folder) {
        // Some network file systems cannot lock a folder: the file must do there.
        Err(error) if error.kind() != io::ErrorKind::ResourceBusy && file.is_some() => {
            tracing::warn!(%error, "the spool's folder cannot be locked; its lock file is");
        }
        done => done?,
    }
    Ok(Lock { _folder: folder, _file: file })
}

/// All files but the last; the newest record of each is told by the next one's header.
fn closed_files(dir: &Path, headers: &[(u32, Option<Header>)]) -> VecDeque<ClosedFile> {
    let pairs = headers.iter().zip(headers.iter().skip(1));
    pairs
        .map(|((index, _), (_, next))| ClosedFile {
            index: *index,
            bytes: fs::metadata(file_path(dir, *index)).map_or(0, |m| m.len()),
            latest: next.as_ref().map_or_else(Wall::default, |header| header.latest),
        })
        .collect()
}
