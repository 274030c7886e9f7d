use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::base::{Fault, Faults};
use crate::media::Prompts;
use crate::node::files;

/// The prompts that are built in.
#[derive(rust_embed::RustEmbed)]
#[folder = "sounds"]
#[include = "*.wav"]
struct Sounds;

/// A sound of an operator is at most this large: half an hour of 16-bit PCM.
const FILE_MAX: u64 = 32 << 20;
/// What an operator's sound must be.
const ALLOWED: &str = "allowed: a WAV file of 8000 Hz, 1 channel, A-law, µ-law or 16-bit PCM, with at \
                       least one sample and at most 32 MiB";
/// Endings of sounds that are none of ours: such a file is meant as a prompt and would not be heard.
const FOREIGN: [&str; 8] = ["mp3", "ogg", "opus", "flac", "m4a", "aac", "gsm", "pcm"];

/// Where a prompt comes from, and its bytes.
struct Sound {
    file: PathBuf,
    bytes: Vec<u8>,
}

/// Loads the built-in prompts and, over them, those of the operator's folder: a file there replaces
/// the built-in one of the same name, and one of a new name is a new prompt.
///
/// # Errors
/// Every prompt that cannot be used, with its file and what is allowed.
pub fn load_prompts(folder: Option<&Path>) -> Result<Prompts, Faults> {
    let mut sounds: BTreeMap<(String, String), Sound> = BTreeMap::new();
    for name in Sounds::iter() {
        let file = Path::new("sounds").join(name.as_ref());
        if let (Some(key), Some(found)) = (prompt_key(Path::new(name.as_ref())), Sounds::get(&name))
        {
            sounds.insert(key, Sound { file, bytes: found.data.into_owned() });
        }
    }
    let mut faults = Vec::new();
    if let Some(folder) = folder {
        for file in sound_files(folder).map_err(|fault| Faults(vec![fault]))? {
            let inside = file.strip_prefix(folder).unwrap_or(&file);
            let Some(key) = prompt_key(inside) else { continue };
            match read(&file) {
                Ok(bytes) => {
                    sounds.insert(key, Sound { file, bytes });
                }
                Err(fault) => faults.push(fault),
            }
        }
    }
    let named = sounds.iter().map(|((language, id), sound)| (language, id, &sound.bytes));
    let prompts = Prompts::build(named).unwrap_or_else(|refused| {
        for one in refused {
            let file = sounds.get(&(one.lang, one.id)).map(|sound| sound.file.as_path());
            let what = format!("{}; {ALLOWED}", one.what);
            faults.push(fault(file.unwrap_or(Path::new("sounds")), what));
        }
        Prompts::default()
    });
    if faults.is_empty() { Ok(prompts) } else { Err(Faults(faults)) }
}

fn read(file: &Path) -> Result<Vec<u8>, Fault> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if !ending.eq_ignore_ascii_case("wav") {
        return Err(fault(file, format!("`.{ending}` is not played; {ALLOWED}")));
    }
    let unreadable = |error: std::io::Error| fault(file, format!("cannot be read: {error}"));
    let length = fs::metadata(file).map_err(unreadable)?.len();
    if length > FILE_MAX {
        return Err(fault(file, format!("has {length} bytes; {ALLOWED}")));
    }
    fs::read(file).map_err(unreadable)
}

fn fault(file: &Path, what: String) -> Fault {
    Fault { file: file.to_path_buf(), line: 0, key: String::new(), what }
}

/// `zh-CN/ahead/3.wav` → language `zh-CN`, id `ahead/3`; `moh/default.wav` and `beep.wav` belong to
/// no language.
fn prompt_key(inside: &Path) -> Option<(String, String)> {
    let id = inside.with_extension("").to_str()?.replace('\\', "/");
    let (first, rest) = id.split_once('/').unwrap_or(("", &id));
    if first.is_empty() || first == "moh" {
        Some((String::new(), id.clone()))
    } else {
        Some((first.to_owned(), rest.to_owned()))
    }
}

/// Every sound below the folder, those that cannot be played included.
fn sound_files(folder: &Path) -> Result<Vec<PathBuf>, Fault> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for path in files::list(&folder)? {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
            let lower = ending.to_ascii_lowercase();
            if lower == "wav" || FOREIGN.contains(&lower.as_str()) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Codec;

    /// A WAV file; `tag` 6 is A-law, 1 is PCM.
    fn wav(tag: u16, rate: u32, channels: u16, data: &[u8]) -> Vec<u8> {
        let bits: u16 = if tag == 1 { 16 } else { 8 };
        let align = bits / 8 * channels;
        let length = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
        let mut file = b"RIFF".to_vec();
        file.extend(length(36 + data.len()));
        file.extend(b"WAVEfmt \x10\0\0\0");
        file.extend(tag.to_le_bytes());
        file.extend(channels.to_le_bytes());
        file.extend(rate.to_le_bytes());
        file.extend((rate * u32::from(align)).to_le_bytes());
        file.extend(align.to_le_bytes());
        file.extend(bits.to_le_bytes());
        file.extend(b"data");
        file.extend(length(data.len()));
        file.extend(data);
        file
    }

    fn folder(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let file = folder.path().join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, bytes).unwrap();
        }
        folder
    }

    #[test]
    fn paths_of_sounds_are_languages_and_ids() {
        for (path, key) in [
            ("zh-CN/ahead/3.wav", ("zh-CN", "ahead/3")),
            ("en/welcome.wav", ("en", "welcome")),
            ("moh/default.wav", ("", "moh/default")),
            ("beep.wav", ("", "beep")),
        ] {
            let (language, id) = prompt_key(Path::new(path)).unwrap();
            assert_eq!((language.as_str(), id.as_str()), key);
        }
    }

    #[test]
    fn built_in_prompts_are_all_good() {
        let prompts = load_prompts(None).unwrap();
        assert!(prompts.find("zh-CN", "welcome").is_some());
        assert!(prompts.find("", "moh/default").is_some());
    }

    #[test]
    fn a_folder_replaces_one_prompt_adds_another_and_leaves_the_rest() {
        let folder = folder(&[
            ("zh-CN/welcome.wav", wav(6, 8_000, 1, &[0xD5; 888])),
            ("zh-CN/agent/1002.wav", wav(1, 8_000, 1, &[0; 1_600])),
            ("zh-CN/README.txt", b"no sound".to_vec()),
        ]);
        let (own, built_in) =
            (load_prompts(Some(folder.path())).unwrap(), load_prompts(None).unwrap());
        let length = |prompts: &Prompts, id| {
            prompts.find("zh-CN", id).map(|id| prompts.samples(id, Codec::Pcma).len())
        };
        assert_eq!(length(&own, "welcome"), Some(888));
        assert_eq!(
            (length(&own, "agent/1002"), length(&built_in, "agent/1002")),
            (Some(800), None)
        );
        assert_eq!(length(&own, "goodbye"), length(&built_in, "goodbye"));
        assert_eq!(own.ids("en"), built_in.ids("en"));
    }

    #[test]
    fn a_wrong_file_is_named_with_what_is_allowed() {
        let folder = folder(&[
            ("zh-CN/a.wav", wav(1, 16_000, 1, &[0; 320])),
            ("zh-CN/b.wav", wav(1, 8_000, 2, &[0; 320])),
            ("zh-CN/c.wav", wav(6, 8_000, 1, &[])),
            ("zh-CN/d.wav", b"no sound".to_vec()),
            ("zh-CN/e.mp3", b"ID3".to_vec()),
            ("zh-CN/good.WAV", wav(6, 8_000, 1, &[0xD5; 80])),
        ]);
        let Faults(faults) = load_prompts(Some(folder.path())).unwrap_err();
        for (name, what) in [
            ("a", "16000 Hz"),
            ("b", "2 channels"),
            ("c", "has no samples"),
            ("d", "is no RIFF/WAVE file"),
            ("e", "`.mp3` is not played"),
        ] {
            let stem = |fault: &&Fault| fault.file.file_stem().is_some_and(|stem| stem == name);
            let fault = faults.iter().find(stem).unwrap_or_else(|| panic!("{name}: {faults:?}"));
            assert!(fault.file.starts_with(folder.path()), "{fault}");
            assert!(fault.what.contains(what), "{fault}");
            assert!(fault.what.ends_with(ALLOWED), "{fault}");
        }
        assert_eq!(faults.len(), 5, "{faults:?}");
    }
}
