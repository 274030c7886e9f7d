use std::fs;
use std::path::{Path, PathBuf};

use crate::media::detector::Detector;
use crate::media::{g711, wav};

fn sounds(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sounds(&path));
        } else if path.extension().is_some_and(|ending| ending == "wav") {
            found.push(path);
        }
    }
    found
}

/// A prompt that comes back over a far echo must press no key.
#[test]
fn shipped_prompts_and_music_sound_like_no_key() {
    let files = sounds(&Path::new(env!("CARGO_MANIFEST_DIR")).join("sounds"));
    assert!(files.len() > 300, "{} sounds", files.len());
    let mut faults = Vec::new();
    for file in files {
        let alaw = wav::read(&fs::read(&file).unwrap()).unwrap();
        // The looks of the detector begin anywhere in a sound.
        for skipped in [0, 25, 51, 76] {
            let mut detector = Detector::new();
            let heard = |byte: &u8| detector.hear(g711::alaw_to_linear(*byte));
            if let Some(key) = alaw.iter().skip(skipped).find_map(heard) {
                faults.push(format!("{}: {}", file.display(), key.as_char()));
            }
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
