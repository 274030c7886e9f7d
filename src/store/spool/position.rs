use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// A place in the spool; places are ordered as the records are.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug, Serialize, Deserialize,
)]
pub struct Position {
    /// The file's number, from 1.
    pub file: u32,
    /// Bytes from the start of the file.
    pub offset: u32,
}

impl Position {
    const fn pack(self) -> u64 {
        ((self.file as u64) << 32) | self.offset as u64
    }

    const fn unpack(both: u64) -> Self {
        Self { file: (both >> 32) as u32, offset: (both & 0xffff_ffff) as u32 }
    }
}

/// How far the spool is safe on the disk and how far it is in the database: what its writer and its
/// readers tell each other.
#[derive(Default, Debug)]
pub(super) struct Marks {
    synced: AtomicU64,
    loaded: AtomicU64,
    /// Wakes the loader after a sync.
    pub(super) news: tokio::sync::Notify,
}

impl Marks {
    pub(super) fn synced(&self) -> Position {
        Position::unpack(self.synced.load(Ordering::Acquire))
    }

    pub(super) fn set_synced(&self, at: Position) {
        self.synced.store(at.pack(), Ordering::Release);
        self.news.notify_one();
    }

    pub(super) fn loaded(&self) -> Position {
        Position::unpack(self.loaded.load(Ordering::Acquire))
    }

    pub(super) fn set_loaded(&self, at: Position) {
        self.loaded.store(at.pack(), Ordering::Release);
    }
}

pub(super) fn file_path(dir: &Path, file: u32) -> PathBuf {
    dir.join(format!("{file:08}.spool"))
}

/// The numbers of the files in `dir`, ascending; none when there is no such folder yet.
pub(super) fn files(dir: &Path) -> io::Result<Vec<u32>> {
    let mut numbers = Vec::new();
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(numbers),
        entries => entries?,
    };
    for entry in entries {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|n| n.strip_suffix(".spool")).map(str::parse);
        if let Some(Ok(number)) = number {
            numbers.push(number);
        }
    }
    numbers.sort_unstable();
    Ok(numbers)
}
