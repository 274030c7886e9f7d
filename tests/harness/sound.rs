use std::f64::consts::TAU;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Samples in a millisecond.
const PER_MS: usize = 8;
/// Silence is judged in pieces so long.
const PIECE_MS: usize = 2;
/// RMS below this is silence (A-law's smallest step is 8).
const QUIET: f64 = 200.0;

/// One track at 8 kHz.
#[derive(Clone, Debug, Default)]
pub struct Track(pub Vec<i16>);

impl Track {
    /// A sine of `hz`, about -12 dBm0.
    pub fn tone(hz: u16, seconds: u32) -> Self {
        let sample =
            |n: u32| (8_000.0 * (TAU * f64::from(n) * f64::from(hz) / 8_000.0).sin()) as i16;
        Self((0..seconds * 8_000).map(sample).collect())
    }

    /// The samples of a mono WAV file of 16 bits, also while it is being written.
    pub fn from_wav(bytes: &[u8]) -> Self {
        let data = wav_data(bytes).unwrap_or_default();
        Self(data.chunks_exact(2).map(|two| i16::from_le_bytes([two[0], two[1]])).collect())
    }

    /// As a WAV file of 16 bits.
    pub fn to_wav(&self) -> Vec<u8> {
        let length = u32::try_from(self.0.len() * 2).expect("short");
        let mut file = b"RIFF".to_vec();
        file.extend((36 + length).to_le_bytes());
        file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
        file.extend(8_000_u32.to_le_bytes());
        file.extend(16_000_u32.to_le_bytes());
        file.extend(b"\x02\0\x10\0data");
        file.extend(length.to_le_bytes());
        file.extend(self.0.iter().flat_map(|sample| sample.to_le_bytes()));
        file
    }

    /// Length in ms.
    pub fn ms(&self) -> usize {
        self.0.len() / PER_MS
    }

    /// Share of the energy (0–1) at `hz` in a span of ms, by Goertzel; 0 where it is silent.
    pub fn share(&self, span: Range<usize>, hz: u16) -> f64 {
        let Some(samples) = self.0.get(span.start * PER_MS..span.end * PER_MS) else { return 0.0 };
        let coefficient = 2.0 * (TAU * f64::from(hz) / 8_000.0).cos();
        let (mut one, mut two, mut energy) = (0.0, 0.0, 0.0);
        for &sample in samples {
            let x = f64::from(sample);
            (one, two) = (x + coefficient * one - two, one);
            energy += x * x;
        }
        if energy < QUIET * QUIET * samples.len() as f64 {
            return 0.0;
        }
        let power = one * one + two * two - coefficient * one * two;
        power * 2.0 / samples.len() as f64 / energy
    }

    /// How many tenths of a second `hz` fills.
    pub fn tenths_of(&self, hz: u16) -> usize {
        (0..self.ms() / 100).filter(|n| self.share(n * 100..n * 100 + 100, hz) > 0.5).count()
    }

    /// Spans of ms, `at_least` so long, that are silent and have sound on both sides.
    pub fn gaps(&self, at_least: usize) -> Vec<Range<usize>> {
        let mut gaps = Vec::new();
        let mut quiet_since = None;
        let mut sounded = false;
        for (n, piece) in self.0.chunks_exact(PIECE_MS * PER_MS).enumerate() {
            let energy: f64 = piece.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
            let loud = energy > QUIET * QUIET * piece.len() as f64;
            let at = n * PIECE_MS;
            if !loud {
                quiet_since.get_or_insert(at);
            } else if let Some(since) = quiet_since.take()
                && sounded
                && at - since >= at_least
            {
                gaps.push(since..at);
            }
            sounded |= loud;
        }
        gaps
    }
}

/// The two tracks of a stereo A-law WAV file: what the caller says, what the agent says.
pub fn tracks(wav: &[u8]) -> [Track; 2] {
    raw_tracks(wav).map(|bytes| from_a_law(&bytes))
}

/// A track of A-law bytes.
pub fn from_a_law(bytes: &[u8]) -> Track {
    Track(bytes.iter().map(|byte| a_law(*byte)).collect())
}

/// The A-law bytes of a shipped prompt, such as `zh-CN/welcome`.
pub fn prompt(name: &str) -> Vec<u8> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds").join(format!("{name}.wav"));
    let wav = fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    wav_data(&wav).expect("a data chunk").to_vec()
}

/// The same as A-law bytes.
pub fn raw_tracks(wav: &[u8]) -> [Vec<u8>; 2] {
    assert_eq!(&wav[20..24], b"\x06\0\x02\0", "A-law, two channels");
    let data = wav_data(wav).expect("a data chunk");
    [0, 1].map(|at| data.chunks_exact(2).map(|two| two[at]).collect())
}

fn wav_data(bytes: &[u8]) -> Option<&[u8]> {
    let mut at = 12;
    loop {
        let length = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        let body = at + 8;
        if bytes.get(at..at + 4)? == b"data" {
            // The length is wrong while the file is being written; nothing follows in ours.
            return bytes.get(body..);
        }
        at = body + length + length % 2;
    }
}

/// G.711 A-law to linear.
fn a_law(byte: u8) -> i16 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = (i16::from(byte >> 4 & 7), i16::from(byte & 15));
    let level = match exponent {
        0 => (mantissa << 4) + 8,
        _ => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    if byte & 0x80 == 0 { -level } else { level }
}
