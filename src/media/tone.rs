use std::f32::consts::TAU;
use std::sync::LazyLock;

use crate::base::{Codec, Key};
use crate::media::{Tone, g711};

/// How long a tone grows and fades, samples: 5 ms.
const RAMP: u32 = 40;
/// Points of the sine table; a power of two, so that the phase's upper bits are the place.
const POINTS: usize = 1_024;
/// −12 dBm0: a full-scale sine is +3.14 dBm0.
const LOUD: f32 = 5_620.0;
/// The two tones of a key, each −9 dBm0.
const KEY_LOUD: f32 = 7_940.0;
const ROWS: [u16; 4] = [697, 770, 852, 941];
const COLUMNS: [u16; 4] = [1_209, 1_336, 1_477, 1_633];
/// Row and column by RFC 4733 event.
const PLACES: [(u8, u8); 16] = [
    (3, 1),
    (0, 0),
    (0, 1),
    (0, 2),
    (1, 0),
    (1, 1),
    (1, 2),
    (2, 0),
    (2, 1),
    (2, 2),
    (3, 0),
    (3, 2),
    (0, 3),
    (1, 3),
    (2, 3),
    (3, 3),
];

static SINE: LazyLock<[f32; POINTS]> =
    LazyLock::new(|| std::array::from_fn(|n| (TAU * n as f32 / POINTS as f32).sin()));

/// A sine that goes on without a step from chunk to chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sine {
    phase: u32,
    step: u32,
}

impl Sine {
    /// A sine of `hz` that begins at zero.
    pub(crate) fn new(hz: u16) -> Self {
        // 2³² a second of 8,000 samples.
        let step = (u64::from(hz) << 32) / 8_000;
        Self { phase: 0, step: u32::try_from(step & 0xFFFF_FFFF).unwrap_or(0) }
    }

    /// The next sample, −1 to 1.
    pub(crate) fn next(&mut self) -> f32 {
        let at = usize::try_from(self.phase >> 22).unwrap_or(0);
        self.phase = self.phase.wrapping_add(self.step);
        SINE[at % POINTS]
    }
}

/// A tone with its cadence, being played.
#[derive(Clone, Debug)]
pub(crate) struct Toning {
    sine: Sine,
    /// Samples on and off, again and again; always on when `off` is 0.
    on: u32,
    off: u32,
    place: u32,
    /// Samples played so far.
    played: u32,
    /// Samples still to come; `None` for ever.
    left: Option<u32>,
}

impl Toning {
    /// A tone at its beginning, for `ms` or for ever.
    pub(crate) fn new(tone: Tone, ms: Option<u32>) -> Self {
        let (hz, on, off) = match tone {
            Tone::Ringback => (450, 8_000, 32_000),
            Tone::Busy => (450, 2_800, 2_800),
            Tone::Congestion => (450, 5_600, 5_600),
            Tone::CallWaiting => (450, 3_200, 32_000),
            Tone::Beep => (1_000, 3_200, 0),
            Tone::Test { hz } => (hz.clamp(20, 3_800), 1, 0),
        };
        let ms = if tone == Tone::Beep { Some(ms.unwrap_or(400).min(400)) } else { ms };
        Self {
            sine: Sine::new(hz),
            on,
            off,
            place: 0,
            played: 0,
            left: ms.map(|ms| ms.saturating_mul(8)),
        }
    }

    /// Fills a chunk, the rest of it with silence; false when nothing was left to play.
    pub(crate) fn fill(&mut self, codec: Codec, chunk: &mut [u8]) -> bool {
        if self.left == Some(0) {
            return false;
        }
        for byte in chunk {
            if self.left == Some(0) {
                *byte = g711::silence(codec);
                continue;
            }
            *byte = if self.off == 0 || self.place < self.on {
                let loud = LOUD * self.gain();
                g711::from_linear(codec, (self.sine.next() * loud) as i16)
            } else {
                g711::silence(codec)
            };
            self.left = self.left.map(|left| left - 1);
            self.played = self.played.saturating_add(1);
            self.place += 1;
            if self.place >= self.on + self.off {
                self.place = 0;
            }
        }
        true
    }

    /// A tone grows and fades within [`RAMP`], so that nobody hears a click.
    fn gain(&self) -> f32 {
        let (before, after) = match self.off {
            0 => (self.played, u32::MAX),
            _ => (self.place, self.on - self.place),
        };
        let near = before.saturating_add(1).min(after).min(self.left.unwrap_or(u32::MAX));
        near.min(RAMP) as f32 / RAMP as f32
    }
}

/// The two tones of a key, for parties that take no events.
#[derive(Clone, Debug)]
pub(crate) struct DualTone {
    row: Sine,
    column: Sine,
}

impl DualTone {
    /// The tones of `key`.
    pub(crate) fn new(key: Key) -> Self {
        let (row, column) = PLACES[usize::from(key.event() & 15)];
        Self {
            row: Sine::new(ROWS[usize::from(row & 3)]),
            column: Sine::new(COLUMNS[usize::from(column & 3)]),
        }
    }

    /// Fills a chunk.
    pub(crate) fn fill(&mut self, codec: Codec, chunk: &mut [u8]) {
        for byte in chunk {
            let sample = (self.row.next() + self.column.next()) * KEY_LOUD;
            *byte = g711::from_linear(codec, sample as i16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::detector::Detector;

    #[test]
    fn a_key_made_here_is_heard_here() {
        for event in 0..16 {
            let key = Key::from_event(event).unwrap();
            let mut bytes = vec![0xD5; 800];
            DualTone::new(key).fill(Codec::Pcma, &mut bytes[..640]);
            let mut detector = Detector::new();
            let heard: Vec<_> =
                bytes.iter().filter_map(|b| detector.hear(g711::alaw_to_linear(*b))).collect();
            assert_eq!(heard, [key]);
        }
    }

    #[test]
    fn tones_have_the_cadences_of_the_chinese_plan() {
        for (tone, hz, on_ms, off_ms) in [
            (Tone::Ringback, 450, 1_000, 4_000),
            (Tone::Busy, 450, 350, 350),
            (Tone::Congestion, 450, 700, 700),
            (Tone::CallWaiting, 450, 400, 4_000),
        ] {
            let mut bytes = vec![0; 16 * 8_000];
            assert!(Toning::new(tone, None).fill(Codec::Pcma, &mut bytes));
            let samples: Vec<i16> = bytes.iter().map(|b| g711::alaw_to_linear(*b)).collect();
            // A look of 10 ms is either tone or silence.
            let loud: Vec<bool> =
                samples.chunks(80).map(|look| look.iter().any(|s| s.abs() > 1_000)).collect();
            let period = (on_ms + off_ms) / 10;
            for (at, loud) in loud.iter().enumerate() {
                assert_eq!(*loud, at % period < on_ms / 10, "{tone:?} at {at}0 ms");
            }
            let turns = samples[..on_ms * 8].windows(2).filter(|two| two[0] < 0 && two[1] >= 0);
            let heard = turns.count() * 1_000 / on_ms;
            assert!((hz - 5..=hz + 5).contains(&heard), "{tone:?}: {heard} Hz");
            // From sample to sample never more than the sine itself goes.
            let step = samples.windows(2).map(|two| (two[1] - two[0]).abs()).max().unwrap();
            assert!(step < 2_300, "{tone:?}: {step}");
        }
    }

    #[test]
    fn cadences_and_ends() {
        let mut toning = Toning::new(Tone::Busy, Some(1_000));
        let mut bytes = vec![0; 8_160];
        assert!(toning.fill(Codec::Pcma, &mut bytes));
        assert!(!toning.fill(Codec::Pcma, &mut [0; 160]));
        let loud = |range: std::ops::Range<usize>| {
            bytes[range].iter().any(|b| g711::alaw_to_linear(*b).abs() > 1_000)
        };
        assert!(loud(0..2_800) && !loud(2_801..5_600) && loud(5_600..8_000) && !loud(8_000..8_160));
        // Level: −12 dBm0 is 5,620 at the top.
        let top = bytes.iter().map(|b| g711::alaw_to_linear(*b)).max().unwrap();
        assert!((5_300..=5_900).contains(&top), "{top}");
        let mut beep = Toning::new(Tone::Beep, None);
        let chunks =
            std::iter::from_fn(|| beep.fill(Codec::Pcmu, &mut [0; 160]).then_some(())).count();
        assert_eq!(chunks, 20);
    }
}
