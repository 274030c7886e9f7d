use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::base::{RecordId, TenantId, Wall};
use crate::call::{Fact, Record};
use crate::store::spool::open_call::OpenCall;

/// Bytes before the payload: magic, length and CRC-32 of the payload, the numbers little-endian.
pub(super) const HEAD: usize = 12;
const RECORD: [u8; 4] = *b"hlR1";
const HEADER: [u8; 4] = *b"hlH1";

/// What a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// A [`Header`], first in every file.
    Header,
    /// A record with its number.
    Record,
}

/// What has to be known from all files before this one, so that those may be deleted and a start
/// reads one file only.
#[derive(Clone, PartialEq, Default, Debug, Serialize, Deserialize)]
pub(super) struct Header {
    /// The last event number of each tenant.
    pub(super) numbers: BTreeMap<TenantId, u64>,
    /// The calls that have no CDR yet.
    pub(super) open: Vec<OpenCall>,
    /// The newest record's time.
    pub(super) latest: Wall,
}

/// A record as it lies in a frame. Not [`Record`]'s own form, whose flattened facts may repeat its keys.
#[derive(Serialize)]
struct WriteRecord<'a> {
    n: u64,
    id: RecordId,
    at: Wall,
    tenant: &'a TenantId,
    fact: &'a Fact,
}

#[derive(Deserialize)]
struct ReadRecord {
    n: u64,
    id: RecordId,
    at: Wall,
    tenant: TenantId,
    fact: Fact,
}

/// Only what tells whether the rest must be read.
#[derive(Deserialize)]
pub(super) struct Envelope {
    pub(super) n: u64,
    pub(super) tenant: TenantId,
}

/// What lies at one place of a file.
#[derive(PartialEq, Eq, Debug)]
pub(super) enum Found {
    /// A whole frame; `end` is where the next one begins.
    Frame {
        /// What it holds.
        kind: Kind,
        /// Where the payload lies.
        payload: Range<usize>,
        /// Where the next frame begins.
        end: usize,
    },
    /// The bytes end before the frame does; it needs this many from its start.
    Short(usize),
    /// No frame begins here, or its CRC is wrong.
    Bad,
}

pub(super) fn encode_record(number: u64, record: &Record) -> serde_json::Result<Vec<u8>> {
    let payload = serde_json::to_vec(&WriteRecord {
        n: number,
        id: record.id,
        at: record.at,
        tenant: &record.tenant,
        fact: &record.fact,
    })?;
    Ok(frame(RECORD, &payload))
}

pub(super) fn decode_record(payload: &[u8]) -> serde_json::Result<(u64, Record)> {
    let read: ReadRecord = serde_json::from_slice(payload)?;
    let record = Record { id: read.id, at: read.at, tenant: read.tenant, fact: read.fact };
    Ok((read.n, record))
}

pub(super) fn encode_header(header: &Header) -> serde_json::Result<Vec<u8>> {
    Ok(frame(HEADER, &serde_json::to_vec(header)?))
}

fn frame(magic: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEAD + payload.len());
    bytes.extend_from_slice(&magic);
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.extend_from_slice(&crc32fast::hash(payload).to_le_bytes());
    bytes.extend_from_slice(payload);
    bytes
}

fn number(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map_or(0, u32::from_le_bytes)
}

/// What lies at `at`.
pub(super) fn find(bytes: &[u8], at: usize) -> Found {
    let rest = bytes.get(at..).unwrap_or_default();
    let known = rest.len().min(4);
    let kind = if rest[..known] == RECORD[..known] {
        Kind::Record
    } else if rest[..known] == HEADER[..known] {
        Kind::Header
    } else {
        return Found::Bad;
    };
    if rest.len() < HEAD {
        return Found::Short(HEAD);
    }
    let length = number(rest, 4) as usize;
    let Some(payload) = rest.get(HEAD..HEAD + length) else {
        return Found::Short(HEAD + length);
    };
    if crc32fast::hash(payload) != number(rest, 8) {
        return Found::Bad;
    }
    let start = at + HEAD;
    Found::Frame { kind, payload: start..start + length, end: start + length }
}

/// The first place after `from` where a whole frame begins.
pub(super) fn resync(bytes: &[u8], from: usize) -> Option<usize> {
    (from..bytes.len().saturating_sub(HEAD))
        .filter(|at| bytes[*at..].starts_with(b"hl"))
        .find(|at| matches!(find(bytes, *at), Found::Frame { .. }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alarm() -> Record {
        Record {
            id: RecordId::new(Wall::from_micros(5_000), 7),
            at: Wall::from_micros(5_000),
            tenant: "fcg".into(),
            fact: Fact::Alarm { id: "disk".into(), what: "full \u{1F600}".into(), cleared: false },
        }
    }

    #[test]
    fn a_record_whose_fact_repeats_the_records_keys_survives() {
        let frame = encode_record(9, &alarm()).unwrap();
        let Found::Frame { kind, payload, end } = find(&frame, 0) else { panic!("no frame") };
        assert_eq!((kind, end), (Kind::Record, frame.len()));
        assert_eq!(decode_record(&frame[payload]).unwrap(), (9, alarm()));
    }

    #[test]
    fn no_cut_or_flipped_frame_is_taken_for_whole() {
        let frame = encode_record(9, &alarm()).unwrap();
        for cut in 0..frame.len() {
            assert!(matches!(find(&frame[..cut], 0), Found::Short(_)), "cut at {cut}");
        }
        for at in 0..frame.len() {
            let mut flipped = frame.clone();
            flipped[at] ^= 1;
            assert!(!matches!(find(&flipped, 0), Found::Frame { .. }), "flipped at {at}");
        }
    }

    #[test]
    fn reading_goes_on_at_the_next_whole_frame() {
        let frame = encode_record(9, &alarm()).unwrap();
        let mut bytes = frame.clone();
        bytes[20] ^= 1;
        bytes.extend_from_slice(&frame);
        assert_eq!(resync(&bytes, 1), Some(frame.len()));
        assert_eq!(resync(&bytes[..bytes.len() - 1], 1), None);
    }
}
