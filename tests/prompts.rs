//! What lies in `sounds/` is what `prompts.csv` lists, in the right form, and somebody names it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use hotline::node::{known, load_prompts, read_flows};
use hotline::say;

const LANGUAGES: [&str; 2] = ["zh-CN", "en"];

/// Features whose prompts are there before the feature is: `planned:<feature>` in the column
/// `used`. A feature that has come is taken out here, and its rows say `flow`, `engine` or `say`.
const PLANNED: [&str; 11] = [
    "agent-phone",
    "callback",
    "holiday",
    "languages",
    "supervisor",
    "surge",
    "survey",
    "three-way",
    "transfer",
    "voice-query",
    "voicemail",
];

/// One row of `prompts.csv`.
struct Row {
    id: String,
    /// By language, as `LANGUAGES`; empty: the language has no such prompt.
    texts: [String; 2],
    used: String,
}

impl Row {
    /// The files below `sounds/` that it stands for. One without words belongs to no language.
    fn files(&self) -> Vec<String> {
        if self.texts.iter().all(String::is_empty) {
            return vec![format!("{}.wav", self.id)];
        }
        let spoken = LANGUAGES.iter().zip(&self.texts).filter(|(_, text)| !text.is_empty());
        spoken.map(|(language, _)| format!("{language}/{}.wav", self.id)).collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The fields of a line of CSV; a field in quotes may hold commas and doubled quotes.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let field = fields.last_mut().expect("there is always one");
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            c => field.push(c),
        }
    }
    fields
}

fn table(path: &str, head: &str) -> Vec<Vec<String>> {
    let text = read(path);
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(head), "the head of {path}");
    lines.map(fields).collect()
}

fn rows() -> Vec<Row> {
    let rows = table("sounds/prompts.csv", "id,zh,en,used");
    rows.into_iter()
        .map(|row| {
            let [id, zh, en, used] = row.try_into().expect("prompts.csv: four fields a row");
            Row { id, texts: [zh, en], used }
        })
        .collect()
}

/// All files below a folder, as paths from it.
fn files(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(at) = folders.pop() {
        for entry in fs::read_dir(&at).expect("a folder of the project can be read") {
            let path = entry.expect("a folder of the project can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let inside = path.strip_prefix(folder).expect("it lies in the folder");
                found.insert(inside.to_string_lossy().into_owned());
            }
        }
    }
    found
}

/// The samples, −1 to 1, of an A-law WAV of 8 kHz, mono, in the plainest form there is.
fn samples(file: &str) -> Vec<f64> {
    let read = fs::read(root().join("sounds").join(file));
    let bytes = read.unwrap_or_else(|error| panic!("sounds/{file}: {error}"));
    let form = [6_u16.to_le_bytes(), 1_u16.to_le_bytes()].concat();
    assert!(bytes.starts_with(b"RIFF") && bytes[8..16] == *b"WAVEfmt ", "{file}: WAVE");
    assert_eq!(bytes[20..24], form[..], "{file}: A-law, one channel");
    assert_eq!(bytes[24..28], 8_000_u32.to_le_bytes(), "{file}: 8 kHz");
    let data = bytes.windows(4).position(|four| four == b"data").expect("a `data` chunk");
    let size = u32::from_le_bytes(bytes[data + 4..data + 8].try_into().expect("four bytes"));
    let begin = data + 8;
    let end = begin + usize::try_from(size).expect("a size");
    assert_eq!(bytes.len(), end + end % 2, "{file}: nothing after the samples");
    bytes[begin..end].iter().map(|byte| linear(*byte)).collect()
}

/// ITU-T G.711 A-law.
fn linear(byte: u8) -> f64 {
    let code = byte ^ 0x55;
    let segment = u32::from(code >> 4) & 7;
    let step = u32::from(code & 15) * 2 + 1;
    let size = if segment == 0 { step } else { (step + 32) << (segment - 1) };
    let size = f64::from(size) / 4_096.0;
    if code & 0x80 == 0 { -size } else { size }
}

fn decibels(ratio: f64) -> f64 {
    20.0 * ratio.log10()
}

fn peak(samples: &[f64]) -> f64 {
    decibels(samples.iter().fold(0.0, |most, sample| sample.abs().max(most)))
}

/// The greatest power of the first and the last 20 ms of speech: −21.4 dBFS.
const EDGE_MAX: f64 = 0.007_24;

/// The mean square.
fn power(part: &[f64]) -> f64 {
    part.iter().map(|s| s * s).sum::<f64>() / part.len() as f64
}

/// RMS over the 20 ms that are within 30 dB of the loudest: pauses do not count.
fn speech_rms(samples: &[f64]) -> f64 {
    let powers: Vec<f64> = samples.chunks_exact(160).map(power).collect();
    let most = powers.iter().fold(0.0, |most: f64, one| one.max(most));
    let loud: Vec<f64> = powers.into_iter().filter(|one| *one > most / 1_000.0).collect();
    10.0 * (loud.iter().sum::<f64>() / loud.len() as f64).log10()
}

fn speech() -> Vec<(String, String, Vec<f64>)> {
    let mut all = Vec::new();
    for row in rows() {
        for (language, text) in LANGUAGES.iter().zip(&row.texts) {
            if !text.is_empty() {
                let file = format!("{language}/{}.wav", row.id);
                let heard = samples(&file);
                all.push((file, text.clone(), heard));
            }
        }
    }
    all
}

#[test]
fn prompts_and_files_are_the_same_list() {
    let rows = rows();
    let ids: BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    assert_eq!(ids.len(), rows.len(), "an id is there once");
    let listed: BTreeSet<String> = rows.iter().flat_map(Row::files).collect();
    let there: BTreeSet<String> = files(&root().join("sounds"))
        .into_iter()
        .filter(|file| {
            !["prompts.csv", "quality.csv", "unclear.txt", "NOTICE.md"].contains(&file.as_str())
        })
        .collect();
    let missing: Vec<_> = listed.difference(&there).collect();
    let unlisted: Vec<_> = there.difference(&listed).collect();
    assert!(missing.is_empty(), "in prompts.csv without a file: {missing:?}");
    assert!(unlisted.is_empty(), "files that prompts.csv does not list: {unlisted:?}");
}

#[test]
fn prompts_are_at_most_thirty_megabytes() {
    let sounds = root().join("sounds");
    let size = |file: &String| fs::metadata(sounds.join(file)).expect("it is there").len();
    let bytes: u64 = files(&sounds).iter().map(size).sum();
    assert!(bytes <= 30 << 20, "sounds/ has {bytes} bytes");
}

#[test]
fn prompts_have_the_right_form_level_and_length() {
    let mut faults = Vec::new();
    let (mut softest, mut loudest) = (f64::MAX, f64::MIN);
    for (file, text, samples) in speech() {
        let (peak, rms) = (peak(&samples), speech_rms(&samples));
        (softest, loudest) = (softest.min(rms), loudest.max(rms));
        if !(-4.0..=-2.0).contains(&peak) {
            faults.push(format!("{file}: peak {peak:.1} dBFS"));
        }
        let (first, last) = (&samples[..160], &samples[samples.len() - 160..]);
        let is_loud = |end: &[f64]| end.iter().any(|sample| sample.abs() > 0.05);
        // The edge itself, and the 20 ms there: louder, and a part of the sound is missing.
        if is_loud(&first[..40])
            || is_loud(&last[120..])
            || [first, last].iter().any(|end| power(end) > EDGE_MAX)
        {
            faults.push(format!("{file}: begins or ends in a sound"));
        }
        let seconds = samples.len() as f64 / 8_000.0;
        let units = text.chars().filter(|c| c.is_alphanumeric()).count() as f64;
        let (least, most) = if file.starts_with("zh") { (0.12, 0.75) } else { (0.03, 0.30) };
        if !(units * least..units * most + 0.6).contains(&seconds) {
            faults.push(format!("{file}: {seconds:.2} s for {units} characters"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(loudest - softest <= 3.0, "RMS of speech from {softest:.1} to {loudest:.1} dBFS");
}

#[test]
fn prompts_without_words_have_the_right_form() {
    for row in rows().iter().filter(|row| row.texts.iter().all(String::is_empty)) {
        assert!(peak(&samples(&row.files()[0])) < -6.0, "{}", row.id);
    }
}

#[test]
fn music_is_long_soft_and_has_no_seam() {
    let music = samples("moh/default.wav");
    assert!(music.len() >= 50 * 8_000, "{} samples of music", music.len());
    let level =
        |part: &[f64]| 10.0 * (part.iter().map(|s| s * s).sum::<f64>() / part.len() as f64).log10();
    let rms = level(&music);
    assert!((-24.5..=-23.5).contains(&rms), "music at {rms:.1} dBFS");
    // Where the loop begins again it moves no more than it does elsewhere.
    let mut steps: Vec<f64> = music.windows(2).map(|two| (two[1] - two[0]).abs()).collect();
    steps.sort_by(f64::total_cmp);
    let usual = steps[steps.len() * 9 / 10];
    let seam = (music[0] - music[music.len() - 1]).abs();
    assert!(seam <= usual, "a step of {seam:.3} at the seam, {usual:.3} elsewhere");
    // And it does not fade out and in: 50 ms on each side are as loud as the softest beats.
    let around = [&music[music.len() - 400..], &music[..400]].concat();
    assert!(level(&around) > rms - 12.0, "{:.1} dBFS around the seam", level(&around));
}

/// Power from 3,400 Hz on, as a part of all, in dB: of Hann windows of 100 ms, bins of 10 Hz.
fn above_the_telephone_band(sound: &[f64]) -> f64 {
    const WIDTH: usize = 800;
    let turn = |at: usize| std::f64::consts::TAU * (at % WIDTH) as f64 / WIDTH as f64;
    let wave: Vec<(f64, f64)> = (0..WIDTH).map(|at| turn(at).sin_cos()).collect();
    let window: Vec<f64> = wave.iter().map(|(_, cosine)| 0.5 - 0.5 * cosine).collect();
    let (mut high, mut all) = (0.0, 0.0);
    for frame in sound.chunks_exact(WIDTH) {
        let frame: Vec<f64> = frame.iter().zip(&window).map(|(s, w)| s * w).collect();
        all += frame.iter().map(|s| s * s).sum::<f64>();
        for bin in 340..WIDTH / 2 {
            let (mut sine, mut cosine) = (0.0, 0.0);
            for (at, sample) in frame.iter().enumerate() {
                let (s, c) = wave[at * bin % WIDTH];
                (sine, cosine) = (sine + sample * s, cosine + sample * c);
            }
            high += 2.0 * (sine * sine + cosine * cosine) / WIDTH as f64;
        }
    }
    10.0 * (high / all).log10()
}

/// What is there is the noise of A-law, which a seventh of the band has a seventh of.
#[test]
fn music_stays_within_the_telephone_band() {
    let music = above_the_telephone_band(&samples("moh/default.wav"));
    assert!(music < -42.0, "{music:.1} dB from 3,400 Hz on");
    let whistle = |at: u32| (f64::from(at) * 0.9 * std::f64::consts::PI).sin();
    let whistle: Vec<f64> = (0..8_000).map(whistle).collect();
    assert!(above_the_telephone_band(&whistle) > -0.1, "the measure hears 3,600 Hz");
}

#[test]
fn prompts_of_flows_exist_in_each_language() {
    let prompts = load_prompts(None).expect("the built-in prompts are good");
    for folder in ["dialplans", "tests/dialplans"] {
        let flows = read_flows(&root().join(folder), None, &known(None, Some(&prompts)));
        assert!(flows.is_ok(), "{folder}: {:?}", flows.err());
    }
}

#[test]
fn no_prompt_is_unused() {
    let text = |folder: &str, ending: &str| -> String {
        let there = files(&root().join(folder));
        let wanted = there.iter().filter(|file| file.ends_with(ending) && !file.contains("tests"));
        wanted.map(|file| read(&format!("{folder}/{file}"))).collect()
    };
    let (flows, code) = (text("dialplans", ".flow.yaml"), text("src", ".rs"));
    let in_flows: BTreeSet<&str> =
        flows.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '/')).collect();
    let in_quotes: BTreeSet<&str> = code.split('"').collect();
    let series: BTreeSet<&str> =
        in_quotes.iter().filter_map(|text| Some(text.split_once('/')?.0)).collect();
    let pieces = pieces();
    let is_said = |row: &Row| {
        let spoken = pieces.iter().zip(&row.texts).filter(|(_, text)| !text.is_empty());
        spoken.into_iter().all(|(pieces, _)| pieces.contains(&row.id))
    };
    let mut planned = BTreeSet::new();
    let mut faults = Vec::new();
    for row in rows() {
        let in_code = in_quotes.contains(row.id.as_str())
            || row.id.split_once('/').is_some_and(|(of, _)| series.contains(of));
        let fault = match row.used.split_once(':').unwrap_or((&row.used, "")) {
            ("flow" | "engine", "") if !in_flows.contains(row.id.as_str()) && !in_code => {
                "no flow in dialplans/ and no code names it"
            }
            ("say", "") if !is_said(&row) => "the grammar of `say` does not name it",
            ("planned", feature) if !PLANNED.contains(&feature) => "the feature is not planned",
            ("planned", feature) => {
                planned.insert(feature.to_owned());
                continue;
            }
            ("flow" | "engine" | "say", "") => continue,
            _ => "`used` is none of flow, engine, say, planned:<feature>",
        };
        faults.push(format!("{} ({}): {fault}", row.id, row.used));
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(planned.iter().eq(PLANNED), "planned, and in prompts.csv: {planned:?}");
}

/// What the grammar of `say` can name, by language as `LANGUAGES`.
fn pieces() -> [BTreeSet<String>; 2] {
    LANGUAGES.map(|language| say::ids(say::Language::of(language)))
}

#[test]
fn all_pieces_of_sentences_are_among_the_prompts() {
    let rows = rows();
    for (at, pieces) in pieces().into_iter().enumerate() {
        let spoken = rows.iter().filter(|row| !row.texts[at].is_empty());
        let there: BTreeSet<String> = spoken.map(|row| row.id.clone()).collect();
        let missing: Vec<_> = pieces.difference(&there).collect();
        assert!(missing.is_empty(), "prompts.csv has no {} text of {missing:?}", LANGUAGES[at]);
    }
}

/// `make.py --check` writes the figures. It needs a recogniser, so it is not run here; but a
/// file that was changed after it, and a figure that is too bad, are found. The prompts that the
/// recogniser does not understand yet are named in a file, no more and no fewer.
#[test]
fn prompts_have_good_figures_that_belong_to_their_files() {
    let head = "language,id,seconds,peak_dbfs,rms_dbfs,error,heard";
    let mut figures = BTreeMap::new();
    for row in table("sounds/quality.csv", head) {
        let folder = if row[0] == "zh" { "zh-CN" } else { "en" };
        let number = |at: usize| row[at].parse::<f64>().unwrap_or(f64::NAN);
        figures.insert(format!("{folder}/{}.wav", row[1]), [2, 3, 4, 5].map(number));
    }
    let (mut faults, mut unclear) = (Vec::new(), BTreeSet::new());
    let mut errors: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (file, _, samples) in speech() {
        let Some([seconds, loudest, rms, error]) = figures.get(&file).copied() else {
            faults.push(format!("{file}: no figures"));
            continue;
        };
        let now = [samples.len() as f64 / 8_000.0, peak(&samples), speech_rms(&samples)];
        let same = [seconds, loudest, rms].iter().zip(now).all(|(a, b)| (a - b).abs() < 0.11);
        if !same {
            faults.push(format!("{file}: changed after it was measured"));
        }
        // Not `error > 0.15`: a figure that is missing is a fault.
        if !matches!(error, 0.0..=0.15) {
            unclear.insert(file.clone());
        }
        if error.is_finite() {
            errors.entry(file[..2].to_owned()).or_default().push(error);
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    let listed = read("sounds/unclear.txt");
    let listed: BTreeSet<String> = listed.lines().map(str::to_owned).collect();
    let more: Vec<_> = unclear.difference(&listed).collect();
    let less: Vec<_> = listed.difference(&unclear).collect();
    assert!(more.is_empty(), "not understood, and not in sounds/unclear.txt: {more:#?}");
    assert!(less.is_empty(), "understood: take it from sounds/unclear.txt: {less:#?}");
    for (language, errors) in errors {
        let mean = errors.iter().sum::<f64>() / errors.len() as f64;
        assert!(mean <= 0.05, "{language}: {mean:.3} of what is said is not understood");
    }
}
