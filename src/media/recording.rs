use crate::base::{Codec, Instant, RecordingId};
use crate::media::g711::{self, ALAW_SILENCE};
use crate::media::timeline::Placed;
use crate::media::{Block, Event, Out, samples};

/// Samples of a block: 200 ms. With [`HOLD`] it is what a crash costs (R17: 1 s at most), and a busy
/// machine adds its own.
const BLOCK: u64 = samples::RATE / 5;
/// What is older than this is handed over; until then late packets find their place. 300 ms.
const HOLD: u64 = samples::RATE * 3 / 10;
/// Samples that a track holds: what waits, and room for a late tick. 4 s.
const RING: usize = 4 * 8_000;
/// A stop that far ahead is not waited for longer than this: 2 s.
const STOP_AHEAD_MAX: u64 = 2 * samples::RATE;
/// How long a recording without parties waits to be told its end: 1 s.
const ORPHAN_WAIT: u64 = samples::RATE;

/// One of the two tracks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Track {
    /// The caller.
    Left,
    /// The agent, and what is played to the caller.
    Right,
}

/// A recording under way: two tracks on our clock, from an exact moment to an exact moment.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    id: RecordingId,
    /// The first sample on our clock.
    start: u64,
    left: Box<[u8]>,
    right: Box<[u8]>,
    /// Samples a track handed over.
    flushed: u64,
    /// Until here the right track holds what is played to the caller.
    played: i64,
    end: End,
}

/// What is known of a recording's end, in samples since its start.
#[derive(Clone, Copy, Debug)]
enum End {
    /// Nothing.
    Open,
    /// It is so long.
    Known(u64),
    /// Its parties left at `length`; at `due` that is taken for its end, if none was told by then.
    Orphaned { length: u64, due: u64 },
}

impl Recording {
    /// A recording that begins at `at`.
    pub(crate) fn new(id: RecordingId, at: Instant) -> Self {
        let silence = || vec![ALAW_SILENCE; RING].into_boxed_slice();
        let start = samples::at(at);
        Self { id, start, left: silence(), right: silence(), flushed: 0, played: 0, end: End::Open }
    }

    /// Which.
    pub(crate) fn id(&self) -> RecordingId {
        self.id
    }

    /// Writes a party's bytes where they belong; what lies outside the recording is left out. False
    /// when some of them came too late: their place was handed over already.
    pub(crate) fn write(
        &mut self,
        track: Track,
        placed: Placed,
        codec: Codec,
        bytes: &[u8],
    ) -> bool {
        let start = i64::try_from(self.start).unwrap_or(i64::MAX);
        let first = placed.place - start;
        // What is played to the caller takes the right track over, as it does in its ear.
        if track == Track::Right && first < self.played {
            return true;
        }
        let Some(byte) = bytes.first() else { return true };
        let filler = [*byte; 8];
        let fill = placed.fill.min(filler.len());
        let before = i64::try_from(fill).unwrap_or(0);
        self.put(track, first - before, codec, &filler[..fill]);
        self.put(track, first, codec, bytes);
        let end = first + i64::try_from(bytes.len()).unwrap_or(0);
        let oldest = i64::try_from(self.flushed).unwrap_or(i64::MAX);
        oldest == 0 || end <= 0 || first >= oldest
    }

    /// Writes what is played to the caller: `place` on our clock.
    pub(crate) fn write_played(&mut self, place: i64, codec: Codec, bytes: &[u8]) {
        let first = place - i64::try_from(self.start).unwrap_or(i64::MAX);
        self.played = first + i64::try_from(bytes.len()).unwrap_or(0);
        self.put(Track::Right, first, codec, bytes);
    }

    fn put(&mut self, track: Track, first: i64, codec: Codec, bytes: &[u8]) {
        let oldest = i64::try_from(self.flushed).unwrap_or(i64::MAX);
        let skip = usize::try_from(oldest.saturating_sub(first)).unwrap_or(0);
        let Some(bytes) = bytes.get(skip..) else { return };
        let first = self.flushed.max(u64::try_from(first).unwrap_or(0));
        let Ok(waiting) = usize::try_from(first - self.flushed) else { return };
        let room = RING.saturating_sub(waiting);
        let bytes = &bytes[..bytes.len().min(room)];
        let at = place(first);
        let ring = match track {
            Track::Left => &mut self.left,
            Track::Right => &mut self.right,
        };
        let (head, tail) = bytes.split_at(bytes.len().min(RING - at));
        for (bytes, at) in [(head, at), (tail, 0)] {
            let into = &mut ring[at..at + bytes.len()];
            into.copy_from_slice(bytes);
            g711::convert(codec, Codec::Pcma, into);
        }
    }

    /// The recording ends at `at`.
    pub(crate) fn stop(&mut self, now: Instant, at: Instant) {
        let at = samples::at(at).min(samples::at(now) + STOP_AHEAD_MAX);
        self.end = End::Known(at.saturating_sub(self.start).max(self.flushed));
    }

    /// Its parties are gone at `now`. It waits a little for the exact moment of its end.
    pub(crate) fn orphan(&mut self, now: Instant) {
        if matches!(self.end, End::Open) {
            let length = samples::at(now).saturating_sub(self.start);
            self.end = End::Orphaned { length, due: length + ORPHAN_WAIT };
        }
    }

    /// It has parties again.
    pub(crate) fn adopt(&mut self) {
        if matches!(self.end, End::Orphaned { .. }) {
            self.end = End::Open;
        }
    }

    /// Hands over what is old enough; true when the recording is complete, which it then says.
    pub(crate) fn flush(&mut self, now: Instant, out: &mut Out) -> bool {
        let passed = samples::at(now).saturating_sub(self.start);
        let (stop, due) = match self.end {
            End::Open => (u64::MAX, u64::MAX),
            End::Known(stop) => (stop, stop),
            End::Orphaned { length, due } => (length, due),
        };
        if due <= passed {
            while self.flushed + BLOCK < stop {
                self.hand_over(BLOCK, false, out);
            }
            self.hand_over(stop - self.flushed, true, out);
            out.events.push(Event::RecordStopped { recording: self.id, samples: stop });
            return true;
        }
        let ripe = passed.min(stop);
        while self.flushed + BLOCK + HOLD <= ripe {
            self.hand_over(BLOCK, false, out);
        }
        false
    }

    fn hand_over(&mut self, count: u64, last: bool, out: &mut Out) {
        let first_sample = self.flushed;
        let room = usize::try_from(count * 2).unwrap_or(0);
        let mut interleaved = Vec::with_capacity(room);
        for sample in first_sample..first_sample + count {
            let at = place(sample);
            for ring in [&mut self.left, &mut self.right] {
                interleaved.push(std::mem::replace(&mut ring[at], ALAW_SILENCE));
            }
        }
        self.flushed += count;
        out.blocks.push(Block { recording: self.id, first_sample, samples: interleaved, last });
    }
}

/// Where a sample lies in the ring.
fn place(sample: u64) -> usize {
    usize::try_from(sample % RING as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use ulid::Ulid;

    use super::*;

    fn at(samples: u64) -> Instant {
        Instant::from_micros(samples * 125)
    }

    fn finish(mut recording: Recording, now: u64, stop: u64) -> (Vec<u8>, Vec<u8>, u64) {
        let mut out = Out::new();
        recording.stop(at(now), at(stop));
        assert!(recording.flush(at(now), &mut out));
        let mut all = Vec::new();
        for block in &out.blocks {
            assert_eq!(block.first_sample, all.len() as u64 / 2);
            all.extend(&block.samples);
        }
        assert_eq!(out.blocks.iter().filter(|block| block.last).count(), 1);
        let [Event::RecordStopped { samples, .. }] = out.events[..] else {
            panic!("{:?}", out.events)
        };
        let track = |of: usize| all.iter().skip(of).step_by(2).copied().collect();
        (track(0), track(1), samples)
    }

    #[test]
    fn what_lies_outside_is_cut_and_what_is_missing_is_silent() {
        let mut recording = Recording::new(RecordingId(Ulid::nil()), at(1_000));
        let put = |recording: &mut Recording, track, place, byte: u8| {
            recording.write(track, Placed { place, fill: 0 }, Codec::Pcma, &[byte; 160]);
        };
        put(&mut recording, Track::Left, 900, 1);
        put(&mut recording, Track::Right, 1_100, 2);
        put(&mut recording, Track::Left, 1_400, 3);
        put(&mut recording, Track::Left, -5_000, 9);
        put(&mut recording, Track::Left, i64::MAX / 2, 9);
        let (left, right, samples) = finish(recording, 1_450, 1_450);
        assert_eq!((left.len(), right.len(), samples), (450, 450, 450));
        assert!(left[..60].iter().all(|b| *b == 1) && left[60..400].iter().all(|b| *b == 0xD5));
        assert!(left[400..].iter().all(|b| *b == 3));
        assert!(right[..100].iter().all(|b| *b == 0xD5) && right[100..260].iter().all(|b| *b == 2));
    }

    #[test]
    fn the_length_is_that_of_the_stamps() {
        for (start, stop) in [(0, 0), (7, 8_007), (1, 8_002), (123, 40_000), (5, 160_004)] {
            let recording = Recording::new(RecordingId(Ulid::nil()), at(start));
            let (left, _, samples) = finish(recording, stop, stop);
            assert_eq!((left.len() as u64, samples), (stop - start, stop - start));
        }
    }

    #[test]
    fn blocks_leave_in_time_and_a_stop_may_lie_ahead() {
        let mut recording = Recording::new(RecordingId(Ulid::nil()), at(0));
        let mut out = Out::new();
        assert!(!recording.flush(at(3_999), &mut out));
        assert!(out.blocks.is_empty());
        assert!(!recording.flush(at(4_000), &mut out));
        assert_eq!((out.blocks.len(), out.blocks[0].end()), (1, 1_600));
        for ms in 500..3_000 {
            recording.flush(at(ms * 8), &mut out);
            let waiting = ms * 8 - out.blocks.last().map_or(0, Block::end);
            assert!(waiting < 4_200, "a crash now costs {waiting} samples (R17)");
        }
        let mut recording = Recording::new(RecordingId(Ulid::nil()), at(0));
        recording.stop(at(16_000), at(20_000));
        assert!(!recording.flush(at(19_999), &mut out));
        assert!(recording.flush(at(20_000), &mut out));
        assert_eq!(out.blocks.last().map(Block::end), Some(20_000));
    }
}
