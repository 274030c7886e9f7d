use std::path::Path;
use std::sync::Arc;

use crate::peer::audio::Codec;

/// Samples in one RTP packet: 20 ms at 8 kHz.
pub(crate) const PACKET_SAMPLES: usize = 160;
/// Bytes of a tag at the head of a tagged packet's payload.
pub(crate) const TAG_BYTES: usize = 24;
const TAG_MAGIC: [u8; 8] = *b"\xaahotltag";
/// Peak of a test tone: about -12 dBm0.
const TONE_PEAK: f64 = 8_000.0;

/// What a party says.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Sends no packets at all.
    Nothing,
    /// Sends packets of digital silence.
    Silence,
    /// A sine of `hz` (whole hertz, so that one second of it repeats without a click).
    Tone {
        /// 1–3,999.
        hz: u16,
    },
    /// A tone whose packets each carry a mark (who, number, time) in their first 24 bytes: what
    /// arrives through a bridge of one codec can be told packet by packet.
    Tagged {
        /// Who sends, as the listener reports it.
        who: u32,
        /// 0 for silence behind the mark.
        hz: u16,
    },
    /// Linear samples at 8 kHz, then silence, or from the start again.
    Clip {
        /// 16-bit samples.
        samples: Arc<[i16]>,
        /// Starts again at the end.
        repeat: bool,
    },
}

impl Source {
    /// A tone, the usual source of a test.
    pub fn tone(hz: u16) -> Self {
        Self::Tone { hz }
    }

    /// Reads A-law samples at 8 kHz: a raw file, or a WAV file of format 6.
    pub fn from_alaw_file(path: &Path) -> std::io::Result<Self> {
        let bytes = std::fs::read(path)?;
        let data = match wav_data(&bytes) {
            Some(data) => data,
            None => &bytes,
        };
        let samples = data.iter().map(|&byte| Codec::Pcma.decode(byte)).collect();
        Ok(Self::Clip { samples, repeat: true })
    }

    /// In-band keys as pairs of tones (Q.23): 100 ms on, 100 ms off, then silence.
    pub fn in_band_keys(keys: &str) -> Self {
        let mut samples = Vec::new();
        for (low, high) in keys.chars().filter_map(key_tones) {
            for n in 0..800 {
                let t = f64::from(n) / 8_000.0 * std::f64::consts::TAU;
                samples.push((6_000.0 * ((t * low).sin() + (t * high).sin())) as i16);
            }
            samples.resize(samples.len() + 800, 0);
        }
        Self::Clip { samples: samples.into(), repeat: false }
    }
}

fn key_tones(key: char) -> Option<(f64, f64)> {
    const ROWS: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
    const COLUMNS: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
    let at = "123A456B789C*0#D".find(key.to_ascii_uppercase())?;
    Some((ROWS[at / 4], COLUMNS[at % 4]))
}

fn wav_data(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.get(..4)? != b"RIFF" || bytes.get(8..12)? != b"WAVE" {
        return None;
    }
    let mut at = 12;
    loop {
        let length = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let body = at + 8;
        if bytes.get(at..at + 4)? == b"data" {
            return Some(&bytes[body..bytes.len().min(body + length)]);
        }
        at = body + length + length % 2;
    }
}

/// A source at work in one codec.
#[derive(Debug, Clone)]
pub(crate) enum Voice {
    Nothing,
    Loop { bytes: Arc<[u8]>, at: usize, repeat: bool, silence: u8 },
    Tagged { who: u32, number: u32, bytes: Arc<[u8]>, at: usize },
}

impl Voice {
    pub(crate) fn new(source: &Source, codec: Codec) -> Self {
        let silence = codec.encode(0);
        match source {
            Source::Nothing => Self::Nothing,
            Source::Silence => Self::Loop {
                bytes: vec![silence; PACKET_SAMPLES].into(),
                at: 0,
                repeat: true,
                silence,
            },
            Source::Tone { hz } => {
                Self::Loop { bytes: tone(*hz, codec), at: 0, repeat: true, silence }
            }
            Source::Tagged { who, hz } => {
                Self::Tagged { who: *who, number: 0, bytes: tone(*hz, codec), at: 0 }
            }
            Source::Clip { samples, repeat } => Self::Loop {
                bytes: samples.iter().map(|&sample| codec.encode(sample)).collect(),
                at: 0,
                repeat: *repeat && !samples.is_empty(),
                silence,
            },
        }
    }

    /// Writes the next 20 ms; `false` when nothing is to be sent.
    pub(crate) fn fill(&mut self, micros: u64, out: &mut [u8; PACKET_SAMPLES]) -> bool {
        match self {
            Self::Nothing => return false,
            Self::Loop { bytes, at, repeat: true, .. } => ring(bytes, at, out),
            Self::Loop { bytes, at, silence, .. } => {
                let rest = &bytes[*at..];
                let length = rest.len().min(out.len());
                out[..length].copy_from_slice(&rest[..length]);
                out[length..].fill(*silence);
                *at += length;
            }
            Self::Tagged { who, number, bytes, at } => {
                ring(bytes, at, out);
                out[..8].copy_from_slice(&TAG_MAGIC);
                out[8..12].copy_from_slice(&who.to_be_bytes());
                out[12..16].copy_from_slice(&number.to_be_bytes());
                out[16..24].copy_from_slice(&micros.to_be_bytes());
                *number = number.wrapping_add(1);
            }
        }
        true
    }
}

fn ring(bytes: &[u8], at: &mut usize, out: &mut [u8]) {
    let mut done = 0;
    while done < out.len() {
        let length = (out.len() - done).min(bytes.len() - *at);
        out[done..done + length].copy_from_slice(&bytes[*at..*at + length]);
        done += length;
        *at = (*at + length) % bytes.len();
    }
}

fn tone(hz: u16, codec: Codec) -> Arc<[u8]> {
    (0..8_000u32)
        .map(|n| {
            let turn = f64::from(n * u32::from(hz) % 8_000) / 8_000.0;
            codec.encode((TONE_PEAK * (turn * std::f64::consts::TAU).sin()) as i16)
        })
        .collect()
}

/// The mark of a tagged packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    pub(crate) who: u32,
    pub(crate) number: u32,
    pub(crate) micros: u64,
}

impl Tag {
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        let head = payload.get(..TAG_BYTES)?;
        if head[..8] != TAG_MAGIC {
            return None;
        }
        Some(Self {
            who: u32::from_be_bytes(head[8..12].try_into().ok()?),
            number: u32::from_be_bytes(head[12..16].try_into().ok()?),
            micros: u64::from_be_bytes(head[16..24].try_into().ok()?),
        })
    }
}
