use ulid::Ulid;

use crate::base::RecordingId;

/// About a second of one recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Which recording.
    pub recording: RecordingId,
    /// The place of the first sample, 8,000 a second from the recording's start.
    pub first_sample: u64,
    /// Stereo A-law, left and right in turn; at most 1 MiB.
    pub samples: Vec<u8>,
    /// No block follows.
    pub last: bool,
}

/// Bytes before the samples.
pub(super) const HEAD: usize = 52;
/// The longest that the samples of a block may be, bytes.
pub(super) const SAMPLES_MAX: usize = 1 << 20;
const MAGIC: [u8; 4] = *b"HRB1";
const LAST: u32 = 1;
const AFTER_GAP: u32 = 2;
const NOWHERE: u32 = u32::MAX;

/// Where a block lies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(super) struct Place {
    /// The folder, as `yyyymmdd` in UTC.
    pub(super) day: u32,
    /// The segment in it, from 1.
    pub(super) segment: u32,
    /// Bytes from the segment's start.
    pub(super) offset: u32,
}

/// What stands before the samples of a block.
///
/// On the disk, little-endian: magic, recording (16), first sample (8), count (4), place of the
/// recording's block before (3 × 4), flags (4), CRC-32 of all but the magic, samples included (4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Head {
    pub(super) recording: RecordingId,
    pub(super) first_sample: u64,
    /// Samples of each channel.
    pub(super) count: u32,
    /// The recording's block before.
    pub(super) previous: Option<Place>,
    /// No block follows.
    pub(super) last: bool,
    /// What should stand between the block before and this one was lost.
    pub(super) after_gap: bool,
}

impl Head {
    /// Bytes of the whole block.
    pub(super) const fn block_bytes(&self) -> usize {
        HEAD + self.count as usize * 2
    }

    /// The place behind the last sample.
    pub(super) const fn end_sample(&self) -> u64 {
        self.first_sample.saturating_add(self.count as u64)
    }

    /// The block's bytes.
    pub(super) fn write(&self, samples: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD + samples.len());
        bytes.extend_from_slice(&MAGIC);
        let RecordingId(Ulid(id)) = self.recording;
        bytes.extend_from_slice(&id.to_le_bytes());
        bytes.extend_from_slice(&self.first_sample.to_le_bytes());
        bytes.extend_from_slice(&self.count.to_le_bytes());
        let nowhere = Place { day: NOWHERE, segment: NOWHERE, offset: NOWHERE };
        let previous = self.previous.unwrap_or(nowhere);
        for number in [previous.day, previous.segment, previous.offset] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let flags = if self.last { LAST } else { 0 } | if self.after_gap { AFTER_GAP } else { 0 };
        bytes.extend_from_slice(&flags.to_le_bytes());
        let crc = crc(&bytes, samples);
        bytes.extend_from_slice(&crc.to_le_bytes());
        bytes.extend_from_slice(samples);
        bytes
    }

    /// Reads a head; the samples are not yet checked.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; HEAD] = bytes.get(..HEAD)?.try_into().ok()?;
        if bytes[..4] != MAGIC {
            return None;
        }
        let number = |at: usize| u32::from_le_bytes(four(bytes, at));
        let count = number(28);
        if count as usize * 2 > SAMPLES_MAX {
            return None;
        }
        let mut id = [0; 16];
        id.copy_from_slice(&bytes[4..20]);
        let first = u64::from(number(20)) | (u64::from(number(24)) << 32);
        let previous = Place { day: number(32), segment: number(36), offset: number(40) };
        let flags = number(44);
        Some(Self {
            recording: RecordingId(Ulid(u128::from_le_bytes(id))),
            first_sample: first,
            count,
            previous: Some(previous).filter(|place| place.day != NOWHERE),
            last: flags & LAST != 0,
            after_gap: flags & AFTER_GAP != 0,
        })
    }
}

/// Whether the CRC of a whole block, head and samples, is right.
pub(super) fn is_whole(block: &[u8]) -> bool {
    let Some(head) = block.get(..HEAD) else { return false };
    crc(&head[..HEAD - 4], &block[HEAD..]).to_le_bytes() == head[HEAD - 4..]
}

fn crc(head: &[u8], samples: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&head[4..]);
    hasher.update(samples);
    hasher.finalize()
}

fn four(bytes: &[u8; HEAD], at: usize) -> [u8; 4] {
    [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]
}

/// Where a block may begin in `bytes`, from `from` on.
pub(super) fn magic_after(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    rest.windows(MAGIC.len()).position(|four| four == MAGIC).map(|at| from + at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_as_it_was_written() {
        let head = Head {
            recording: RecordingId(Ulid(0x0123_4567_89ab_cdef_0011_2233_4455_6677)),
            first_sample: 0x1_0000_0007,
            count: 3,
            previous: Some(Place { day: 20_260_301, segment: 4, offset: 99 }),
            last: true,
            after_gap: true,
        };
        let bytes = head.write(&[1, 2, 3, 4, 5, 6]);
        assert_eq!(bytes.len(), head.block_bytes());
        assert_eq!(Head::parse(&bytes), Some(head));
        assert!(is_whole(&bytes));
        for at in 4..bytes.len() {
            let mut flipped = bytes.clone();
            flipped[at] ^= 0x10;
            assert!(!is_whole(&flipped), "flipped at {at}");
        }
    }
}
