use std::f32::consts::TAU;
use std::path::{Path, PathBuf};

use super::studio::{Studio, Voice, address, remote};
use crate::base::{Codec, Random, StreamId};
use crate::media::line_tone::LineTones;
use crate::media::{Command, Event, LineTone, g711, wav};

/// Sound that is put together, linear samples.
#[derive(Clone, Default)]
struct Sound(Vec<f32>);

/// The top of a sine of so many dBFS.
fn top(dbfs: f32) -> f32 {
    32_768.0 * 10.0_f32.powf(dbfs / 20.0)
}

impl Sound {
    fn silence(mut self, ms: usize) -> Self {
        self.0.resize(self.0.len() + ms * 8, 0.0);
        self
    }

    fn tones(mut self, ms: usize, tones: &[f32], top: f32) -> Self {
        for n in 0..ms * 8 {
            let at = |hz: &f32| (TAU * hz * n as f32 / 8_000.0).sin() * top;
            self.0.push(tones.iter().map(at).sum());
        }
        self
    }

    /// A tone with pauses, ten times.
    fn cadence(mut self, on_ms: usize, off_ms: usize, tones: &[f32], top: f32) -> Self {
        for _ in 0..10 {
            self = self.tones(on_ms, tones, top).silence(off_ms);
        }
        self
    }

    /// Noise whose power is by `db` below that of a sine with this top.
    fn noise(mut self, random: &mut Random, top: f32, db: f32) -> Self {
        // Evenly spread to ±a it has a²/3, a sine a²/2.
        let most = top * 10.0_f32.powf(-db / 20.0) * 1.225;
        for sample in &mut self.0 {
            *sample += most * (random.below(2_001) as f32 / 1_000.0 - 1.0);
        }
        self
    }

    fn bytes(&self, codec: Codec) -> Vec<u8> {
        let byte = |s: &f32| g711::from_linear(codec, s.clamp(-32_000.0, 32_000.0) as i16);
        self.0.iter().map(byte).collect()
    }

    /// What is heard in it, and after how many ms. `kept`: whether the nth packet arrives.
    fn heard_of(&self, codec: Codec, kept: impl Fn(usize) -> bool) -> Option<(LineTone, usize)> {
        let mut tones = LineTones::default();
        tones.expect(true);
        for (n, packet) in self.bytes(codec).chunks(160).enumerate().filter(|(n, _)| kept(*n)) {
            let ts = u32::try_from(n * 160).unwrap().wrapping_sub(5_000);
            if let Some(tone) = tones.hear(ts, codec, packet) {
                assert_eq!(tones.hear(ts + 160, codec, packet), None, "it is told once");
                return Some((tone, n * 20));
            }
        }
        None
    }

    fn heard(&self) -> Option<LineTone> {
        self.heard_of(Codec::Pcma, |_| true).map(|(tone, _)| tone)
    }
}

#[test]
fn busy_and_congestion_are_heard_at_all_levels_frequencies_and_cadences() {
    let mut random = Random::from_number(9);
    let mut samples = 0;
    // GB/T 3380: 450 ± 25 Hz, times ± 10 %, sent at −10 ± 3 dBm; −42 dBFS is what a bad line leaves of it.
    for (tone, ms, limit_ms) in
        [(LineTone::Busy, 350.0, 2_600), (LineTone::Congestion, 700.0, 4_700)]
    {
        for dbfs in [-10.0, -20.0, -30.0, -35.0, -42.0] {
            for hz in [426.0, 435.0, 440.0, 446.0, 450.0, 457.0, 465.0, 474.0] {
                for pace in [0.9, 0.95, 1.0, 1.05, 1.1] {
                    for noise_db in [99.0, 20.0, 12.0] {
                        let length = (ms * pace) as usize;
                        let top = top(dbfs);
                        // It begins anywhere in a period.
                        let begin = usize::try_from(random.below(ms as u64)).unwrap();
                        let sound = Sound::default()
                            .tones(begin, &[hz], top)
                            .silence(length)
                            .cadence(length, length, &[hz], top)
                            .noise(&mut random, top, noise_db);
                        let codec = if samples % 2 == 0 { Codec::Pcma } else { Codec::Pcmu };
                        samples += 1;
                        let what =
                            format!("{tone:?} {dbfs} dBFS {hz} Hz ×{pace} noise −{noise_db}");
                        let Some((heard, at)) = sound.heard_of(codec, |_| true) else {
                            panic!("{what} is not heard");
                        };
                        assert_eq!(heard, tone, "{what}");
                        assert!(at <= limit_ms, "{what}: after {at} ms");
                    }
                }
            }
        }
    }
    assert_eq!(samples, 1_200);
}

#[test]
fn a_tone_is_heard_over_loss_and_without_its_silence() {
    let loud = top(-18.0);
    for (tone, ms) in [(LineTone::Busy, 350), (LineTone::Congestion, 700)] {
        let sound = Sound::default().cadence(ms, ms, &[450.0], loud);
        for every in [7, 11, 17] {
            let heard = sound.heard_of(Codec::Pcma, |n| n % every != 3);
            assert_eq!(heard.map(|(tone, _)| tone), Some(tone), "1 of {every} lost");
        }
        // A network that sends nothing while there is nothing to hear.
        let heard = sound.heard_of(Codec::Pcma, |n| n * 20 / ms % 2 == 0);
        assert_eq!(heard.map(|(tone, _)| tone), Some(tone), "silence is not sent");
    }
    // Ringback first, then busy.
    let sound = Sound::default().tones(1_000, &[450.0], loud).silence(4_000);
    let sound = sound.tones(1_000, &[450.0], loud).silence(1_000);
    assert_eq!(sound.cadence(350, 350, &[450.0], loud).heard(), Some(LineTone::Busy));
}

#[test]
fn other_tones_are_no_line_tones() {
    let mut random = Random::from_number(10);
    let loud = top(-15.0);
    let plain = Sound::default;
    let rows: Vec<(&str, Sound)> = vec![
        ("ringback", plain().cadence(1_000, 4_000, &[450.0], loud)),
        ("dial tone", plain().tones(20_000, &[450.0], loud)),
        ("call waiting", plain().cadence(400, 4_000, &[450.0], loud)),
        ("0.5/0.5 of Europe", plain().cadence(500, 500, &[425.0], loud)),
        ("0.25/0.25 of Europe", plain().cadence(250, 250, &[425.0], loud)),
        ("0.2/0.2", plain().cadence(200, 200, &[450.0], loud)),
        ("0.35/0.7", plain().cadence(350, 700, &[450.0], loud)),
        ("0.7/0.35", plain().cadence(700, 350, &[450.0], loud)),
        ("1/1", plain().cadence(1_000, 1_000, &[450.0], loud)),
        ("North American ringback", plain().cadence(350, 350, &[440.0, 480.0], loud / 2.0)),
        ("North American busy", plain().cadence(500, 500, &[480.0, 620.0], loud / 2.0)),
        ("its cadence with two tones", plain().cadence(350, 350, &[480.0, 620.0], loud / 2.0)),
        ("two tones around", plain().cadence(700, 700, &[440.0, 480.0], loud / 2.0)),
        ("British busy", plain().cadence(375, 375, &[400.0], loud)),
        ("480 Hz", plain().cadence(350, 350, &[480.0], loud)),
        ("420 Hz and lower", plain().cadence(350, 350, &[415.0], loud)),
        ("900 Hz", plain().cadence(350, 350, &[900.0], loud)),
        ("with overtones", plain().cadence(350, 350, &[450.0, 900.0, 1_350.0], loud / 3.0)),
        ("silence", plain().silence(20_000)),
        ("noise", plain().silence(20_000).noise(&mut random, loud, 0.0)),
        ("too faint", plain().cadence(350, 350, &[450.0], top(-50.0))),
        (
            "no such number: 3 × 0.1/0.1, 0.4/0.4",
            (0..10).fold(plain(), |sound, _| {
                (0..3)
                    .fold(sound, |sound, _| sound.tones(100, &[450.0], loud).silence(100))
                    .tones(400, &[450.0], loud)
                    .silence(400)
            }),
        ),
        (
            "information tones",
            (0..5).fold(plain(), |sound, _| {
                [950.0, 1_400.0, 1_800.0]
                    .iter()
                    .fold(sound, |sound, hz| sound.tones(330, &[*hz], loud))
                    .silence(1_000)
            }),
        ),
        (
            "a tone between speech-like noise",
            (0..10).fold(plain(), |sound, _| {
                let noise = plain().silence(350).noise(&mut random, loud, 0.0);
                let mut sound = sound.tones(350, &[450.0], loud);
                sound.0.extend(noise.0);
                sound
            }),
        ),
        (
            "levels up and down",
            (0..10).fold(plain(), |sound, n| {
                let loud = if n % 2 == 0 { loud } else { loud / 3.0 };
                sound.tones(350, &[450.0], loud).silence(350)
            }),
        ),
    ];
    for (what, sound) in &rows {
        assert_eq!(sound.heard(), None, "{what}");
        let noisy = sound.clone().noise(&mut random, loud, 25.0);
        assert_eq!(noisy.heard(), None, "{what}, with noise");
    }
    for row in [697.0, 770.0, 852.0, 941.0] {
        for column in [1_209.0, 1_336.0, 1_477.0, 1_633.0] {
            let keys = plain().cadence(350, 350, &[row, column], loud / 2.0);
            assert_eq!(keys.heard(), None, "{row} + {column} Hz");
        }
    }
}

/// All sounds that the project ships.
fn shipped() -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "wav") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

#[test]
fn speech_and_music_are_no_line_tones() {
    let mut tones = LineTones::default();
    tones.expect(true);
    let mut ts = 0_u32;
    let mut hear = |tones: &mut LineTones, speech: &[u8], what: &str| {
        for packet in speech.chunks(160) {
            assert_eq!(tones.hear(ts, Codec::Pcma, packet), None, "{what}");
            ts = ts.wrapping_add(u32::try_from(packet.len()).unwrap());
        }
    };
    let files = shipped();
    assert!(files.len() > 300, "{}", files.len());
    for file in files {
        let speech = wav::read(&std::fs::read(&file).unwrap());
        let Ok(speech) = speech else { continue };
        let what = file.display().to_string();
        hear(&mut tones, &speech, &what);
        // In bursts of the cadences, so that only its sound tells it from a tone.
        for burst in [2_800, 5_600] {
            for part in speech.chunks_exact(burst).take(6) {
                hear(&mut tones, part, &what);
                hear(&mut tones, &vec![0xD5; burst], &what);
            }
        }
    }
}

#[test]
fn a_party_whose_network_plays_busy_is_told_once_and_only_when_it_was_asked_for() {
    for (asked, told) in [(true, 1), (false, 0)] {
        let mut studio = Studio::new();
        studio.open(1, remote(1, Codec::Pcma));
        studio.command(Command::ExpectLineTones { stream: StreamId(1), on: true });
        studio.command(Command::ExpectLineTones { stream: StreamId(1), on: asked });
        let sound = Sound::default().cadence(350, 350, &[450.0], top(-15.0));
        let mut voice = Voice::new(7);
        for packet in sound.bytes(Codec::Pcma).chunks(160) {
            let packet = voice.say(packet);
            studio.receive(1, address(1), packet);
            studio.run(20);
        }
        let stream = StreamId(1);
        let event = Event::LineTone { stream, tone: LineTone::Busy };
        assert_eq!(studio.events.iter().filter(|known| **known == event).count(), told);
    }
}
