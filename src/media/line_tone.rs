use std::f32::consts::TAU;

use serde::{Deserialize, Serialize};

use crate::base::Codec;
use crate::media::{g711, samples};

/// A tone by which a network says that a call goes nowhere (GB/T 3380): 450 ± 25 Hz in a cadence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineTone {
    /// 0.35 s on, 0.35 s off: the party is busy.
    Busy,
    /// 0.7 s on, 0.7 s off: the network is congested.
    Congestion,
}

/// Samples of one look: 40 ms, so that it tells 450 Hz from 400 and from 440 with 480.
const LOOK: usize = 320;
/// A look begins every 10 ms.
const HOP: usize = 80;
/// The places where the tone is looked for, Hz: together 424–476, so that a network that is
/// off by its whole tolerance is heard. The 425 Hz of other countries fall into it; their cadences don't.
const PLACES: [f32; 5] = [431.0, 440.5, 450.0, 459.5, 469.0];
/// A tone has this share of all energy at its place.
const SHARE: f32 = 0.70;
/// The mean square of the faintest tone: half a decibel below −42 dBFS, so that those are heard whose
/// looks say a little less.
const FAINT: f32 = 30_000.0;
/// A pause is by so much fainter than the tone before it, as power: 7 dB.
const PAUSE: f32 = 0.2;
/// Looks in a row that make a new state; fewer are a fault in transmission.
const TURN: u32 = 6;
/// Looks of a pause that may be loud: those that hold an end of the tone, and one click.
const LOUD_LOOKS: u32 = 8;
/// A tone is seen so much too short, samples, because a look must hold most of it; a pause too long.
const BIAS: i64 = 160;
/// Two tones of one row differ by at most this factor of power: 4 dB.
const EVEN: f32 = 2.5;
/// Tones and pauses in a row that make it sure: two whole periods.
const SURE: u32 = 4;
/// Packets that were lost in a row, samples: what lasted before lasts on. More is silence that
/// was not sent.
const LOST_MAX: i32 = 480;
/// The longest silence that was not sent and is believed, samples: 10 s.
const UNSENT_MAX: i32 = 80_000;

/// Each cadence with the length of its tones and pauses and how far off they may be, samples.
const CADENCES: [(LineTone, i64, i64); 2] =
    [(LineTone::Busy, 2_800, 480), (LineTone::Congestion, 5_600, 760)];

/// Listens for line tones while they are expected; stops when one was heard.
#[derive(Clone, Default, Debug)]
pub(crate) struct LineTones(Option<Box<Listener>>);

impl LineTones {
    /// Begins to listen (anew), or stops.
    pub(crate) fn expect(&mut self, on: bool) {
        self.0 = on.then(|| Box::new(Listener::new()));
    }

    /// Takes the speech of a packet; the tone when it is sure with it.
    pub(crate) fn hear(&mut self, ts: u32, codec: Codec, payload: &[u8]) -> Option<LineTone> {
        let listener = self.0.as_mut()?;
        listener.catch_up(ts, payload.len());
        let tone = payload.iter().find_map(|byte| listener.hear(g711::to_linear(codec, *byte)))?;
        self.0 = None;
        Some(tone)
    }
}

/// What lasts: a tone or none, for so many looks.
#[derive(Clone, Copy, Debug)]
struct Run {
    tone: bool,
    looks: u32,
    /// Looks that say otherwise, the last ones.
    doubts: u32,
    /// The power of the tone, or of the one before this pause.
    power: f32,
    /// Looks of a pause that were not quiet.
    loud: u32,
}

/// A row of tones and pauses of one cadence.
#[derive(Clone, Copy, Debug)]
struct Row {
    tone: LineTone,
    count: u32,
    power: f32,
}

/// Goertzel's filter around 450 Hz, and the cadence of what it finds.
#[derive(Clone, Debug)]
struct Listener {
    look: [f32; LOOK],
    /// Where the next sample goes, and how many are missing to the next look.
    at: usize,
    missing: usize,
    run: Run,
    row: Option<Row>,
    /// The timestamp that the next packet should have.
    next: Option<u32>,
}

impl Listener {
    fn new() -> Self {
        Self {
            look: [0.0; LOOK],
            at: 0,
            missing: HOP,
            run: Run { tone: false, looks: 0, doubts: 0, power: f32::MAX, loud: 0 },
            row: None,
            next: None,
        }
    }

    /// Bridges what is missing before the packet that has `ts`.
    fn catch_up(&mut self, ts: u32, length: usize) {
        let length = u32::try_from(length).unwrap_or(0);
        let missing = self.next.map_or(0, |next| samples::ahead(next, ts));
        self.next = Some(ts.wrapping_add(length));
        if missing == 0 {
            return;
        }
        if !(0..=UNSENT_MAX).contains(&missing) {
            *self = Self { next: self.next, ..Self::new() };
            return;
        }
        let looks = u32::try_from(missing).unwrap_or(0) / HOP as u32;
        if missing > LOST_MAX {
            // Silence: the looks to come hold none of what was before.
            self.look = [0.0; LOOK];
            if self.run.tone {
                // Were the row sure with this, it is so with the tone that follows.
                let _ = self.end_run(Run { tone: false, looks, doubts: 0, loud: 0, ..self.run });
                return;
            }
        }
        self.run.looks += looks;
    }

    fn hear(&mut self, sample: i16) -> Option<LineTone> {
        self.look[self.at] = f32::from(sample);
        self.at = (self.at + 1) % LOOK;
        self.missing -= 1;
        if self.missing > 0 {
            return None;
        }
        self.missing = HOP;
        let power = self.look.iter().map(|s| s * s).sum::<f32>() / LOOK as f32;
        let tone = power > FAINT && self.share(power) > SHARE;
        self.see(tone, power)
    }

    /// The share of the energy at the best place.
    fn share(&self, power: f32) -> f32 {
        let (before, after) = (&self.look[self.at..], &self.look[..self.at]);
        let best = PLACES.map(|hz| {
            let turn = 2.0 * (TAU * hz / 8_000.0).cos();
            let (mut one, mut two) = (0.0_f32, 0.0_f32);
            for sample in before.iter().chain(after) {
                (one, two) = (sample + turn * one - two, one);
            }
            one * one + two * two - turn * one * two
        });
        // A pure tone of amplitude a gives (a·N/2)², and has the power a²/2.
        best.into_iter().fold(0.0, f32::max) / (power * (LOOK * LOOK) as f32 / 2.0)
    }

    /// One look more.
    fn see(&mut self, tone: bool, power: f32) -> Option<LineTone> {
        let run = &mut self.run;
        if run.tone {
            run.power = if tone { run.power.max(power) } else { run.power };
        } else if power > run.power * PAUSE {
            run.loud += 1;
        }
        if tone == run.tone {
            run.looks += 1 + std::mem::take(&mut run.doubts);
            return None;
        }
        run.doubts += 1;
        if run.doubts < TURN {
            return None;
        }
        let looks = run.doubts;
        // The first looks of a pause still hold the end of the tone.
        let power = if tone { power } else { run.power };
        self.end_run(Run { tone, looks, doubts: 0, power, loud: if tone { 0 } else { 3 } })
    }

    /// A tone or a pause is over; the tone when the row is sure with it.
    fn end_run(&mut self, next: Run) -> Option<LineTone> {
        let ended = std::mem::replace(&mut self.run, next);
        let length = i64::from(ended.looks) * HOP as i64;
        let length = if ended.tone { length + BIAS } else { length - BIAS };
        let quiet = ended.tone || ended.loud <= LOUD_LOOKS + TURN;
        let fits = |(_, wanted, off): &&(LineTone, i64, i64)| (length - wanted).abs() <= *off;
        let Some((tone, ..)) = CADENCES.iter().find(fits).filter(|_| quiet) else {
            self.row = None;
            return None;
        };
        let before = self.row.filter(|row| {
            let even = ended.power < row.power * EVEN && row.power < ended.power * EVEN;
            row.tone == *tone && (even || !ended.tone)
        });
        let count = before.map_or(0, |row| row.count) + 1;
        self.row = Some(Row { tone: *tone, count, power: ended.power });
        (count >= SURE).then_some(*tone)
    }
}
