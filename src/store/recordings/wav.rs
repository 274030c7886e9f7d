use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use crate::store::recordings::alaw::SILENCE;
use crate::store::recordings::archive::Recorded;
use crate::store::recordings::block::{HEAD, Place};
use crate::store::recordings::folder::{self, segment_path};

/// Bytes before the samples: RIFF, `fmt ` of 18 bytes, `fact`, `data`.
const WAV_HEAD: usize = 58;
const RATE: u32 = 8000;

/// A recording as a WAV file: stereo, 8 kHz, A-law (format tag 6). Its length does not change while
/// it is read, and any part is read without the rest.
#[derive(Debug)]
pub struct Wav {
    recorded: Recorded,
    head: [u8; WAV_HEAD],
    samples: u64,
    position: u64,
    /// The segment read last.
    open: Option<(Place, File)>,
    /// The block read last, by its place in the list; no samples when it is damaged.
    block: Option<(usize, Vec<u8>)>,
}

impl Wav {
    pub(super) fn new(recorded: Recorded) -> Self {
        let samples = recorded.samples();
        Self { head: head(samples), samples, recorded, position: 0, open: None, block: None }
    }

    /// The file's length, bytes.
    #[must_use]
    pub const fn byte_length(&self) -> u64 {
        WAV_HEAD as u64 + self.samples * 2
    }

    /// What is played.
    #[must_use]
    pub const fn recorded(&self) -> &Recorded {
        &self.recorded
    }

    /// Fills `out` with sound from `byte` of the data on; `out` does not reach over its end.
    fn sound(&mut self, byte: u64, out: &mut [u8]) -> usize {
        let sample = byte / 2;
        let blocks = &self.recorded.blocks;
        let next = blocks.partition_point(|(_, head)| head.first_sample <= sample);
        let until = blocks.get(next).map_or(self.samples, |(_, head)| head.first_sample);
        let mut end = until;
        let mut from = None;
        if let Some(at) = next.checked_sub(1) {
            let head = blocks[at].1;
            if sample < head.end_sample() {
                end = end.min(head.end_sample());
                from = Some((at, usize::try_from(byte - head.first_sample * 2).unwrap_or(0)));
            }
        }
        let left = usize::try_from(end * 2 - byte).unwrap_or(usize::MAX);
        let length = out.len().min(left);
        let out = &mut out[..length];
        let bytes = from.and_then(|(at, skip)| self.load(at).get(skip..skip + length));
        match bytes {
            Some(bytes) => out.copy_from_slice(bytes),
            None => out.fill(SILENCE),
        }
        length
    }

    /// The samples of a block; none when it is damaged.
    fn load(&mut self, at: usize) -> &[u8] {
        let is_loaded = self.block.as_ref().is_some_and(|(loaded, _)| *loaded == at);
        if !is_loaded {
            let mut bytes = self.block.take().map(|(_, bytes)| bytes).unwrap_or_default();
            if !self.load_into(at, &mut bytes) {
                bytes.clear();
            }
            self.block = Some((at, bytes));
        }
        self.block.as_ref().and_then(|(_, bytes)| bytes.get(HEAD..)).unwrap_or_default()
    }

    fn load_into(&mut self, at: usize, bytes: &mut Vec<u8>) -> bool {
        let (place, head) = self.recorded.blocks[at];
        let same = |p: &Place| (p.day, p.segment) == (place.day, place.segment);
        if !self.open.as_ref().is_some_and(|(open, _)| same(open)) {
            let path = segment_path(&self.recorded.dir, place.day, place.segment);
            self.open = File::open(path).ok().map(|file| (place, file));
        }
        let Some((_, file)) = &self.open else { return false };
        let whole = folder::read_block(file, u64::from(place.offset), bytes) == Some(head);
        if !whole {
            tracing::warn!(recording = %head.recording, first_sample = head.first_sample,
                "a block of a recording is damaged; it plays as silence");
        }
        whole
    }
}

impl Read for Wav {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.byte_length().saturating_sub(self.position));
        let wanted = buffer.len().min(left.unwrap_or(usize::MAX));
        if wanted == 0 {
            return Ok(0);
        }
        let buffer = &mut buffer[..wanted];
        let read = match self.position.checked_sub(WAV_HEAD as u64) {
            Some(byte) => self.sound(byte, buffer),
            None => {
                let from = usize::try_from(self.position).unwrap_or(WAV_HEAD);
                let part = &self.head[from..];
                let length = part.len().min(buffer.len());
                buffer[..length].copy_from_slice(&part[..length]);
                length
            }
        };
        self.position += read as u64;
        Ok(read)
    }
}

impl Seek for Wav {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.byte_length().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// The WAV header for so many samples of each channel.
fn head(samples: u64) -> [u8; WAV_HEAD] {
    let data = u32::try_from(samples * 2).unwrap_or(u32::MAX - 50);
    let mut bytes = [0; WAV_HEAD];
    let mut at = 0;
    let mut put = |part: &[u8]| {
        bytes[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    };
    put(b"RIFF");
    put(&(data + 50).to_le_bytes());
    put(b"WAVEfmt ");
    put(&18_u32.to_le_bytes());
    put(&6_u16.to_le_bytes());
    put(&2_u16.to_le_bytes());
    put(&RATE.to_le_bytes());
    put(&(RATE * 2).to_le_bytes());
    put(&2_u16.to_le_bytes());
    put(&8_u16.to_le_bytes());
    put(&0_u16.to_le_bytes());
    put(b"fact");
    put(&4_u32.to_le_bytes());
    put(&(data / 2).to_le_bytes());
    put(b"data");
    put(&data.to_le_bytes());
    bytes
}
