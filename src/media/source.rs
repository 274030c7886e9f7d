use crate::base::Instant;
use crate::media::samples;

/// A jump forward of so many sequence numbers is no loss but a new beginning (RFC 3550 A.1).
const DROPOUT_MAX: u64 = 3_000;
/// A packet so many behind is no late one but a new beginning (RFC 3550 A.1).
const MISORDER_MAX: u64 = 100;
/// Larger steps of transit time are jumps of a clock, not jitter: 1 s in samples.
const TRANSIT_MAX: u32 = 8_000;

/// What a received packet is among those of its source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// After the ones before it; `gap` is 1 when none is missing between.
    Next {
        /// Distance to the newest one before.
        gap: u32,
    },
    /// The first of this source, or after a restart of its numbering.
    First,
    /// After a newer one.
    Late,
    /// Seen already.
    Repeated,
    /// Far away from the others; a second one in its row would be believed.
    Doubtful,
}

/// Counts what comes from a party (RFC 3550 §6.4.1, A.1, A.3, A.8), over all its SSRCs.
#[derive(Clone, Default, Debug)]
pub(crate) struct Source {
    row: Option<Row>,
    /// Packets, without repeated ones.
    pub(crate) received: u64,
    /// Packets seen before.
    pub(crate) repeated: u64,
    /// Packets after a newer one.
    pub(crate) late: u64,
    lost_before: u64,
    /// Jitter in 1/16 samples.
    jitter_q4: u32,
    reported: (u64, u64),
}

/// The sequence numbers of one SSRC, unwrapped.
#[derive(Clone, Debug)]
struct Row {
    ssrc: u32,
    lowest: u64,
    highest: u64,
    /// Bit n: `highest - n` was received.
    seen: u64,
    received: u64,
    /// The number after a doubtful packet.
    doubtful: Option<u16>,
    /// Arrival less timestamp of the packet before, samples.
    transit: Option<u32>,
}

impl Row {
    fn new(ssrc: u32, seq: u16) -> Self {
        // One turn up, so that late packets have room below.
        let first = 0x1_0000 + u64::from(seq);
        Self {
            ssrc,
            lowest: first,
            highest: first,
            seen: 1,
            received: 1,
            doubtful: None,
            transit: None,
        }
    }

    fn expected(&self) -> u64 {
        self.highest - self.lowest + 1
    }

    fn lost(&self) -> u64 {
        self.expected().saturating_sub(self.received)
    }
}

/// The block about one source in an RTCP report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reception {
    /// Whose packets.
    pub(crate) ssrc: u32,
    /// Share lost since the report before, in 1/256.
    pub(crate) fraction_lost: u8,
    /// Lost since its beginning.
    pub(crate) lost: u32,
    /// The highest sequence number, with its turns.
    pub(crate) highest: u32,
    /// Jitter, samples.
    pub(crate) jitter: u32,
}

impl Source {
    /// Takes the numbers of a packet that arrived at `now`. `speech`: its timestamp goes with time.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        ssrc: u32,
        seq: u16,
        ts: u32,
        speech: bool,
    ) -> Verdict {
        let verdict = self.place(ssrc, seq);
        match verdict {
            Verdict::Doubtful => return verdict,
            Verdict::Repeated => self.repeated += 1,
            Verdict::Late => {
                self.late += 1;
                self.received += 1;
            }
            Verdict::First | Verdict::Next { .. } => self.received += 1,
        }
        if speech && verdict != Verdict::Repeated {
            self.time(now, ts);
        }
        verdict
    }

    fn place(&mut self, ssrc: u32, seq: u16) -> Verdict {
        let Some(row) = self.row.as_mut().filter(|row| row.ssrc == ssrc) else {
            self.begin(ssrc, seq);
            return Verdict::First;
        };
        let [.., high, low] = row.highest.to_be_bytes();
        let ahead = u64::from(seq.wrapping_sub(u16::from_be_bytes([high, low])));
        if ahead > 0 && ahead < DROPOUT_MAX {
            row.seen = if ahead < 64 { row.seen << ahead | 1 } else { 1 };
            row.highest += ahead;
            row.received += 1;
            row.doubtful = None;
            return Verdict::Next { gap: u32::try_from(ahead).unwrap_or(u32::MAX) };
        }
        let behind = (0x1_0000 - ahead) % 0x1_0000;
        if behind <= MISORDER_MAX {
            if behind < 64 && row.seen >> behind & 1 == 1 {
                return Verdict::Repeated;
            }
            if behind < 64 {
                row.seen |= 1 << behind;
            }
            row.lowest = row.lowest.min(row.highest - behind);
            row.received += 1;
            return Verdict::Late;
        }
        if row.doubtful == Some(seq) {
            self.begin(ssrc, seq);
            return Verdict::First;
        }
        row.doubtful = Some(seq.wrapping_add(1));
        Verdict::Doubtful
    }

    fn begin(&mut self, ssrc: u32, seq: u16) {
        self.lost_before += self.row.as_ref().map_or(0, Row::lost);
        self.row = Some(Row::new(ssrc, seq));
        self.reported = (0, 0);
    }

    fn time(&mut self, now: Instant, ts: u32) {
        let Some(row) = self.row.as_mut() else { return };
        let [.., a, b, c, d] = samples::at(now).to_be_bytes();
        let transit = u32::from_be_bytes([a, b, c, d]).wrapping_sub(ts);
        if let Some(before) = row.transit.replace(transit) {
            let step = samples::ahead(before, transit).unsigned_abs();
            if step < TRANSIT_MAX {
                self.jitter_q4 = self.jitter_q4 + step - ((self.jitter_q4 + 8) >> 4);
            }
        }
    }

    /// Packets lost on the way to us.
    pub(crate) fn lost(&self) -> u64 {
        self.lost_before + self.row.as_ref().map_or(0, Row::lost)
    }

    /// Jitter, µs.
    pub(crate) fn jitter_us(&self) -> u64 {
        samples::as_micros(u64::from(self.jitter_q4)) / 16
    }

    /// What the next RTCP report says; begins a new interval.
    pub(crate) fn report(&mut self) -> Option<Reception> {
        let row = self.row.as_ref()?;
        let (expected, received) = (row.expected(), row.received);
        let expected_now = expected.saturating_sub(self.reported.0);
        let received_now = received.saturating_sub(self.reported.1);
        self.reported = (expected, received);
        let lost_now = expected_now.saturating_sub(received_now);
        let fraction = (lost_now << 8).checked_div(expected_now).unwrap_or(0).min(255);
        Some(Reception {
            ssrc: row.ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            // 24 bits, signed (RFC 3550 §6.4.1).
            lost: u32::try_from(row.lost()).unwrap_or(u32::MAX).min(0x7F_FFFF),
            highest: u32::try_from((row.highest - 0x1_0000) & 0xFFFF_FFFF).unwrap_or(0),
            jitter: self.jitter_q4 >> 4,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(source: &mut Source, ssrc: u32, seq: u16) -> Verdict {
        source.take(Instant::ZERO, ssrc, seq, 0, false)
    }

    #[test]
    fn packets_are_next_late_repeated_or_doubtful() {
        let mut source = Source::default();
        let rows = [
            (1, 65_534, Verdict::First),
            (1, 65_535, Verdict::Next { gap: 1 }),
            (1, 0, Verdict::Next { gap: 1 }),
            (1, 3, Verdict::Next { gap: 3 }),
            (1, 2, Verdict::Late),
            (1, 2, Verdict::Repeated),
            (1, 65_533, Verdict::Late),
            (1, 20_000, Verdict::Doubtful),
            (1, 4, Verdict::Next { gap: 1 }),
            (1, 20_000, Verdict::Doubtful),
            (1, 20_001, Verdict::First),
            (2, 5, Verdict::First),
        ];
        for (index, (ssrc, seq, verdict)) in rows.into_iter().enumerate() {
            assert_eq!(take(&mut source, ssrc, seq), verdict, "row {index}");
        }
        // Of 65533..=4 only 1 is missing.
        assert_eq!((source.lost(), source.received, source.repeated, source.late), (1, 9, 1, 2));
    }

    #[test]
    fn a_report_tells_the_interval() {
        let mut source = Source::default();
        for seq in 0..100 {
            if seq % 4 != 3 {
                take(&mut source, 7, seq);
            }
        }
        let first = source.report().unwrap();
        assert_eq!((first.ssrc, first.lost, first.highest), (7, 24, 98));
        assert_eq!(first.fraction_lost, 62); // 24 of 99 in 1/256
        for seq in 99..200 {
            take(&mut source, 7, seq);
        }
        let second = source.report().unwrap();
        assert_eq!((second.fraction_lost, second.lost, second.highest), (0, 24, 199));
    }

    #[test]
    fn jitter_is_that_of_rfc_3550() {
        let mut source = Source::default();
        // Each second packet comes 10 ms late: |D| is 80 samples each time.
        for n in 0..2_000_u32 {
            let late = if n % 2 == 0 { 0 } else { 10_000 };
            let now = Instant::from_micros(u64::from(n) * 20_000 + late);
            let seq = u16::try_from(n).unwrap();
            source.take(now, 1, seq, n * 160, true);
        }
        let jitter = source.jitter_us();
        assert!((9_800..=10_000).contains(&jitter), "{jitter}");
    }
}
