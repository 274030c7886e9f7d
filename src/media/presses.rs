use std::time::Duration;

use arrayvec::ArrayVec;

use crate::base::{Instant, Key};
use crate::media::samples;

/// Presses remembered, so that packets that come late or again are known.
const KNOWN_MAX: usize = 8;
/// Longest time between two packets of one press.
const WITHIN: Duration = Duration::from_millis(90);
/// Repeated ends with a timestamp of their own come within this time.
const ENDS_WITHIN: Duration = Duration::from_millis(60);
/// A key heard in the speech and the event of the same press are not further apart.
const TWICE_WITHIN: Duration = Duration::from_millis(400);
/// Presses in one second; more are no hand's.
const RATE_MAX: u32 = 25;
/// An event longer than its 16-bit duration goes on as a new segment (RFC 4733 §2.5.1.3).
const SEGMENT: u16 = 0xFF00;

/// The four bytes of a telephone event (RFC 4733 §2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TelephoneEvent {
    /// The event; 0–15 are keys.
    pub(crate) event: u8,
    /// The last packets of a press.
    pub(crate) end: bool,
    /// Loudness, −dBm0.
    pub(crate) volume: u8,
    /// How long it has lasted, in units of the RTP clock.
    pub(crate) duration: u16,
}

impl TelephoneEvent {
    /// Reads a payload; `None` when it is too short.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low, ..] = *payload else { return None };
        Some(Self {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The four bytes.
    pub(crate) fn bytes(self) -> [u8; 4] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3F, high, low]
    }
}

/// Makes one press of the many packets of an event, whatever is lost, late, repeated or unmarked,
/// and does not count again what was heard in the speech.
#[derive(Clone, Default, Debug)]
pub(crate) struct Presses {
    /// Timestamp and source of presses told, the newest last.
    known: ArrayVec<(u32, u32), KNOWN_MAX>,
    newest: Option<Newest>,
    /// The last key heard in the speech, and when.
    in_band: Option<(Key, Instant)>,
    events: bool,
    /// The second that is counted in, and its presses.
    rate: (Instant, u32),
}

#[derive(Clone, Copy, Debug)]
struct Newest {
    packet: TelephoneEvent,
    at: Instant,
}

impl Presses {
    /// Whether the party has sent an event: keys are then no more listened for in its speech.
    pub(crate) fn has_events(&self) -> bool {
        self.events
    }

    /// Takes an event packet; the key when a press begins with it.
    pub(crate) fn event(
        &mut self,
        now: Instant,
        ssrc: u32,
        ts: u32,
        packet: TelephoneEvent,
    ) -> Option<Key> {
        let key = Key::from_event(packet.event)?;
        self.events = true;
        let goes_on = self.newest.is_some_and(|newest| newest.goes_on(now, packet));
        if self.known.contains(&(ssrc, ts)) {
            // Only the press under way may be prolonged; a late packet of an older one is nothing.
            if self.known.last() == Some(&(ssrc, ts)) {
                self.note(now, packet);
            }
            return None;
        }
        // A press that is older than the newest one was told, or was lost whole: too late for it.
        let stale = self.known.last().is_some_and(|(source, newest)| {
            *source == ssrc && (-80_000..0).contains(&samples::ahead(*newest, ts))
        });
        if stale {
            return None;
        }
        if self.known.is_full() {
            self.known.remove(0);
        }
        self.known.push((ssrc, ts));
        self.newest = None;
        self.note(now, packet);
        if goes_on {
            return None;
        }
        let told = self.in_band.take();
        // The packets before this one may be lost: what counts is when the press began.
        let began = now - Duration::from_micros(u64::from(packet.duration) * 125);
        let same = told.is_some_and(|(heard, at)| heard == key && began.since(at) < TWICE_WITHIN);
        (!same && self.in_rate(now)).then_some(key)
    }

    /// Takes a key that was heard in the speech; the key when it counts.
    pub(crate) fn heard(&mut self, now: Instant, key: Key) -> Option<Key> {
        if self.events {
            return None;
        }
        self.in_band = Some((key, now));
        self.in_rate(now).then_some(key)
    }

    fn in_rate(&mut self, now: Instant) -> bool {
        if now.since(self.rate.0) >= Duration::from_secs(1) {
            self.rate = (now, 0);
        }
        self.rate.1 += 1;
        self.rate.1 <= RATE_MAX
    }

    fn note(&mut self, now: Instant, packet: TelephoneEvent) {
        let newest = self.newest.get_or_insert(Newest { packet, at: now });
        newest.at = now;
        newest.packet.end |= packet.end;
        newest.packet.duration = newest.packet.duration.max(packet.duration);
    }
}

impl Newest {
    /// Whether a packet with another timestamp belongs to the same press all the same: a next
    /// segment of a very long one, or a sender that moves the timestamp with each packet.
    fn goes_on(&self, now: Instant, packet: TelephoneEvent) -> bool {
        let before = self.packet;
        if before.event != packet.event {
            return false;
        }
        let since = now.since(self.at);
        let segment = before.duration >= SEGMENT && !before.end;
        let moving = !before.end && packet.duration > before.duration;
        let repeated_end = before.end && packet.end && packet.duration >= before.duration;
        ((segment || moving) && since < WITHIN) || (repeated_end && since < ENDS_WITHIN)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Random;

    /// One packet of a press: when (ms), timestamp, event, end, duration.
    type Row = (u64, u32, u8, bool, u16);

    fn keys(rows: &[Row]) -> String {
        let mut presses = Presses::default();
        rows.iter()
            .filter_map(|(ms, ts, event, end, duration)| {
                let packet =
                    TelephoneEvent { event: *event, end: *end, volume: 10, duration: *duration };
                presses.event(Instant::from_micros(ms * 1000), 1, *ts, packet)
            })
            .map(Key::as_char)
            .collect()
    }

    /// The packets of one press of 100 ms: five of them and three ends.
    fn press(at_ms: u64, ts: u32, event: u8) -> Vec<Row> {
        let mut rows: Vec<Row> = (1..=5)
            .map(|n| (at_ms + n * 20, ts, event, false, 160 * u16::try_from(n).unwrap()))
            .collect();
        rows.extend([(at_ms + 120, ts, event, true, 960); 3]);
        rows
    }

    #[test]
    fn a_press_counts_once() {
        let table: &[(&str, Vec<Row>, &str)] = &[
            ("plain", press(0, 1_000, 5), "5"),
            ("only an end arrives", press(0, 1_000, 5)[7..].to_vec(), "5"),
            ("two of the same key", [press(0, 1_000, 5), press(200, 2_600, 5)].concat(), "55"),
            (
                "two of the same key, no end arrives",
                [press(0, 1_000, 5)[..5].to_vec(), press(200, 2_600, 5)].concat(),
                "55",
            ),
            (
                "a packet of the press before comes late",
                [press(0, 1_000, 5), press(200, 2_600, 6), press(0, 1_000, 5)[4..5].to_vec()]
                    .concat(),
                "56",
            ),
            (
                "the timestamp moves with each packet",
                (1..=6)
                    .map(|n| {
                        (
                            n * 20,
                            160 * u32::try_from(n).unwrap(),
                            9,
                            n == 6,
                            160 * u16::try_from(n).unwrap(),
                        )
                    })
                    .collect(),
                "9",
            ),
            (
                "each end has a timestamp of its own",
                vec![
                    (0, 0, 1, false, 160),
                    (20, 0, 1, true, 320),
                    (22, 160, 1, true, 320),
                    (24, 320, 1, true, 320),
                ],
                "1",
            ),
            (
                "a second segment",
                vec![
                    (0, 0, 11, false, 0xFFFF),
                    (20, 65_535, 11, false, 160),
                    (40, 65_535, 11, true, 320),
                ],
                "#",
            ),
            ("a flash is no key", vec![(0, 0, 16, true, 400)], ""),
            (
                "48 kHz clock",
                vec![(0, 0, 3, false, 960), (20, 0, 3, false, 1920), (40, 0, 3, true, 2880)],
                "3",
            ),
        ];
        for (name, rows, expected) in table {
            assert_eq!(keys(rows), *expected, "{name}");
        }
    }

    #[test]
    fn a_key_in_speech_and_its_event_are_one_press() {
        let key = Key::from_event(4).unwrap();
        let packet = TelephoneEvent { event: 4, end: false, volume: 10, duration: 160 };
        let at = |ms: u64| Instant::from_micros(ms * 1000);
        let mut presses = Presses::default();
        assert_eq!(presses.heard(at(0), key), Some(key));
        assert_eq!(presses.event(at(50), 1, 100, packet), None);
        assert_eq!(presses.heard(at(80), key), None);
        assert_eq!(presses.event(at(500), 1, 4_000, packet), Some(key));
    }

    proptest! {
        /// 20 % loss, repetition, delays of up to 50 ms, no marker anywhere, and a clock that wraps: as
        /// many keys as presses of which anything arrived.
        #[test]
        fn loss_and_reorder_change_nothing(
            seed: u64,
            events in proptest::collection::vec(0_u8..16, 1..12),
        ) {
            let mut random = Random::from_number(seed);
            let mut rows = Vec::new();
            let mut expected = String::new();
            for (n, event) in (0..).zip(&events) {
                let ts = (u32::MAX - 3_000).wrapping_add(n * 1_600);
                let sent = press(u64::from(n) * 200, ts, *event);
                let mut arrived = false;
                for mut row in sent {
                    for _ in 0..[0, 1, 1, 1, 2][usize::try_from(random.below(5)).unwrap()] {
                        row.0 += random.below(50);
                        rows.push(row);
                        arrived = true;
                    }
                }
                if arrived {
                    expected.push(Key::from_event(*event).unwrap().as_char());
                }
            }
            rows.sort_by_key(|row| row.0);
            prop_assert_eq!(keys(&rows), expected);
        }
    }

    #[test]
    fn an_event_is_written_as_it_is_read() {
        let event = TelephoneEvent { event: 11, end: true, volume: 10, duration: 1_234 };
        assert_eq!(TelephoneEvent::parse(&event.bytes()), Some(event));
        assert_eq!(TelephoneEvent::parse(&[1, 2, 3]), None);
    }
}
