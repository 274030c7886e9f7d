use std::io::{self, Read, Seek, SeekFrom};

use crate::store::{Wav, alaw_to_linear};

/// Bytes before the samples of 16-bit PCM: RIFF, `fmt ` of 16 bytes, `data`.
const PCM_HEAD: usize = 44;
const RATE: u32 = 8000;

/// How the samples are written.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Form {
    /// As they are stored: G.711 A-law, 8 bits.
    #[default]
    Alaw,
    /// 16-bit PCM, twice as long, for what plays no A-law (browsers).
    Pcm,
}

/// A recording as a WAV file in one of its forms, of which any part can be read.
#[derive(Debug)]
pub(crate) struct Sound {
    wav: Wav,
    form: Form,
    /// Bytes of A-law: samples of both channels.
    codes: u64,
}

impl Sound {
    pub(crate) fn new(wav: Wav, form: Form) -> Self {
        Self { codes: wav.recorded().samples() * 2, wav, form }
    }

    /// Whether there is no sound in it.
    pub(crate) const fn is_empty(&self) -> bool {
        self.codes == 0
    }

    /// Bytes of the file.
    pub(crate) fn length(&self) -> u64 {
        match self.form {
            Form::Alaw => self.wav.byte_length(),
            Form::Pcm => PCM_HEAD as u64 + self.codes * 2,
        }
    }

    /// Tells this state of the file from all others: one that is still being written grows.
    pub(crate) fn tag(&self) -> String {
        let form = match self.form {
            Form::Alaw => 'a',
            Form::Pcm => 'p',
        };
        format!("\"{}-{}{form}\"", self.wav.recorded().recording(), self.codes)
    }

    /// At most `wanted` bytes from `at` on, at least one when it is before the end.
    pub(crate) fn read(&mut self, at: u64, wanted: usize) -> io::Result<Vec<u8>> {
        match self.form {
            Form::Alaw => self.read_wav(at, wanted),
            Form::Pcm => self.read_pcm(at, wanted),
        }
    }

    fn read_wav(&mut self, at: u64, wanted: usize) -> io::Result<Vec<u8>> {
        self.wav.seek(SeekFrom::Start(at))?;
        let mut bytes = Vec::with_capacity(wanted);
        self.wav.by_ref().take(wanted as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn read_pcm(&mut self, at: u64, wanted: usize) -> io::Result<Vec<u8>> {
        let Some(byte) = at.checked_sub(PCM_HEAD as u64) else {
            let head = pcm_head(self.codes);
            let from = usize::try_from(at).unwrap_or(PCM_HEAD);
            return Ok(head[from..].iter().copied().take(wanted).collect());
        };
        let head = self.wav.byte_length() - self.codes;
        let odd = usize::from(byte % 2 == 1);
        let codes = self.read_wav(head + byte / 2, (wanted + odd).div_ceil(2))?;
        let samples = codes.iter().flat_map(|code| alaw_to_linear(*code).to_le_bytes());
        Ok(samples.skip(odd).take(wanted).collect())
    }
}

fn pcm_head(codes: u64) -> [u8; PCM_HEAD] {
    let data = u32::try_from(codes * 2).unwrap_or(u32::MAX - 36);
    let mut head = [0; PCM_HEAD];
    let parts: [&[u8]; 10] = [
        b"RIFF",
        &(data + 36).to_le_bytes(),
        b"WAVEfmt ",
        &16_u32.to_le_bytes(),
        // Format tag 1 (PCM), two channels.
        &[1, 0, 2, 0],
        &RATE.to_le_bytes(),
        &(RATE * 4).to_le_bytes(),
        // Four bytes for both channels, 16 bits each.
        &[4, 0, 16, 0],
        b"data",
        &data.to_le_bytes(),
    ];
    let mut at = 0;
    for part in parts {
        head[at..at + part.len()].copy_from_slice(part);
        at += part.len();
    }
    head
}
