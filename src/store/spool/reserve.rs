use std::path::Path;
use std::{fs, io};

use crate::store::disk::{Disk, DiskFile};
use crate::store::spool::frame::{self, Found, HEAD, Kind};

/// Space on the disk that was taken beforehand, so that records have a place when the disk is full.
///
/// It holds frames from its start on, ended by bytes that are no frame. What it holds is written to
/// the spool, too, before it is cleared; a frame found here whose number the spool already has is old.
#[derive(Debug)]
pub(super) struct Reserve {
    file: DiskFile,
    bytes: u64,
    end: u64,
}

const NAME: &str = "reserve";
const ENDED: [u8; HEAD] = [0; HEAD];

impl Reserve {
    /// Opens the reserve in `dir` and takes its space.
    pub(super) fn open(disk: &Disk, dir: &Path, bytes: u64) -> io::Result<Self> {
        let file = disk.open(&dir.join(NAME))?;
        let zeros = vec![0; 1 << 20];
        let mut length = file.len()?;
        while length < bytes {
            let part = usize::try_from(bytes - length).unwrap_or(usize::MAX).min(zeros.len());
            file.write_at(length, &zeros[..part])?;
            length += part as u64;
        }
        file.sync()?;
        Ok(Self { file, bytes, end: 0 })
    }

    /// The payloads of the record frames in the reserve of `dir`; empty when there is none.
    pub(super) fn contents(dir: &Path) -> Vec<Vec<u8>> {
        let bytes = fs::read(dir.join(NAME)).unwrap_or_default();
        let mut payloads = Vec::new();
        let mut at = 0;
        while let Found::Frame { kind: Kind::Record, payload, end } = frame::find(&bytes, at) {
            payloads.push(bytes[payload].to_vec());
            at = end;
        }
        payloads
    }

    /// Goes on behind what the crashed process left here.
    pub(super) fn keep(&mut self, bytes: u64) {
        self.end = bytes;
    }

    /// Writes one frame; `false` when it does not fit.
    pub(super) fn push(&mut self, frame: &[u8]) -> io::Result<bool> {
        let end = self.end + frame.len() as u64;
        if end + HEAD as u64 > self.bytes {
            return Ok(false);
        }
        let mut bytes = Vec::with_capacity(frame.len() + HEAD);
        bytes.extend_from_slice(frame);
        bytes.extend_from_slice(&ENDED);
        self.file.write_at(self.end, &bytes)?;
        self.end = end;
        Ok(true)
    }

    /// Makes what was pushed last.
    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.sync()
    }

    /// Forgets everything; the space stays taken.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        self.end = 0;
        self.file.write_at(0, &ENDED)?;
        self.file.sync()
    }
}
