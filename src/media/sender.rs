use crate::base::Instant;
use crate::media::rtp::Header;
use crate::media::samples;

/// Sequence numbers that a forwarded source may leave out before it counts as a new beginning.
const GAP_MAX: i16 = 100;
/// How far a timestamp may run ahead of the time passed, beyond what bursts explain: 1 s.
const LEAP_MAX: i64 = 8_000;
/// A pause in our own sending longer than this (60 ms) begins a new talk spurt.
const PAUSE_MAX: i32 = 480;
/// An event's timestamp is that of its beginning: so far behind the speech it may be, samples.
const EVENT_BEHIND_MAX: i32 = 64_000;

/// The numbers of the packets that one party gets: one SSRC, one row of sequence numbers and one
/// clock for the stream's whole life, whatever the sound comes from.
#[derive(Clone, Debug)]
pub(crate) struct Sender {
    ssrc: u32,
    next_seq: u16,
    /// The timestamp after the newest sample sent.
    next_ts: u32,
    /// The timestamp at `epoch`.
    base_ts: u32,
    epoch: Instant,
    from: From,
    /// Packets sent.
    pub(crate) sent: u64,
    /// Payload bytes sent.
    pub(crate) octets: u64,
}

/// Where the newest packet came from.
#[derive(Clone, Debug)]
enum From {
    /// Nothing was sent, or something was left out.
    Nowhere,
    /// Made here.
    Here,
    /// Another party's packets; the difference of their numbers and ours.
    There(Route),
}

#[derive(Clone, Copy, Debug)]
struct Route {
    ssrc: u32,
    /// Ours less theirs.
    seq_shift: u16,
    ts_shift: u32,
    /// The oldest of theirs that may still come; ours of older ones are used up.
    oldest: u16,
    newest: u16,
    newest_ts: u32,
    arrival: Instant,
}

/// The numbers of a packet that another party sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Foreign {
    /// Its source.
    pub(crate) ssrc: u32,
    /// Its sequence number.
    pub(crate) seq: u16,
    /// Its timestamp.
    pub(crate) ts: u32,
    /// Its marker.
    pub(crate) mark: bool,
    /// How many samples it speaks for.
    pub(crate) samples: u32,
    /// It is a telephone event rather than speech.
    pub(crate) event: bool,
}

impl Sender {
    /// A row that begins at `now`, at places nobody can guess.
    pub(crate) fn new(now: Instant, random: u64) -> Self {
        let [a, b, c, d, e, f, g, h] = random.to_be_bytes();
        let ts = u32::from_be_bytes([e, f, g, h]);
        // An independent-enough beginning from the same bits: SSRC and timestamp use them whole.
        let seq = u16::from_be_bytes([b ^ e, c ^ h]);
        Self {
            ssrc: u32::from_be_bytes([a, b, c, d]),
            next_seq: seq,
            next_ts: ts,
            base_ts: ts,
            epoch: now,
            from: From::Nowhere,
            sent: 0,
            octets: 0,
        }
    }

    /// Our source.
    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The timestamp that belongs to a moment.
    pub(crate) fn clock(&self, now: Instant) -> u32 {
        let [.., a, b, c, d] = samples::at(now).wrapping_sub(samples::at(self.epoch)).to_be_bytes();
        self.base_ts.wrapping_add(u32::from_be_bytes([a, b, c, d]))
    }

    /// The timestamp of what begins at `now`: never before the end of what was sent.
    fn fresh_ts(&self, now: Instant) -> u32 {
        let clock = self.clock(now);
        if samples::ahead(self.next_ts, clock) > 0 { clock } else { self.next_ts }
    }

    /// The header of `count` samples that are made here.
    pub(crate) fn own(&mut self, now: Instant, payload_type: u8, count: u32) -> Header {
        let pause = samples::ahead(self.next_ts, self.clock(now));
        let goes_on = matches!(self.from, From::Here) && pause <= PAUSE_MAX;
        let ts = if goes_on { self.next_ts } else { self.fresh_ts(now) };
        self.from = From::Here;
        self.next_ts = ts.wrapping_add(count);
        self.stamp(payload_type, ts, !goes_on, count)
    }

    /// The timestamp of an event that begins at `now`.
    pub(crate) fn event_begin(&mut self, now: Instant) -> u32 {
        self.from = From::Here;
        self.fresh_ts(now)
    }

    /// The header of one packet of an event that is made here and has lasted for `lasted` samples.
    pub(crate) fn event(&mut self, payload_type: u8, ts: u32, mark: bool, lasted: u32) -> Header {
        let end = ts.wrapping_add(lasted);
        if samples::ahead(self.next_ts, end) > 0 {
            self.next_ts = end;
        }
        self.stamp(payload_type, ts, mark, 4)
    }

    /// The header under which another party's packet goes on; `None` when its number is used up.
    pub(crate) fn foreign(
        &mut self,
        now: Instant,
        packet: Foreign,
        payload_type: u8,
        octets: u32,
    ) -> Option<Header> {
        let (seq, ts, mark) = match self.along(now, packet) {
            Along::On(seq, ts) => (seq, ts, packet.mark),
            Along::Lost => return None,
            Along::Anew => {
                let (seq, ts) = (self.next_seq, self.fresh_ts(now));
                self.from = From::There(Route {
                    ssrc: packet.ssrc,
                    seq_shift: seq.wrapping_sub(packet.seq),
                    ts_shift: ts.wrapping_sub(packet.ts),
                    oldest: packet.seq,
                    newest: packet.seq,
                    newest_ts: packet.ts,
                    arrival: now,
                });
                (seq, ts, true)
            }
        };
        if samples::seq_ahead(self.next_seq, seq) >= 0 {
            self.next_seq = seq.wrapping_add(1);
        }
        let end = ts.wrapping_add(packet.samples);
        if samples::ahead(self.next_ts, end) > 0 {
            self.next_ts = end;
        }
        self.sent += 1;
        self.octets += u64::from(octets);
        Some(Header { ssrc: self.ssrc, seq, ts, mark, payload_type })
    }

    /// Another party's packet that does not go on must not look lost.
    pub(crate) fn skip(&mut self, packet: Foreign) {
        if let From::There(route) = &mut self.from
            && route.ssrc == packet.ssrc
            && samples::seq_ahead(route.newest, packet.seq) > 0
        {
            route.newest = packet.seq;
            route.oldest = packet.seq.wrapping_add(1);
            route.seq_shift = self.next_seq.wrapping_sub(route.oldest);
        }
    }

    /// What another party sends does not go on for now.
    pub(crate) fn leave(&mut self) {
        if matches!(self.from, From::There(_)) {
            self.from = From::Nowhere;
        }
    }

    fn along(&mut self, now: Instant, packet: Foreign) -> Along {
        let From::There(route) = &mut self.from else { return Along::Anew };
        if route.ssrc != packet.ssrc {
            return Along::Anew;
        }
        let ahead = samples::seq_ahead(route.newest, packet.seq);
        let ts_ahead = samples::ahead(route.newest_ts, packet.ts);
        let seq = packet.seq.wrapping_add(route.seq_shift);
        let ts = packet.ts.wrapping_add(route.ts_shift);
        if ahead <= 0 {
            let used_up = samples::seq_ahead(route.oldest, packet.seq) < 0;
            return if used_up || ts_ahead > 0 { Along::Lost } else { Along::On(seq, ts) };
        }
        let [.., a, b, c, d] =
            samples::at(now).wrapping_sub(samples::at(route.arrival)).to_be_bytes();
        let passed = i64::from(u32::from_be_bytes([a, b, c, d]));
        let lowest = if packet.event { -EVENT_BEHIND_MAX } else { 0 };
        if ahead > GAP_MAX || ts_ahead < lowest || i64::from(ts_ahead) > passed + LEAP_MAX {
            return Along::Anew;
        }
        route.newest = packet.seq;
        if ts_ahead > 0 {
            route.newest_ts = packet.ts;
            route.arrival = now;
        }
        Along::On(seq, ts)
    }

    fn stamp(&mut self, payload_type: u8, ts: u32, mark: bool, octets: u32) -> Header {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        self.sent += 1;
        self.octets += u64::from(octets);
        Header { ssrc: self.ssrc, seq, ts, mark, payload_type }
    }
}

enum Along {
    /// Under these numbers.
    On(u16, u32),
    /// With a new difference of numbers.
    Anew,
    /// Not at all.
    Lost,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    fn speech(ssrc: u32, seq: u16, ts: u32) -> Foreign {
        Foreign { ssrc, seq, ts, mark: false, samples: 160, event: false }
    }

    #[test]
    fn sources_change_and_the_row_goes_on() {
        let mut sender = Sender::new(at(0), 0);
        let mut before = sender.own(at(0), 8, 160);
        assert!(before.mark);
        let mut check = |header: Header, gap: u32, mark: bool| {
            assert_eq!(header.seq, before.seq.wrapping_add(1));
            assert_eq!((header.ts.wrapping_sub(before.ts), header.mark), (gap, mark));
            before = header;
        };
        check(sender.own(at(20), 8, 160), 160, false);
        // A bridge begins 25 ms later, with numbers that are about to wrap.
        check(
            sender.foreign(at(45), speech(9, 65_535, u32::MAX - 100), 8, 160).unwrap(),
            200,
            true,
        );
        check(sender.foreign(at(65), speech(9, 0, 59), 8, 160).unwrap(), 160, false);
        // Its clock leaps by an hour.
        check(sender.foreign(at(85), speech(9, 1, 28_800_059), 8, 160).unwrap(), 160, true);
        // Another source.
        check(sender.foreign(at(105), speech(4, 77, 5), 8, 160).unwrap(), 160, true);
        // A packet of it that stays here leaves no hole.
        sender.skip(speech(4, 78, 165));
        check(sender.foreign(at(145), speech(4, 79, 325), 8, 160).unwrap(), 320, false);
        // We play again, after a pause.
        check(sender.own(at(300), 8, 160), 1_240, true);
    }

    #[test]
    fn loss_and_reorder_are_passed_on() {
        let mut sender = Sender::new(at(0), 0);
        let first = sender.foreign(at(0), speech(1, 10, 0), 8, 160).unwrap();
        let third = sender.foreign(at(40), speech(1, 12, 320), 8, 160).unwrap();
        let second = sender.foreign(at(41), speech(1, 11, 160), 8, 160).unwrap();
        assert_eq!(third.seq.wrapping_sub(first.seq), 2);
        assert_eq!(second.seq.wrapping_sub(first.seq), 1);
        assert_eq!(second.ts.wrapping_sub(first.ts), 160);
        // One from before the bridge has no number here.
        assert_eq!(sender.foreign(at(42), speech(1, 9, u32::MAX - 159), 8, 160), None);
        let next = sender.own(at(60), 8, 160);
        assert_eq!(next.seq.wrapping_sub(first.seq), 3);
    }

    #[test]
    fn an_event_keeps_its_timestamp() {
        let mut sender = Sender::new(at(0), 0);
        let speech = sender.own(at(0), 8, 160);
        let ts = sender.event_begin(at(20));
        let begin = sender.event(101, ts, true, 160);
        let end = sender.event(101, ts, false, 320);
        let after = sender.own(at(60), 8, 160);
        assert_eq!(begin.ts.wrapping_sub(speech.ts), 160);
        assert_eq!((end.ts, end.seq), (begin.ts, begin.seq.wrapping_add(1)));
        assert_eq!((after.ts.wrapping_sub(begin.ts), after.mark), (320, false));
    }
}
