use std::time::Duration;

use ulid::Ulid;

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, Instant, Random, RecordingId, StreamId};
use crate::media::{Block, Command, Event};

pub(super) const RECORDING: RecordingId = RecordingId(Ulid(77));
const CLICK: u8 = 0x2A;

fn record(studio: &mut Studio, at: Instant) {
    let (left, right) = (StreamId(1), Some(StreamId(2)));
    studio.command(Command::Record { recording: RECORDING, left, right, at });
}

fn stop(studio: &mut Studio, at: Instant) {
    studio.command(Command::StopRecord { recording: RECORDING, at });
}

/// The two tracks of the blocks, which must touch; and the length that was told.
pub(super) fn tracks(studio: &Studio) -> (Vec<u8>, Vec<u8>, u64) {
    let mut all = Vec::new();
    for block in &studio.blocks {
        assert_eq!(block.first_sample, all.len() as u64 / 2);
        assert!(block.samples.len() <= 16_000);
        all.extend(&block.samples);
    }
    assert!(studio.blocks.last().is_some_and(|block: &Block| block.last));
    let samples = studio.events.iter().find_map(|event| match event {
        Event::RecordStopped { recording: RECORDING, samples } => Some(*samples),
        _ => None,
    });
    let track = |of: usize| all.iter().skip(of).step_by(2).copied().collect();
    (track(0), track(1), samples.unwrap())
}

fn open_two(studio: &mut Studio) {
    studio.open(1, remote(1, Codec::Pcma));
    studio.open(2, remote(2, Codec::Pcma));
    studio.bridge(1, 2);
}

#[test]
fn the_length_is_that_of_the_stamps_even_when_commands_come_late() {
    let mut studio = Studio::new();
    open_two(&mut studio);
    for (begin_us, length_us) in [(0, 3_000_000), (137, 1_234_567), (40_063, 90), (5, 12_345_678)] {
        studio.blocks.clear();
        studio.events.clear();
        studio.run(100);
        let at = studio.now - Duration::from_micros(begin_us);
        record(&mut studio, at);
        let end = at + Duration::from_micros(length_us);
        studio.until(end + Duration::from_millis(3));
        stop(&mut studio, end);
        let (left, right, samples) = tracks(&studio);
        assert_eq!((left.len(), right.len()), (right.len(), usize::try_from(samples).unwrap()));
        assert!(samples.abs_diff(length_us / 125) <= 1, "{samples} of {length_us} µs");
    }
    assert_eq!(studio.worker.census().recordings, 0);
}

#[test]
fn what_is_played_to_the_caller_is_on_the_right_track() {
    let mut studio = Studio::new();
    open_two(&mut studio);
    let mut agent = Voice::new(2);
    let now = studio.now;
    record(&mut studio, now);
    studio.play(1, 1, &["short"], false, false);
    for _ in 0..15 {
        studio.receive(2, address(2), agent.say(&[7; 160]));
        studio.run(20);
    }
    let now = studio.now;
    stop(&mut studio, now);
    let (left, right, _) = tracks(&studio);
    assert!(left.iter().all(|byte| *byte == 0xD5));
    let short = studio.prompts.samples(studio.prompt("short"), Codec::Pcma);
    let at = right.windows(800).position(|window| window == short).expect("the whole prompt");
    assert!(at <= 160 && right[at + 960..].iter().all(|byte| *byte == 7));
}

#[test]
fn after_a_transfer_the_recording_goes_on_with_the_new_party() {
    let mut studio = Studio::new();
    open_two(&mut studio);
    studio.open(3, remote(3, Codec::Pcmu));
    let now = studio.now;
    record(&mut studio, now);
    let mut old = Voice::new(2);
    let mut new = Voice { payload_type: 0, ..Voice::new(3) };
    for n in 0..100 {
        if n == 50 {
            studio.bridge(1, 3);
            let (left, right, at) = (StreamId(1), Some(StreamId(3)), studio.now);
            studio.command(Command::Record { recording: RECORDING, left, right, at });
            studio.command(Command::Close { stream: StreamId(2) });
        }
        studio.receive(2, address(2), old.say(&[7; 160]));
        studio.receive(3, address(3), new.say(&[0xFF; 160]));
        studio.run(20);
    }
    let now = studio.now;
    stop(&mut studio, now);
    let (_, right, samples) = tracks(&studio);
    assert_eq!(samples, 16_000);
    assert!(right[..8_000].iter().all(|byte| *byte == 7));
    assert!(right[8_000..].iter().all(|byte| *byte == 0xD5));
}

/// Late packets find their place for 300 ms; later ones are silence in the recording, and counted.
#[test]
fn a_packet_that_comes_late_finds_its_place_or_is_counted() {
    let mut studio = Studio::new();
    open_two(&mut studio);
    let start = studio.now;
    record(&mut studio, start);
    let mut voice = Voice::new(1);
    let packets: Vec<_> = (0..200_u8).map(|n| voice.say(&[n; 160])).collect();
    // 240 ms late: in time. 900 ms late: too late. One is lost.
    let (late, too_late, lost) = (30, 60, 90);
    for n in 0..200 {
        for came in [n, n - 12, n - 45] {
            let wanted = match came {
                it if it == late => n - 12 == late,
                it if it == too_late => n - 45 == too_late,
                it if it == lost => false,
                it => it == n,
            };
            if wanted {
                let packet = packets[usize::try_from(came).unwrap()].clone();
                studio.receive(1, address(1), packet);
            }
        }
        studio.run(20);
    }
    let end = studio.now;
    stop(&mut studio, end);
    let (left, _, samples) = tracks(&studio);
    assert_eq!(samples, 32_000);
    for (n, chunk) in left.chunks(160).enumerate() {
        let missing = [60, 90].contains(&n);
        let expected = if missing { 0xD5 } else { u8::try_from(n).unwrap() };
        assert!(chunk.iter().all(|byte| *byte == expected), "{n}: {chunk:?}");
    }
    studio.command(Command::Close { stream: StreamId(1) });
    let Some(Event::Stats { stats, last: true, .. }) = studio.events.last() else { panic!() };
    assert_eq!((stats.unrecorded, stats.late, stats.lost), (1, 2, 1));
}

/// Arrivals (µs since the beginning), parties and packets; and the seconds whose click was lost.
type Speech = (Vec<(u64, u64, Vec<u8>)>, Vec<u64>);

/// A party whose clock is wrong by `ppm`, over a network with loss and jitter. It clicks at each
/// whole second of true time.
struct Speaker {
    party: u64,
    ppm: i64,
    delay_us: u64,
    jitter_us: u64,
    loss: u64,
}

impl Speaker {
    /// So many seconds of it. At a third its source changes, at two thirds its clock leaps.
    fn speak(&self, seconds: u64, random: &mut Random) -> Speech {
        let mut voice = Voice::new(100);
        let mut packets = Vec::new();
        let mut lost = Vec::new();
        let count = seconds * 50;
        // True µs of the party's n-th sample.
        let time =
            |sample: u64| sample * 125 * 1_000_000 / (1_000_000_i64 + self.ppm).unsigned_abs();
        let mut second = 1;
        for n in 0..count {
            if n == count / 3 {
                voice = Voice { seq: 5, ..Voice::new(200) };
            }
            if n == count * 2 / 3 {
                voice.ts = voice.ts.wrapping_add(1_000_000_000);
            }
            let mut payload = [0xD5; 160];
            let mut clicks = None;
            for (at, byte) in (0..).zip(&mut payload) {
                if time(n * 160 + at) >= second * 1_000_000 {
                    *byte = CLICK;
                    clicks = Some(second);
                    second += 1;
                }
            }
            let packet = voice.say(&payload);
            if random.below(100) < self.loss {
                lost.extend(clicks);
                continue;
            }
            let arrival = time(n * 160) + self.delay_us + random.below(self.jitter_us + 1);
            packets.push((arrival, self.party, packet));
        }
        (packets, lost)
    }
}

/// Records two speakers and gives, for each second whose click arrived on both tracks, the places of
/// the two clicks.
fn clicks(speakers: [Speaker; 2], seconds: u64) -> Vec<(u64, usize, usize)> {
    let mut random = Random::from_number(5);
    let mut studio = Studio::new();
    open_two(&mut studio);
    let start = studio.now;
    record(&mut studio, start);
    let (mut packets, mut lost) = (Vec::new(), Vec::new());
    for speaker in &speakers {
        let (sent, missing) = speaker.speak(seconds, &mut random);
        packets.extend(sent);
        lost.extend(missing);
    }
    // A slow clock has more to say than there is time.
    packets.retain(|(arrival, ..)| *arrival < seconds * 1_000_000);
    packets.sort();
    for (arrival, party, packet) in packets {
        studio.until(start + Duration::from_micros(arrival));
        studio.receive(party, address(party), packet);
        studio.sent.clear();
    }
    let end = start + Duration::from_secs(seconds);
    studio.until(end);
    stop(&mut studio, end);
    let (left, right, samples) = tracks(&studio);
    assert_eq!(samples, seconds * 8_000);
    let find = |track: &[u8], second: u64| {
        let from = usize::try_from(second * 8_000).unwrap() - 400;
        let to = (from + 2_000).min(track.len());
        track[from..to].iter().position(|byte| *byte == CLICK).map(|at| at + from)
    };
    let mut found = Vec::new();
    for second in 1..seconds - 1 {
        let (l, r) = (find(&left, second), find(&right, second));
        if lost.contains(&second) {
            continue;
        }
        let (Some(l), Some(r)) = (l, r) else {
            panic!("a click of second {second} is missing: {l:?} {r:?}")
        };
        found.push((second, l, r));
    }
    found
}

#[test]
fn tracks_stay_in_step_over_sixty_minutes_of_a_bad_network() {
    let speakers = [
        Speaker { party: 1, ppm: 200, delay_us: 30_000, jitter_us: 15_000, loss: 5 },
        Speaker { party: 2, ppm: -200, delay_us: 30_000, jitter_us: 15_000, loss: 5 },
    ];
    let found = clicks(speakers, 3_600);
    assert!(found.len() > 2_900, "{}", found.len());
    for (second, left, right) in found {
        let expected = usize::try_from(second * 8_000).unwrap() + 240;
        assert!(left.abs_diff(right) < 160, "second {second}: {left} {right}");
        assert!(left.abs_diff(expected) < 160, "second {second}: {left} for {expected}");
    }
}

#[test]
fn a_good_network_is_recorded_to_the_millisecond() {
    let speakers = [
        Speaker { party: 1, ppm: 50, delay_us: 5_000, jitter_us: 1_000, loss: 0 },
        Speaker { party: 2, ppm: 0, delay_us: 5_000, jitter_us: 1_000, loss: 0 },
    ];
    let found = clicks(speakers, 60);
    assert_eq!(found.len(), 58);
    for (second, left, right) in found {
        assert!(left.abs_diff(right) <= 16, "second {second}: {left} {right}");
    }
}
