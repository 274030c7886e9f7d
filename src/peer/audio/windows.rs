use std::collections::VecDeque;
use std::time::Instant;

/// Samples of one window: 100 ms at 8 kHz.
const WINDOW_SAMPLES: usize = 800;
/// Level of a full-scale sine in A-law (G.711): +3.14 dBm0.
const FULL_SCALE_DBM0: f32 = 314.0 / 100.0;
/// Energy of a window below this level counts as silence.
pub(crate) const QUIET_DBM0: f32 = -45.0;
/// At most so many frequencies are listened for.
pub(crate) const FREQUENCIES_MAX: usize = 8;

/// What one tenth of a second sounded like.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// When its last sample arrived.
    pub at: Instant,
    /// Level, 0 = a full-scale sine less 3.14 dB (dBm0 of A-law); about -90 for silence.
    pub level_dbm0: f32,
    /// Share of the window's energy (0–1) at each frequency listened for, as `(hz, share)`.
    pub shares: Vec<(u16, f32)>,
}

impl Window {
    /// Louder than line noise.
    pub fn is_loud(&self) -> bool {
        self.level_dbm0 > QUIET_DBM0
    }

    /// Share of energy at `hz`, 0 when nobody listened for it.
    pub fn share(&self, hz: u16) -> f32 {
        self.shares.iter().find(|(of, _)| *of == hz).map_or(0.0, |(_, share)| *share)
    }
}

#[derive(Debug, Clone)]
struct Resonator {
    hz: u16,
    coefficient: f32,
    one: f32,
    two: f32,
    /// Windows in which this tone had most of the energy.
    windows: u32,
}

/// Goertzel power per 100 ms at a set of frequencies.
#[derive(Debug, Clone)]
pub(crate) struct Windows {
    resonators: Vec<Resonator>,
    energy: f32,
    samples: usize,
    kept: VecDeque<Window>,
    keep: usize,
    pub(crate) total: u32,
    pub(crate) loud: u32,
}

impl Windows {
    pub(crate) fn new(hz: &[u16], keep: usize) -> Self {
        let mut windows = Self {
            resonators: Vec::new(),
            energy: 0.0,
            samples: 0,
            kept: VecDeque::new(),
            keep,
            total: 0,
            loud: 0,
        };
        for &hz in hz {
            windows.listen(hz);
        }
        windows
    }

    /// Listens for one more frequency; the window in progress starts again.
    pub(crate) fn listen(&mut self, hz: u16) {
        if self.resonators.iter().any(|r| r.hz == hz) || self.resonators.len() >= FREQUENCIES_MAX {
            return;
        }
        let turn = std::f64::consts::TAU * f64::from(hz) / 8_000.0;
        self.resonators.push(Resonator {
            hz,
            coefficient: (2.0 * turn.cos()) as f32,
            one: 0.0,
            two: 0.0,
            windows: 0,
        });
        self.restart();
    }

    fn restart(&mut self) {
        self.energy = 0.0;
        self.samples = 0;
        for resonator in &mut self.resonators {
            resonator.one = 0.0;
            resonator.two = 0.0;
        }
    }

    pub(crate) fn push(&mut self, now: Instant, mut samples: &[f32]) {
        while !samples.is_empty() {
            let length = samples.len().min(WINDOW_SAMPLES - self.samples);
            let (piece, rest) = samples.split_at(length);
            samples = rest;
            self.energy += piece.iter().map(|x| x * x).sum::<f32>();
            for resonator in &mut self.resonators {
                let (mut one, mut two) = (resonator.one, resonator.two);
                for x in piece {
                    let zero = x + resonator.coefficient * one - two;
                    two = one;
                    one = zero;
                }
                resonator.one = one;
                resonator.two = two;
            }
            self.samples += length;
            if self.samples == WINDOW_SAMPLES {
                self.close(now);
            }
        }
    }

    fn close(&mut self, now: Instant) {
        const FULL: f32 = 32_768.0;
        let mean = self.energy / WINDOW_SAMPLES as f32 / (FULL * FULL);
        let level_dbm0 = 10.0 * (mean * 2.0 + 1e-9).log10() + FULL_SCALE_DBM0;
        let loud = level_dbm0 > QUIET_DBM0;
        let mut shares = Vec::with_capacity(self.resonators.len());
        for resonator in &mut self.resonators {
            let (one, two) = (resonator.one, resonator.two);
            let power = one * one + two * two - resonator.coefficient * one * two;
            let share = if self.energy > 0.0 {
                (power * 2.0 / WINDOW_SAMPLES as f32 / self.energy).clamp(0.0, 1.0)
            } else {
                0.0
            };
            if loud && share > 0.5 {
                resonator.windows += 1;
            }
            shares.push((resonator.hz, share));
        }
        self.total += 1;
        self.loud += u32::from(loud);
        if self.keep > 0 {
            if self.kept.len() == self.keep {
                self.kept.pop_front();
            }
            self.kept.push_back(Window { at: now, level_dbm0, shares });
        }
        self.restart();
    }

    pub(crate) fn kept(&self) -> Vec<Window> {
        self.kept.iter().cloned().collect()
    }

    pub(crate) fn tones(&self) -> Vec<(u16, u32)> {
        self.resonators.iter().map(|r| (r.hz, r.windows)).collect()
    }
}
