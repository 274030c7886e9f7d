use std::f32::consts::PI;

use crate::base::Codec;
use crate::media::g711;

/// The fade at both ends of a sound, samples: 5 ms.
const FADE: usize = 40;
/// Below this a sample counts as silence: about −45 dBFS.
const QUIET: i16 = 184;
/// Silence between two digits, samples: 130 ms.
const GAP_DIGITS: usize = 1_040;
/// Silence between two pieces of one number, date or time: 90 ms.
const GAP_PIECES: usize = 720;
/// Silence before and after a whole phrase: 220 ms.
const GAP_PHRASES: usize = 1_760;

/// The folders whose sounds are pieces of something longer.
const PIECES: [&str; 21] = [
    "num", "count", "hundred", "thousand", "wan", "yi", "unit", "ling", "teen", "ordinal", "year",
    "month", "day", "weekday", "hour", "minute", "clock", "half", "minutes", "hours", "days",
];

/// How a sound stands to its neighbours in a list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Series {
    /// One digit of a row.
    Digit,
    /// A piece of a number, a date or a time.
    Piece,
    /// A whole phrase.
    Phrase,
    /// Music and pauses: they are joined as they are.
    Bare,
}

impl Series {
    /// By the name of the sound: `digit/3`, `thousand/2`, `welcome`, `moh/default`.
    pub(crate) fn of(id: &str) -> Self {
        match id.split_once('/') {
            Some(("digit", _)) => Self::Digit,
            Some(("moh", _)) => Self::Bare,
            Some((folder, _)) if PIECES.contains(&folder) => Self::Piece,
            _ => Self::Phrase,
        }
    }
}

/// The ends of a sound: what must be known to join it with another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Ends {
    pub(crate) series: Series,
    /// Silence at its beginning and at its end, samples.
    lead: usize,
    tail: usize,
}

impl Ends {
    /// Measures a sound.
    pub(crate) fn measure(series: Series, alaw: &[u8]) -> Self {
        let loud = |byte: &u8| g711::alaw_to_linear(*byte).unsigned_abs() > QUIET.unsigned_abs();
        let lead = alaw.iter().position(loud).unwrap_or(alaw.len());
        let tail = alaw.iter().rev().position(loud).unwrap_or(alaw.len());
        Self { series, lead, tail }
    }

    /// Silence to be put between this sound and the next, samples: what their own ends lack.
    pub(crate) fn gap_to(self, next: Self) -> usize {
        let wanted = match (self.series, next.series) {
            (Series::Bare, _) | (_, Series::Bare) => return 0,
            (Series::Phrase, _) | (_, Series::Phrase) => GAP_PHRASES,
            (Series::Digit, Series::Digit) => GAP_DIGITS,
            _ => GAP_PIECES,
        };
        wanted.saturating_sub(self.tail + next.lead)
    }
}

/// Lets a sound begin and end without a click, whoever recorded it: raised cosines of 5 ms. Music is
/// left as it is, because its end is joined with its beginning.
pub(crate) fn fade(series: Series, alaw: &mut [u8]) {
    if series == Series::Bare {
        return;
    }
    let length = FADE.min(alaw.len() / 2);
    let last = alaw.len().saturating_sub(1);
    for n in 0..length {
        let gain = 0.5 - 0.5 * (PI * (n as f32 + 0.5) / length as f32).cos();
        for at in [n, last - n] {
            let sample = f32::from(g711::alaw_to_linear(alaw[at])) * gain;
            alaw[at] = g711::from_linear(Codec::Pcma, sample as i16);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_what_the_ends_lack() {
        let silence = g711::silence(Codec::Pcma);
        let loud = g711::from_linear(Codec::Pcma, 8_000);
        let sound = |lead: usize, tail: usize| {
            [vec![silence; lead], vec![loud; 800], vec![silence; tail]].concat()
        };
        let ends = |id: &str, lead, tail| Ends::measure(Series::of(id), &sound(lead, tail));
        for (before, after, gap) in [
            (ends("digit/1", 0, 480), ends("digit/1-yao", 240, 0), 320),
            (ends("thousand/1", 0, 480), ends("ling/8", 240, 0), 0),
            (ends("thousand/1", 0, 0), ends("digit/0", 0, 0), 720),
            (ends("agent-no", 0, 100), ends("digit/1", 60, 0), 1_600),
            (ends("digit/1", 0, 0), ends("at-your-service", 0, 0), 1_760),
            (ends("ahead/3", 0, 4_000), ends("wait/3", 0, 0), 0),
            (ends("moh/default", 0, 0), ends("moh/default", 0, 0), 0),
        ] {
            assert_eq!(before.gap_to(after), gap, "{before:?} {after:?}");
        }
    }

    #[test]
    fn both_ends_are_faded_and_music_is_not() {
        let sound = vec![g711::from_linear(Codec::Pcma, 16_000); 200];
        let mut faded = sound.clone();
        fade(Series::Phrase, &mut faded);
        let size = |at: usize| g711::alaw_to_linear(faded[at]);
        assert!(size(0) < 100 && size(199) < 100, "{} {}", size(0), size(199));
        assert!((7_000..9_000).contains(&size(20)), "{}", size(20));
        assert_eq!(faded[40..160], sound[40..160]);
        let mut music = sound.clone();
        fade(Series::Bare, &mut music);
        assert_eq!(music, sound);
        for length in 0..4 {
            fade(Series::Digit, &mut vec![0x55; length]);
        }
    }
}
