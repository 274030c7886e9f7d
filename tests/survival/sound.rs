use serde_json::Value;

use crate::harness::Switch;

const RATE: f64 = 8_000.0;
/// Bytes of the mark at the head of a tagged packet.
const TAG: usize = 24;

/// A recording as the API plays it.
pub(crate) struct Sound {
    /// What the caller said, and what the agent did: linear, 8 kHz.
    pub(crate) tracks: [Vec<f64>; 2],
    raw: [Vec<u8>; 2],
}

impl Sound {
    /// The recording that a CDR names.
    pub(crate) fn of(switch: &Switch, cdr: &Value) -> Self {
        let recording = cdr["recording"].as_str().unwrap_or_else(|| panic!("no recording: {cdr}"));
        Self::read(&switch.download(&format!("/v1/recordings/{recording}/audio.wav")))
    }

    /// A WAV file of two A-law tracks.
    fn read(wav: &[u8]) -> Self {
        let at = wav.windows(4).position(|four| four == b"data").expect("a data chunk");
        let length = u32::from_le_bytes(wav[at + 4..at + 8].try_into().expect("4 bytes"));
        let data = &wav[at + 8..];
        assert!(data.len() >= length as usize, "the WAV file is cut off");
        let raw = [0, 1].map(|of| {
            data[..length as usize].iter().skip(of).step_by(2).copied().collect::<Vec<u8>>()
        });
        let tracks = [0, 1].map(|of: usize| {
            let mut track: Vec<f64> = raw[of].iter().map(|byte| alaw(*byte)).collect();
            // The marks of tagged packets are as loud as the tone.
            for (at, _) in tags(&raw[of]) {
                track[at..at + TAG].fill(0.0);
            }
            track
        });
        Self { tracks, raw }
    }

    /// Its length in s.
    pub(crate) fn seconds(&self) -> f64 {
        self.tracks[0].len() as f64 / RATE
    }

    /// Whether `hz` rather than `other` is heard on a track from `from` to `to`, in s: in nine of ten
    /// windows of 50 ms. Where a recording catches up with the sender's clock its pitch is 1.25 % off.
    pub(crate) fn has(&self, track: usize, hz: u16, other: u16, from: f64, to: f64) -> bool {
        let all = &self.tracks[track];
        let place = |at: f64| ((at * RATE) as usize).min(all.len());
        let windows = all[place(from)..place(to)].chunks_exact(400);
        let near = |part: &[f64], hz: u16| {
            let pitches = [0.9875, 1.0, 1.0125].map(|pitch| power(part, f64::from(hz) * pitch));
            pitches.into_iter().fold(0.0, f64::max)
        };
        let heard = windows.clone().filter(|part| {
            let energy: f64 = part.iter().map(|sample| sample * sample).sum();
            let wanted = near(part, hz);
            energy > 1e6 && wanted > 0.25 * energy && wanted > 5.0 * near(part, other)
        });
        windows.len() >= 2 && heard.count() * 10 >= windows.len() * 9
    }

    /// How loud each 100 ms of a track are, for a look when something is wrong.
    pub(crate) fn profile(&self, track: usize) -> Vec<u32> {
        let loud = |part: &[f64]| part.iter().map(|s| s.abs()).sum::<f64>() / part.len() as f64;
        self.tracks[track].chunks(800).map(|part| loud(part) as u32).collect()
    }

    /// Where a track's tagged packets lie against their numbers, in samples: each change of it.
    pub(crate) fn shifts(&self, track: usize) -> Vec<(usize, i64)> {
        let mut shifts: Vec<(usize, i64)> = Vec::new();
        for (at, number) in tags(&self.raw[track]) {
            let shift = at as i64 - i64::from(number) * 160;
            if shifts.last().is_none_or(|(_, last)| *last != shift) {
                shifts.push((at, shift));
            }
        }
        shifts
    }

    /// Whether both tracks are silent from `from` to `to`, in s.
    pub(crate) fn is_silent(&self, from: f64, to: f64) -> bool {
        self.tracks.iter().all(|all| {
            let place = |at: f64| ((at * RATE) as usize).min(all.len());
            all[place(from)..place(to)].iter().all(|sample| sample.abs() < 64.0)
        })
    }
}

/// Where the marks of tagged packets lie, and their numbers.
fn tags(raw: &[u8]) -> Vec<(usize, u32)> {
    let whole = (0..raw.len().saturating_sub(TAG - 1)).map(|at| (at, &raw[at..at + TAG]));
    let marked = whole.filter(|(_, mark)| mark.starts_with(b"\xaahotltag"));
    let number = |mark: &[u8]| u32::from_be_bytes(mark[12..16].try_into().expect("4 bytes"));
    marked.map(|(at, mark)| (at, number(mark))).collect()
}

/// The energy of one frequency (Goertzel), in units of the samples' energy.
fn power(part: &[f64], hz: f64) -> f64 {
    let turn = 2.0 * (std::f64::consts::TAU * hz / RATE).cos();
    let (mut one, mut two) = (0.0, 0.0);
    for sample in part {
        (one, two) = (sample + turn * one - two, one);
    }
    2.0 * (one * one + two * two - turn * one * two) / part.len().max(1) as f64
}

fn alaw(byte: u8) -> f64 {
    let byte = byte ^ 0x55;
    let (exponent, mantissa) = ((byte >> 4) & 7, i32::from(byte & 15));
    let size = match exponent {
        0 => (mantissa << 4) + 8,
        exponent => ((mantissa << 4) + 0x108) << (exponent - 1),
    };
    f64::from(if byte & 0x80 == 0 { -size } else { size })
}
