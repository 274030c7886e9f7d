use std::time::Instant;

use crate::peer::world;

/// A packet counts as late when it came so much later than the stream's best one.
const LATE_US: i64 = 60_000;
const SEEN: usize = 16;
const SEEN_BITS: u64 = SEEN as u64 * 64;

/// What RTP's numbers say about one incoming stream: lost, doubled, late, jitter (RFC 3550).
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    source: Option<u32>,
    base: u64,
    top: u64,
    unique: u64,
    seen: [u64; SEEN],
    past_lost: u64,
    first_stamp: u32,
    best_transit: i64,
    last_transit: i64,
    timed: bool,
    expected_stamp: Option<(u64, u32)>,
    pub(crate) doubled: u64,
    pub(crate) reordered: u64,
    pub(crate) late: u64,
    pub(crate) sources: u32,
    pub(crate) stamp_jumps: u64,
    pub(crate) jitter_us: f64,
    pub(crate) gap_us_max: u64,
    last_arrival: Option<Instant>,
}

/// Where a packet stands in its stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Next in order, after `missing` that have not come.
    New { missing: u64 },
    /// An earlier one that was missing.
    Filled,
    /// Seen before.
    Doubled,
}

/// The numbers of one RTP packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Numbers {
    pub(crate) source: u32,
    pub(crate) sequence: u16,
    pub(crate) stamp: u32,
    pub(crate) marker: bool,
    /// Samples in the payload; 0 for an event packet, whose time stamp stands still.
    pub(crate) samples: u32,
}

impl Sequence {
    pub(crate) fn lost(&self) -> u64 {
        self.past_lost + self.lost_of_source()
    }

    fn lost_of_source(&self) -> u64 {
        match self.source {
            Some(_) => (self.top - self.base + 1).saturating_sub(self.unique),
            None => 0,
        }
    }

    pub(crate) fn packet(&mut self, now: Instant, numbers: Numbers) -> Place {
        if let Some(last) = self.last_arrival {
            let gap = now.saturating_duration_since(last).as_micros() as u64;
            self.gap_us_max = self.gap_us_max.max(gap);
        }
        self.last_arrival = Some(now);
        if self.source != Some(numbers.source) {
            self.past_lost += self.lost_of_source();
            self.source = Some(numbers.source);
            self.sources += 1;
            // Room below, so that an older packet has a number too.
            self.base = (1 << 32) + u64::from(numbers.sequence);
            self.top = self.base;
            self.unique = 1;
            self.seen = [0; SEEN];
            self.mark(self.top);
            self.timed = false;
            self.expected_stamp = None;
            self.time(now, numbers);
            return Place::New { missing: 0 };
        }
        let step = numbers.sequence.wrapping_sub(self.top as u16) as i16;
        let number = self.top.wrapping_add_signed(i64::from(step));
        if step <= 0 {
            if self.top - number >= SEEN_BITS || self.is_marked(number) {
                self.doubled += 1;
                return Place::Doubled;
            }
            self.mark(number);
            self.base = self.base.min(number);
            self.unique += 1;
            self.reordered += 1;
            self.time(now, numbers);
            return Place::Filled;
        }
        for between in self.top + 1..=number.min(self.top + SEEN_BITS) {
            self.seen[(between / 64) as usize % SEEN] &= !(1 << (between % 64));
        }
        let missing = number - self.top - 1;
        self.top = number;
        self.mark(number);
        self.unique += 1;
        self.time(now, numbers);
        Place::New { missing }
    }

    fn mark(&mut self, number: u64) {
        self.seen[(number / 64) as usize % SEEN] |= 1 << (number % 64);
    }

    fn is_marked(&self, number: u64) -> bool {
        self.seen[(number / 64) as usize % SEEN] & (1 << (number % 64)) != 0
    }

    fn time(&mut self, now: Instant, numbers: Numbers) {
        if numbers.samples == 0 {
            self.expected_stamp = None;
            return;
        }
        if let Some((top, stamp)) = self.expected_stamp
            && top + 1 == self.top
            && stamp != numbers.stamp
            && !numbers.marker
        {
            self.stamp_jumps += 1;
            self.timed = false;
        }
        if numbers.marker {
            self.timed = false;
        }
        self.expected_stamp = Some((self.top, numbers.stamp.wrapping_add(numbers.samples)));
        let arrival = world::micros(now) as i64;
        if !self.timed {
            self.timed = true;
            self.first_stamp = numbers.stamp;
            self.best_transit = arrival;
            self.last_transit = arrival;
            return;
        }
        let media = i64::from(numbers.stamp.wrapping_sub(self.first_stamp) as i32) * 125;
        let transit = arrival - media;
        self.jitter_us += ((transit - self.last_transit).abs() as f64 - self.jitter_us) / 16.0;
        self.last_transit = transit;
        self.best_transit = self.best_transit.min(transit);
        if transit - self.best_transit > LATE_US {
            self.late += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(numbers: &[u16]) -> Sequence {
        let mut sequence = Sequence::default();
        let now = world::now();
        for &number in numbers {
            let stamp = u32::from(number) * 160;
            let marker = false;
            sequence
                .packet(now, Numbers { source: 1, sequence: number, stamp, marker, samples: 160 });
        }
        sequence
    }

    #[test]
    fn losses_doubles_and_order_are_told_apart() {
        let check = |numbers: &[u16], lost, doubled, reordered| {
            let sequence = feed(numbers);
            let found = (sequence.lost(), sequence.doubled, sequence.reordered);
            assert_eq!(found, (lost, doubled, reordered), "{numbers:?}");
        };
        check(&[1, 2, 3], 0, 0, 0);
        check(&[1, 3, 4], 1, 0, 0);
        check(&[1, 3, 2, 4], 0, 0, 1);
        check(&[1, 2, 2, 3, 1], 0, 2, 0);
        check(&[65_534, 65_535, 0, 2], 1, 0, 0);
        check(&[5, 4, 6], 0, 0, 1);
        check(&[10, 2_000, 2_001], 1_989, 0, 0);
    }

    #[test]
    fn a_new_source_keeps_the_losses_of_the_old_one() {
        let mut sequence = feed(&[1, 3]);
        sequence.packet(
            world::now(),
            Numbers { source: 2, sequence: 900, stamp: 0, marker: true, samples: 160 },
        );
        assert_eq!((sequence.lost(), sequence.sources), (1, 2));
    }
}
