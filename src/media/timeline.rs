use crate::media::samples;

/// A timestamp that departs from the numbering by more than this from the time passed is a jump of
/// the sender's clock rather than a pause: 200 ms.
const JUMP_MIN: i64 = 1_600;
/// Later than this is no burst after a stall but a pause that the sender's clock did not count: 1 s.
const LATE_MAX: i64 = 8_000;
/// Earlier than expected by more than this: what went before was late. Corrected at once, 20 ms.
const EARLY_MAX: i64 = 160;
/// Smaller errors are left alone: 0.5 ms.
const ERROR_MIN: i64 = 4;
/// Larger errors are corrected at once, 60 ms; smaller ones by `SLEW_MAX` samples a packet.
const ERROR_MAX: i64 = 480;
const SLEW_MAX: i64 = 2;
/// Packets over which the smallest delay is looked for.
const WINDOW: u32 = 64;
/// A late packet may be so far behind: 2 s.
const BEHIND_MAX: i64 = 16_000;

/// Says where on our own clock the samples of a party lie.
///
/// Within a source the timestamps rule, so that network jitter is not heard in a recording. The
/// smallest delay seen in each window ties them to our clock: that takes out the drift of the
/// party's clock, a sample or two at a time, and the luck of the first packet.
#[derive(Clone, Default, Debug)]
pub(crate) struct Timeline {
    tie: Option<Tie>,
}

#[derive(Clone, Debug)]
struct Tie {
    ssrc: u32,
    /// The newest packet: its numbers, its length, its place.
    seq: u16,
    ts: u32,
    samples: i64,
    place: i64,
    /// The smallest lateness of this window, and of how many packets.
    smallest: i64,
    count: u32,
    /// Correction still to be made.
    owed: i64,
}

/// Where a packet's samples go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Placed {
    /// The place of the first one on our clock, samples.
    pub(crate) place: i64,
    /// So many samples before it were put in to follow our clock; repeat the first one there.
    pub(crate) fill: usize,
}

impl Timeline {
    /// Places `samples` samples with these numbers that arrived at `arrival`. `None`: too old.
    pub(crate) fn place(
        &mut self,
        arrival: i64,
        ssrc: u32,
        seq: u16,
        ts: u32,
        samples: u32,
    ) -> Option<Placed> {
        let samples = i64::from(samples);
        let Some(tie) = self.tie.as_mut().filter(|tie| tie.ssrc == ssrc) else {
            self.tie = Some(Tie::new(arrival, ssrc, seq, ts, samples));
            return Some(Placed { place: arrival, fill: 0 });
        };
        let steps = i64::from(samples::seq_ahead(tie.seq, seq));
        let ahead = i64::from(samples::ahead(tie.ts, ts));
        let expected = tie.place + ahead;
        if steps <= 0 && ahead <= 0 && ahead > -BEHIND_MAX {
            return Some(Placed { place: expected, fill: 0 });
        }
        let late = arrival - expected;
        let goes_on = ahead == steps * tie.samples;
        let jumped =
            steps <= 0 || ahead <= 0 || late > LATE_MAX || (!goes_on && late.abs() > JUMP_MIN);
        if jumped {
            if steps <= 0 && ahead.abs() < BEHIND_MAX {
                return None;
            }
            *tie = Tie::new(arrival, ssrc, seq, ts, samples);
            return Some(Placed { place: arrival, fill: 0 });
        }
        let moved = tie.correct(late);
        (tie.seq, tie.ts, tie.samples, tie.place) = (seq, ts, samples, expected + moved);
        let fill =
            if (1..=SLEW_MAX).contains(&moved) { usize::try_from(moved).unwrap_or(0) } else { 0 };
        Some(Placed { place: tie.place, fill })
    }
}

impl Tie {
    fn new(place: i64, ssrc: u32, seq: u16, ts: u32, samples: i64) -> Self {
        Self { ssrc, seq, ts, samples, place, smallest: i64::MAX, count: 0, owed: 0 }
    }

    /// Notes how late a packet is and says by how much to move it and all that follow.
    fn correct(&mut self, late: i64) -> i64 {
        if late < -EARLY_MAX {
            (self.smallest, self.count, self.owed) = (i64::MAX, 0, 0);
            return late;
        }
        if self.owed == 0 {
            self.smallest = self.smallest.min(late);
            self.count += 1;
            if self.count < WINDOW {
                return 0;
            }
            self.owed = if self.smallest.abs() < ERROR_MIN { 0 } else { self.smallest };
            (self.smallest, self.count) = (i64::MAX, 0);
        }
        let step = if self.owed.abs() > ERROR_MAX {
            self.owed
        } else {
            self.owed.clamp(-SLEW_MAX, SLEW_MAX)
        };
        self.owed -= step;
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(timeline: &mut Timeline, arrival: i64, seq: u16, ts: u32) -> Option<i64> {
        timeline.place(arrival, 1, seq, ts, 160).map(|placed| placed.place)
    }

    #[test]
    fn timestamps_rule_over_jitter_loss_and_order() {
        let mut timeline = Timeline::default();
        let ts = u32::MAX - 200;
        let at = |n: u32| ts.wrapping_add(n * 160);
        assert_eq!(place(&mut timeline, 1_000, 65_534, at(0)), Some(1_000));
        assert_eq!(place(&mut timeline, 1_230, 65_535, at(1)), Some(1_160));
        assert_eq!(place(&mut timeline, 1_640, 2, at(4)), Some(1_640));
        assert_eq!(place(&mut timeline, 1_641, 1, at(3)), Some(1_480));
        // 700 ms of stall, then the burst.
        assert_eq!(place(&mut timeline, 7_400, 3, at(5)), Some(1_800));
        // A pause of a party that suppresses silence.
        assert_eq!(place(&mut timeline, 20_000, 4, at(118)), Some(1_000 + 118 * 160));
    }

    #[test]
    fn jumps_and_new_sources_begin_at_their_arrival() {
        let mut timeline = Timeline::default();
        place(&mut timeline, 0, 1, 0);
        assert_eq!(place(&mut timeline, 160, 2, 3_000_000), Some(160));
        assert_eq!(place(&mut timeline, 320, 3, 3_000_160), Some(320));
        assert_eq!(place(&mut timeline, 480, 4, 77), Some(480));
        assert_eq!(timeline.place(640, 9, 5, 0, 160), Some(Placed { place: 640, fill: 0 }));
        assert_eq!(timeline.place(800, 9, 6, 160, 160), Some(Placed { place: 800, fill: 0 }));
    }

    #[test]
    fn a_late_first_packet_is_made_good() {
        let mut timeline = Timeline::default();
        assert_eq!(place(&mut timeline, 800, 0, 0), Some(800));
        assert_eq!(place(&mut timeline, 160, 1, 160), Some(160));
        assert_eq!(place(&mut timeline, 320, 2, 320), Some(320));
    }

    #[test]
    fn drift_of_200_ppm_is_followed_within_2_ms() {
        for ppm in [200_i64, -200] {
            let mut timeline = Timeline::default();
            for n in 0..30_000_i64 {
                // Jitter of up to 10 ms, delay of 30 ms.
                let jitter = (n * 37) % 80;
                let sent = n * 160 + n * 160 * ppm / 1_000_000;
                let seq = u16::try_from(n % 65_536).unwrap();
                let ts = u32::try_from(n * 160).unwrap();
                let placed = place(&mut timeline, sent + 240 + jitter, seq, ts).unwrap();
                if n > 300 {
                    assert!((placed - sent - 240).abs() < 16, "{n}: {}", placed - sent - 240);
                }
            }
        }
    }
}
