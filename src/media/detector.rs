use std::f32::consts::TAU;

use crate::base::Key;

/// Samples of one look: 12.75 ms, so that 40 ms of tone hold two whole looks wherever they begin.
const LOOK: usize = 102;
/// The rows and columns of the keypad, Hz (ITU-T Q.23).
const ROWS: [f32; 4] = [697.0, 770.0, 852.0, 941.0];
const COLUMNS: [f32; 4] = [1_209.0, 1_336.0, 1_477.0, 1_633.0];
/// RFC 4733 events by row and column.
const EVENTS: [[u8; 4]; 4] = [[1, 2, 3, 12], [4, 5, 6, 13], [7, 8, 9, 14], [10, 0, 11, 15]];
/// The weaker tone is at least this loud: about −32 dBm0 for a look.
const LOUD_MIN: f32 = 1.0e7;
/// Column louder than row by at most 8 dB, row louder than column by at most 6 dB.
const TWIST: f32 = 6.31;
const TWIST_REVERSE: f32 = 3.98;
/// The best of a group is above each other of it by 8 dB.
const PEAK: f32 = 6.31;
/// Row and column make up this share of all energy; speech is spread wider. A pure pair reaches 1.
const SHARE: f32 = 0.80;
/// The second harmonic is at most this share of its tone; a voice has strong ones.
const HARMONIC: f32 = 0.12;
/// Looks in a row that must agree before a key counts, and that must lack it before it may again.
const LOOKS_ON: u8 = 2;
const LOOKS_OFF: u8 = 3;

/// Finds keys in speech: Goertzel's filters at the eight tones, with a guard against voices that
/// sound like keys (talk-off).
#[derive(Clone, Debug)]
pub(crate) struct Detector {
    look: [f32; LOOK],
    filled: usize,
    /// What the looks before said, and how many in a row.
    run: (Option<u8>, u8),
    /// The key that is down.
    down: Option<u8>,
}

impl Detector {
    /// A detector that has heard nothing.
    pub(crate) fn new() -> Self {
        Self { look: [0.0; LOOK], filled: 0, run: (None, 0), down: None }
    }

    /// Listens to one more sample, 16-bit linear; the key when a press was recognised with it.
    pub(crate) fn hear(&mut self, sample: i16) -> Option<Key> {
        self.look[self.filled] = f32::from(sample);
        self.filled += 1;
        if self.filled < LOOK {
            return None;
        }
        self.filled = 0;
        let seen = look(&self.look);
        self.run =
            if self.run.0 == seen { (seen, self.run.1.saturating_add(1)) } else { (seen, 1) };
        if self.down.is_some() && self.down != seen && self.run.1 >= LOOKS_OFF {
            self.down = None;
        }
        if self.down.is_none() && self.run.1 >= LOOKS_ON {
            self.down = seen;
            return seen.and_then(Key::from_event);
        }
        None
    }
}

/// The event whose two tones a look holds, and nothing else.
fn look(samples: &[f32; LOOK]) -> Option<u8> {
    let rows = ROWS.map(|hz| power(samples, hz));
    let columns = COLUMNS.map(|hz| power(samples, hz));
    let (row, column) = (best(&rows)?, best(&columns)?);
    let (low, high) = (rows[row], columns[column]);
    if low < LOUD_MIN || high < LOUD_MIN || high > low * TWIST || low > high * TWIST_REVERSE {
        return None;
    }
    // A sine of amplitude a gives (a·N/2)² here and a²·N/2 of energy.
    let energy: f32 = samples.iter().map(|s| s * s).sum();
    if low + high < SHARE * energy * (LOOK as f32) / 2.0 {
        return None;
    }
    let harmonic = |hz: f32, tone: f32| power(samples, 2.0 * hz) > HARMONIC * tone;
    if harmonic(ROWS[row], low) || harmonic(COLUMNS[column], high) {
        return None;
    }
    Some(EVENTS[row][column])
}

/// The strongest of a group when it stands out.
fn best(group: &[f32; 4]) -> Option<usize> {
    let mut top = 0;
    for at in 1..4 {
        if group[at] > group[top] {
            top = at;
        }
    }
    let alone = (0..4).all(|at| at == top || group[at] * PEAK < group[top]);
    alone.then_some(top)
}

/// Goertzel: the squared size of the spectrum at `hz`.
fn power(samples: &[f32; LOOK], hz: f32) -> f32 {
    let turn = 2.0 * (TAU * hz / 8_000.0).cos();
    let (mut one, mut two) = (0.0_f32, 0.0_f32);
    for sample in samples {
        let now = sample + turn * one - two;
        two = one;
        one = now;
    }
    one * one + two * two - turn * one * two
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Random;

    /// A signal: samples added up.
    struct Sound(Vec<f32>);

    impl Sound {
        fn silence(ms: usize) -> Self {
            Self(vec![0.0; ms * 8])
        }

        fn tone(mut self, from_ms: usize, ms: usize, hz: f32, loud: f32) -> Self {
            for n in from_ms * 8..(from_ms + ms) * 8 {
                self.0[n] += loud * (TAU * hz * n as f32 / 8_000.0).sin();
            }
            self
        }

        fn key(self, from_ms: usize, ms: usize, row: usize, column: usize, loud: f32) -> Self {
            self.tone(from_ms, ms, ROWS[row], loud).tone(from_ms, ms, COLUMNS[column], loud)
        }

        fn noise(mut self, random: &mut Random, loud: f32) -> Self {
            for sample in &mut self.0 {
                *sample += loud * (random.below(2_001) as f32 / 1_000.0 - 1.0);
            }
            self
        }

        fn heard(&self) -> String {
            let mut detector = Detector::new();
            self.0
                .iter()
                .filter_map(|s| detector.hear(s.clamp(-32_000.0, 32_000.0) as i16))
                .map(Key::as_char)
                .collect()
        }
    }

    #[test]
    fn all_keys_are_heard_once_at_all_lengths_and_levels() {
        for (row, events) in EVENTS.iter().enumerate() {
            for (column, event) in events.iter().enumerate() {
                for (ms, loud) in [(40, 8_000.0), (100, 900.0), (100, 14_000.0), (1_500, 5_000.0)] {
                    for offset in [50, 53, 57, 61] {
                        let sound = Sound::silence(2_000).key(offset, ms, row, column, loud);
                        let expected = Key::from_event(*event).unwrap().as_char().to_string();
                        assert_eq!(sound.heard(), expected, "{ms} ms at {offset}, {loud}");
                    }
                }
            }
        }
    }

    #[test]
    fn presses_are_told_apart_and_small_faults_bridged() {
        let twice = Sound::silence(600).key(50, 80, 1, 1, 6_000.0).key(200, 80, 1, 1, 6_000.0);
        assert_eq!(twice.heard(), "55");
        // One packet of 20 ms is missing.
        let holed = Sound::silence(400).key(50, 60, 0, 2, 6_000.0).key(130, 60, 0, 2, 6_000.0);
        assert_eq!(holed.heard(), "3");
        let noisy = Sound::silence(400).key(50, 100, 3, 2, 6_000.0);
        assert_eq!(noisy.noise(&mut Random::from_number(1), 800.0).heard(), "#");
        // Twist of 6 dB either way, frequencies off by 1.5 %.
        let twisted =
            Sound::silence(300).tone(50, 100, 697.0, 3_000.0).tone(50, 100, 1_209.0, 6_000.0);
        assert_eq!(twisted.heard(), "1");
        let off = Sound::silence(300).tone(50, 100, 770.0 * 1.015, 6_000.0).tone(
            50,
            100,
            1_336.0 * 0.985,
            6_000.0,
        );
        assert_eq!(off.heard(), "5");
    }

    #[test]
    fn one_tone_busy_tones_and_noise_are_no_keys() {
        let mut random = Random::from_number(7);
        for hz in [350.0, 440.0, 450.0, 697.0, 941.0, 1_000.0, 1_209.0, 1_633.0] {
            assert_eq!(Sound::silence(500).tone(0, 500, hz, 8_000.0).heard(), "");
        }
        assert_eq!(Sound::silence(20_000).noise(&mut random, 12_000.0).heard(), "");
    }

    /// Something like a voice: a pitch that glides between 80 and 300 Hz with harmonics weighed by
    /// moving formants, in syllables, over a little noise.
    #[test]
    fn ten_minutes_of_speech_like_sound_give_no_key() {
        let mut random = Random::from_number(12_345);
        let mut detector = Detector::new();
        let mut keys = 0;
        let unit = |random: &mut Random| random.below(1_000) as f32 / 1_000.0;
        for _ in 0..2_400 {
            // One syllable of 250 ms.
            let (pitch, glide) =
                (80.0 + 220.0 * unit(&mut random), 60.0 * (unit(&mut random) - 0.5));
            let formants =
                [300.0 + 600.0 * unit(&mut random), 900.0 + 1_400.0 * unit(&mut random), 2_500.0];
            let loud = 1_000.0 + 9_000.0 * unit(&mut random);
            let weight = |hz: f32| -> f32 {
                formants.iter().map(|f| 1.0 / (1.0 + ((hz - f) / 90.0).powi(2))).sum()
            };
            let weights: Vec<f32> = (1..=20).map(|n| weight(pitch * n as f32)).collect();
            let mut phase = 0.0_f32;
            for n in 0..2_000 {
                phase += (pitch + glide * n as f32 / 2_000.0) / 8_000.0;
                let envelope = (std::f32::consts::PI * n as f32 / 2_000.0).sin();
                let mut sample = 200.0 * (unit(&mut random) - 0.5);
                for (harmonic, weight) in weights.iter().enumerate() {
                    if *weight > 0.02 {
                        sample +=
                            loud * envelope * weight * (TAU * phase * (harmonic + 1) as f32).sin();
                    }
                }
                keys +=
                    usize::from(detector.hear(sample.clamp(-32_000.0, 32_000.0) as i16).is_some());
            }
        }
        assert_eq!(keys, 0);
    }
}
