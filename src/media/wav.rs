use std::io::Cursor;

use crate::media::g711;

/// Why a WAV file cannot be played.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum WavFault {
    /// Not a WAV file at all.
    #[error("is no RIFF/WAVE file")]
    NotWav,
    /// A chunk is missing or cut off.
    #[error("has no whole `{0}` chunk")]
    Chunk(&'static str),
    /// Another format.
    #[error(
        "has format tag {tag}, {rate} Hz, {channels} channels, {bits} bits; \
         wanted is 8000 Hz, 1 channel, A-law (6), µ-law (7) or 16-bit PCM (1)"
    )]
    Format {
        /// `wFormatTag`.
        tag: u16,
        /// Samples a second.
        rate: u32,
        /// Channels.
        channels: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// No sample in it.
    #[error("has no samples")]
    Empty,
    /// 16-bit PCM that the `hound` library refuses.
    #[error("is no readable PCM: {0}")]
    Pcm(String),
}

const PCM: u16 = 1;
const ALAW: u16 = 6;
const ULAW: u16 = 7;

/// The A-law samples of a WAV file of 8 kHz, mono, in A-law, µ-law or 16-bit PCM.
///
/// # Errors
/// What is wrong with the file.
pub(crate) fn read(file: &[u8]) -> Result<Vec<u8>, WavFault> {
    if file.len() < 12 || &file[..4] != b"RIFF" || &file[8..12] != b"WAVE" {
        return Err(WavFault::NotWav);
    }
    let format = chunk(file, b"fmt ").filter(|f| f.len() >= 16).ok_or(WavFault::Chunk("fmt "))?;
    let u16_at = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (tag, channels, bits) = (u16_at(0), u16_at(2), u16_at(14));
    let rate = u32::from_le_bytes([format[4], format[5], format[6], format[7]]);
    let wanted_bits = if tag == PCM { 16 } else { 8 };
    if ![PCM, ALAW, ULAW].contains(&tag) || rate != 8_000 || channels != 1 || bits != wanted_bits {
        return Err(WavFault::Format { tag, rate, channels, bits });
    }
    let samples = match tag {
        PCM => pcm(file)?,
        ALAW => data(file)?.to_vec(),
        _ => data(file)?.iter().map(|u| g711::ulaw_to_alaw(*u)).collect(),
    };
    if samples.is_empty() { Err(WavFault::Empty) } else { Ok(samples) }
}

fn pcm(file: &[u8]) -> Result<Vec<u8>, WavFault> {
    let fault = |error: hound::Error| WavFault::Pcm(error.to_string());
    let mut reader = hound::WavReader::new(Cursor::new(file)).map_err(fault)?;
    reader.samples::<i16>().map(|s| s.map(g711::linear_to_alaw).map_err(fault)).collect()
}

fn data(file: &[u8]) -> Result<&[u8], WavFault> {
    chunk(file, b"data").ok_or(WavFault::Chunk("data"))
}

/// The body of the first chunk with this name; chunks begin at even places.
fn chunk<'a>(file: &'a [u8], name: &[u8; 4]) -> Option<&'a [u8]> {
    let mut rest = file.get(12..)?;
    loop {
        let (head, body) = rest.split_at_checked(8)?;
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let length = usize::try_from(length).ok()?;
        if &head[..4] == name {
            return body.get(..length);
        }
        rest = body.get(length.checked_add(length % 2)?..)?;
    }
}

/// A WAV file of these A-law samples, 8 kHz, mono (tests and examples).
#[cfg(test)]
pub(crate) fn write_alaw(samples: &[u8]) -> Vec<u8> {
    write(ALAW, 8_000, 8, samples)
}

#[cfg(test)]
fn write(tag: u16, rate: u32, bits: u16, data: &[u8]) -> Vec<u8> {
    let length = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let align = bits / 8;
    let mut file = b"RIFF".to_vec();
    file.extend(length(4 + 8 + 16 + 8 + data.len()));
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend(tag.to_le_bytes());
    file.extend(1_u16.to_le_bytes());
    file.extend(rate.to_le_bytes());
    file.extend((rate * u32::from(align)).to_le_bytes());
    file.extend(align.to_le_bytes());
    file.extend(bits.to_le_bytes());
    file.extend(b"data");
    file.extend(length(data.len()));
    file.extend(data);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_three_formats_become_alaw() {
        assert_eq!(read(&write(ALAW, 8_000, 8, &[1, 2, 3])), Ok(vec![1, 2, 3]));
        assert_eq!(read(&write(ULAW, 8_000, 8, &[0xFF])), Ok(vec![g711::ulaw_to_alaw(0xFF)]));
        let pcm = write(PCM, 8_000, 16, &[0, 0, 0, 0x40]);
        assert_eq!(read(&pcm), Ok(vec![0xD5, g711::linear_to_alaw(0x4000)]));
    }

    #[test]
    fn a_chunk_before_the_data_is_passed_over() {
        let mut file = write(ALAW, 8_000, 8, &[7; 4]);
        file.splice(12..12, *b"LIST\x03\x00\x00\x00abc\x00");
        assert_eq!(read(&file), Ok(vec![7; 4]));
    }

    #[test]
    fn faults_are_clear() {
        let fault = |file: &[u8]| read(file).unwrap_err().to_string();
        assert_eq!(fault(b"RIFF"), "is no RIFF/WAVE file");
        assert_eq!(fault(b"RIFF\0\0\0\0WAVE"), "has no whole `fmt ` chunk");
        assert_eq!(fault(&write(ALAW, 8_000, 8, &[])), "has no samples");
        assert!(fault(&write(ALAW, 16_000, 8, &[1])).starts_with("has format tag 6, 16000 Hz"));
        let mut cut = write(ALAW, 8_000, 8, &[1; 100]);
        cut.truncate(80);
        assert_eq!(fault(&cut), "has no whole `data` chunk");
    }
}
