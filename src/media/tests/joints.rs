use std::path::Path;

use crate::base::Codec;
use crate::media::player::{Filled, Player};
use crate::media::{PlayId, PromptId, Prompts, g711};

/// Sentences of pieces, as the grammar names them.
const SENTENCES: [(&str, &str); 8] = [
    ("zh-CN", "digit/1-yao digit/3 digit/8 pause digit/0 digit/0 digit/2 digit/2"),
    ("zh-CN", "num/7 num/42 num/100 num/10"),
    ("zh-CN", "agent-no digit/1-yao digit/0 digit/0 digit/2 at-your-service"),
    ("zh-CN", "welcome recording-notice ahead/3"),
    ("en", "digit/1 digit/1 digit/0 digit/0 digit/2 digit/2"),
    ("en", "num/12 num/45 num/9 num/99"),
    ("en", "agent-no digit/8 digit/0 digit/0 digit/1 at-your-service"),
    ("en", "welcome recording-notice ahead/3"),
];
/// Below this there is nothing to hear: about −45 dBFS.
const QUIET: f64 = 184.0;

/// A sentence as it is heard, with the place of each joint: where a sound ends and where the next
/// one begins, in samples.
struct Heard {
    what: String,
    samples: Vec<f64>,
    joints: Vec<(usize, usize)>,
}

fn hear(prompts: &Prompts, language: &str, sentence: &str) -> Heard {
    let find = |id| prompts.find(language, id).unwrap_or_else(|| panic!("{language}/{id}"));
    let list: Vec<PromptId> = sentence.split(' ').map(find).collect();
    let mut joints = Vec::new();
    let mut end = 0;
    for two in list.windows(2) {
        end += prompts.samples(two[0], Codec::Pcma).len();
        let next = end + prompts.gap(two[0], two[1]);
        joints.push((end, next));
        end = next;
    }
    let mut player = Player::prompts(PlayId(1), list, false, false);
    let mut samples = Vec::new();
    let mut chunk = [0; 160];
    while player.fill(prompts, Codec::Pcma, &mut chunk) == Filled::Sound {
        samples.extend(chunk.map(|byte| f64::from(g711::alaw_to_linear(byte))));
    }
    Heard { what: format!("{language}: {sentence}"), samples, joints }
}

/// What is shipped, and the same with the worst ends that an operator's own files may have: cut off in
/// the middle of a vowel.
fn shipped(worst: bool) -> Prompts {
    let mut files: Vec<(String, String, Vec<u8>)> = Vec::new();
    for (language, sentence) in SENTENCES {
        for id in sentence.split(' ').filter(|id| *id != "pause") {
            if files.iter().any(|(of, known, _)| of == language && known == id) {
                continue;
            }
            let file = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("sounds")
                .join(language)
                .join(format!("{id}.wav"));
            let mut bytes = std::fs::read(&file).unwrap();
            if worst {
                let alaw = crate::media::wav::read(&bytes).unwrap();
                let middle = alaw.len() / 4..alaw.len() * 3 / 4;
                bytes = crate::media::wav::write_alaw(&alaw[middle]);
            }
            files.push((language.to_owned(), id.to_owned(), bytes));
        }
    }
    Prompts::build(files).unwrap()
}

fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// How far the mean moves from 20 ms to the next anywhere inside the pieces of a sentence.
fn largest_jump_within(prompts: &Prompts, language: &str, sentence: &str) -> f64 {
    let jumps = sentence.split(' ').map(|id| {
        let alone = hear(prompts, language, id);
        let jump = |two: &[f64]| (mean(&two[..160]) - mean(&two[160..])).abs();
        alone.samples.windows(320).step_by(40).map(jump).fold(0.0, f64::max)
    });
    jumps.fold(0.0, f64::max)
}

fn rms(samples: &[f64]) -> f64 {
    (samples.iter().map(|s| s * s).sum::<f64>() / samples.len() as f64).sqrt()
}

#[test]
fn no_joint_clicks() {
    for worst in [false, true] {
        let prompts = shipped(worst);
        for (language, sentence) in SENTENCES {
            let heard = hear(&prompts, language, sentence);
            let within = largest_jump_within(&prompts, language, sentence);
            for (end, begin) in &heard.joints {
                let what = format!("{} at {end} (worst: {worst})", heard.what);
                // 1 ms around each end: no step that a click would be.
                for at in [*end, *begin] {
                    let around =
                        &heard.samples[at.saturating_sub(8)..(at + 8).min(heard.samples.len())];
                    let step =
                        around.windows(2).map(|two| (two[1] - two[0]).abs()).fold(0.0, f64::max);
                    assert!(step <= 800.0, "{what}: a step of {step}");
                }
                // 20 ms on both sides: the line between them jumps no more than within the speech.
                let (left, right) =
                    (&heard.samples[end - 160..*end], &heard.samples[*begin..begin + 160]);
                let jump = (mean(left) - mean(right)).abs();
                assert!(jump <= within, "{what}: the mean jumps by {jump}, within by {within}");
            }
        }
    }
}

#[test]
fn gaps_are_even_and_as_long_as_their_kind() {
    for worst in [false, true] {
        let prompts = shipped(worst);
        for (language, sentence) in SENTENCES {
            let heard = hear(&prompts, language, sentence);
            let ids: Vec<&str> = sentence.split(' ').collect();
            for (joint, two) in heard.joints.iter().zip(ids.windows(2)) {
                let loud = |s: &f64| s.abs() > QUIET;
                let before = heard.samples[..joint.0].iter().rev().position(loud).unwrap();
                let after = heard.samples[joint.1..].iter().position(loud).unwrap();
                let gap_ms = (before + joint.1 - joint.0 + after) / 8;
                let folder =
                    |id: &str| id.split_once('/').map_or("", |(folder, _)| folder).to_owned();
                let (least, most) = match (two, folder(two[0]).as_str(), folder(two[1]).as_str()) {
                    ([.., "pause"] | ["pause", ..], ..) => (150, 420),
                    (_, "digit", "digit") => (125, 230),
                    (_, "num", "num") => (85, 230),
                    _ => (215, 420),
                };
                let what = format!("{}, {two:?}: {gap_ms} ms (worst: {worst})", heard.what);
                assert!((least..=most).contains(&gap_ms), "{what}");
            }
        }
    }
}

#[test]
fn what_is_joined_is_equally_loud() {
    let prompts = shipped(false);
    for (language, sentence) in SENTENCES {
        let levels: Vec<f64> = sentence
            .split(' ')
            .filter(|id| *id != "pause")
            .map(|id| {
                let sound = prompts.samples(prompts.find(language, id).unwrap(), Codec::Pcma);
                let samples: Vec<f64> =
                    sound.iter().map(|byte| f64::from(g711::alaw_to_linear(*byte))).collect();
                // What is spoken: looks of 20 ms that are not quiet.
                let spoken: Vec<f64> = samples
                    .chunks(160)
                    .filter(|look| rms(look) > 500.0)
                    .flatten()
                    .copied()
                    .collect();
                20.0 * rms(&spoken).log10()
            })
            .collect();
        let [least, most] =
            [f64::min, f64::max].map(|of| levels.iter().copied().reduce(of).unwrap());
        assert!(most - least <= 6.0, "{language}: {sentence}: {levels:.1?} dB");
    }
}
