use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// The disk as the writers of this room see it; the one place where a test can make it fail.
#[derive(Clone, Default, Debug)]
pub(crate) struct Disk {
    #[cfg(test)]
    pub(crate) faults: std::sync::Arc<Faults>,
}

/// What a test lets go wrong.
#[cfg(test)]
#[derive(Debug)]
pub(crate) struct Faults {
    /// Bytes that may still be written before `ENOSPC`.
    pub(crate) room: std::sync::atomic::AtomicU64,
    /// Whether files cannot be opened for writing, as on a read-only file system.
    pub(crate) open_fails: std::sync::atomic::AtomicBool,
    /// Whether `fdatasync` fails.
    pub(crate) sync_fails: std::sync::atomic::AtomicBool,
    /// How long `fdatasync` takes, ms.
    pub(crate) sync_ms: std::sync::atomic::AtomicU64,
    /// Whether files with `reserve` in their name are spared.
    pub(crate) reserve_spared: std::sync::atomic::AtomicBool,
    /// Whether the disk hangs: whoever writes or syncs waits until it does no more.
    pub(crate) hangs: std::sync::atomic::AtomicBool,
    /// Threads that wait for it.
    pub(crate) waiting: std::sync::atomic::AtomicUsize,
}

#[cfg(test)]
impl Default for Faults {
    fn default() -> Self {
        Self {
            room: std::sync::atomic::AtomicU64::new(u64::MAX),
            open_fails: std::sync::atomic::AtomicBool::new(false),
            sync_fails: std::sync::atomic::AtomicBool::new(false),
            sync_ms: std::sync::atomic::AtomicU64::new(0),
            reserve_spared: std::sync::atomic::AtomicBool::new(true),
            hangs: std::sync::atomic::AtomicBool::new(false),
            waiting: std::sync::atomic::AtomicUsize::new(0),
        }
    }
}

#[cfg(test)]
impl Faults {
    fn hang(&self) {
        use std::sync::atomic::Ordering::SeqCst;
        if self.hangs.load(SeqCst) {
            self.waiting.fetch_add(1, SeqCst);
            while self.hangs.load(SeqCst) {
                std::thread::sleep(std::time::Duration::from_millis(1));
            }
            self.waiting.fetch_sub(1, SeqCst);
        }
    }
}

/// A file that is written at given offsets, so that a write which failed half-way is simply repeated.
#[derive(Debug)]
pub(crate) struct DiskFile {
    file: File,
    #[cfg(test)]
    spared: bool,
    #[cfg(test)]
    disk: Disk,
}

impl Disk {
    /// Opens `path` for reading and writing; it is made when it is absent.
    pub(crate) fn open(&self, path: &Path) -> io::Result<DiskFile> {
        #[cfg(test)]
        if self.faults.open_fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::from(io::ErrorKind::ReadOnlyFilesystem));
        }
        let file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        Ok(DiskFile {
            file,
            #[cfg(test)]
            spared: self.spares(path),
            #[cfg(test)]
            disk: self.clone(),
        })
    }

    #[cfg(test)]
    fn spares(&self, path: &Path) -> bool {
        self.faults.reserve_spared.load(std::sync::atomic::Ordering::SeqCst)
            && path.to_string_lossy().contains("reserve")
    }
}

impl DiskFile {
    /// Writes all of `bytes` at `offset` (`pwrite`).
    pub(crate) fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        #[cfg(test)]
        self.disk.faults.hang();
        #[cfg(test)]
        if !self.spared {
            use std::sync::atomic::Ordering::SeqCst;
            let room = self.disk.faults.room.load(SeqCst);
            let wanted = bytes.len() as u64;
            if room < wanted {
                let part = usize::try_from(room).unwrap_or(0);
                self.file.write_all_at(&bytes[..part], offset)?;
                self.disk.faults.room.store(0, SeqCst);
                return Err(io::Error::from(io::ErrorKind::StorageFull));
            }
            if room != u64::MAX {
                self.disk.faults.room.store(room - wanted, SeqCst);
            }
        }
        self.file.write_all_at(bytes, offset)
    }

    /// `fdatasync`.
    pub(crate) fn sync(&self) -> io::Result<()> {
        #[cfg(test)]
        self.disk.faults.hang();
        #[cfg(test)]
        std::thread::sleep(std::time::Duration::from_millis(
            self.disk.faults.sync_ms.load(std::sync::atomic::Ordering::SeqCst),
        ));
        #[cfg(test)]
        if !self.spared && self.disk.faults.sync_fails.load(std::sync::atomic::Ordering::SeqCst) {
            return Err(io::Error::other("fdatasync fails"));
        }
        self.file.sync_data()
    }

    /// Cuts or lengthens the file.
    pub(crate) fn set_len(&self, bytes: u64) -> io::Result<()> {
        self.file.set_len(bytes)
    }

    /// The file's length.
    pub(crate) fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }
}

/// Makes what was created in or renamed into `dir` last (`fsync` of the directory).
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}
