use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::base::Codec;
use crate::media::g711;
use crate::media::joint::{self, Ends, Series};
use crate::media::wav::{self, WavFault};

/// The prompt that is silence: between the groups of a telephone number.
const PAUSE: &str = "pause";
/// Its length: 150 ms.
const PAUSE_SAMPLES: usize = 1_200;

/// A prompt, ready to be played: an index into `Prompts`. Good for the life of these `Prompts` only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromptId(pub u32);

/// All prompts, music and announcements, loaded once and shared by all workers.
///
/// A prompt has a language (`zh-CN`, `en`) and an id (`welcome`, `num/17`); the language `""` means
/// any (`beep`, `moh/default`).
#[derive(Clone, Default, Debug)]
pub struct Prompts {
    sounds: Vec<Sound>,
    by_name: HashMap<String, HashMap<String, PromptId>>,
}

#[derive(Clone, Debug)]
struct Sound {
    alaw: Box<[u8]>,
    ulaw: Box<[u8]>,
    ends: Ends,
}

/// One prompt that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("prompt {lang}/{id}: {what}")]
pub struct PromptFault {
    /// Its language.
    pub lang: String,
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub what: PromptFaultKind,
}

/// What is wrong with a prompt.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PromptFaultKind {
    /// Its file.
    #[error(transparent)]
    Wav(#[from] WavFault),
    /// It comes twice.
    #[error("is there twice")]
    Twice,
}

impl Prompts {
    /// Loads prompts from WAV files of 8 kHz, mono: A-law, µ-law or 16-bit PCM. Their ends are faded,
    /// music's excepted. The prompt `pause` is there without a file.
    ///
    /// # Errors
    /// All prompts that cannot be used, each with the reason; never an empty list.
    pub fn build<L, I, B>(
        files: impl IntoIterator<Item = (L, I, B)>,
    ) -> Result<Self, Vec<PromptFault>>
    where
        L: AsRef<str>,
        I: AsRef<str>,
        B: AsRef<[u8]>,
    {
        let mut prompts = Self::default();
        let mut faults = Vec::new();
        prompts.keep("", PAUSE, vec![g711::silence(Codec::Pcma); PAUSE_SAMPLES], Series::Bare);
        for (lang, id, bytes) in files {
            let (lang, id) = (lang.as_ref(), id.as_ref());
            let added = wav::read(bytes.as_ref())
                .map_err(PromptFaultKind::from)
                .and_then(|alaw| prompts.add(lang, id, alaw));
            if let Err(what) = added {
                faults.push(PromptFault { lang: lang.to_owned(), id: id.to_owned(), what });
            }
        }
        if faults.is_empty() { Ok(prompts) } else { Err(faults) }
    }

    fn add(&mut self, lang: &str, id: &str, mut alaw: Vec<u8>) -> Result<(), PromptFaultKind> {
        if self.by_name.get(lang).is_some_and(|ids| ids.contains_key(id)) {
            return Err(PromptFaultKind::Twice);
        }
        let series = Series::of(id);
        joint::fade(series, &mut alaw);
        self.keep(lang, id, alaw, series);
        Ok(())
    }

    fn keep(&mut self, lang: &str, id: &str, alaw: Vec<u8>, series: Series) {
        let index = u32::try_from(self.sounds.len()).unwrap_or(u32::MAX);
        self.by_name.entry(lang.to_owned()).or_default().insert(id.to_owned(), PromptId(index));
        let ulaw = alaw.iter().map(|a| g711::alaw_to_ulaw(*a)).collect();
        let ends = Ends::measure(series, &alaw);
        self.sounds.push(Sound { alaw: alaw.into_boxed_slice(), ulaw, ends });
    }

    /// The prompt `id` in `lang`, else the one of any language.
    #[must_use]
    pub fn find(&self, lang: &str, id: &str) -> Option<PromptId> {
        let of = |lang: &str| self.by_name.get(lang).and_then(|ids| ids.get(id)).copied();
        of(lang).or_else(|| of(""))
    }

    /// The languages, without `""`, in alphabetical order.
    #[must_use]
    pub fn languages(&self) -> Vec<&str> {
        let mut all: Vec<_> =
            self.by_name.keys().map(String::as_str).filter(|lang| !lang.is_empty()).collect();
        all.sort_unstable();
        all
    }

    /// The ids of one language, in alphabetical order.
    #[must_use]
    pub fn ids(&self, lang: &str) -> Vec<&str> {
        let mut all: Vec<_> = self
            .by_name
            .get(lang)
            .map(|ids| ids.keys().map(String::as_str).collect())
            .unwrap_or_default();
        all.sort_unstable();
        all
    }

    /// The samples in the codec's own bytes; nothing for an id of other `Prompts`.
    #[must_use]
    pub fn samples(&self, prompt: PromptId, codec: Codec) -> &[u8] {
        match (self.sound(prompt), codec) {
            (Some(sound), Codec::Pcma) => &sound.alaw,
            (Some(sound), Codec::Pcmu) => &sound.ulaw,
            (None, _) => &[],
        }
    }

    /// How long a prompt lasts, ms.
    #[must_use]
    pub fn duration_ms(&self, prompt: PromptId) -> u64 {
        self.samples(prompt, Codec::Pcma).len() as u64 / 8
    }

    /// Silence that is put between two prompts that follow each other, samples.
    pub(crate) fn gap(&self, before: PromptId, after: PromptId) -> usize {
        match (self.sound(before), self.sound(after)) {
            (Some(before), Some(after)) => before.ends.gap_to(after.ends),
            _ => 0,
        }
    }

    fn sound(&self, prompt: PromptId) -> Option<&Sound> {
        usize::try_from(prompt.0).ok().and_then(|index| self.sounds.get(index))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::wav::write_alaw;

    #[test]
    fn prompts_are_found_by_language_and_fall_back_to_any() {
        let prompts = Prompts::build([
            ("en", "welcome", write_alaw(&[0xD5; 800])),
            ("zh-CN", "digit/1", write_alaw(&[1; 8])),
            ("zh-CN", "digit/2", write_alaw(&[2; 8])),
            ("zh-CN", "num/17", write_alaw(&[17; 8])),
            ("zh-CN", "ahead/3", write_alaw(&[3; 8])),
            ("", "beep", write_alaw(&[9; 16])),
        ])
        .unwrap();
        let welcome = prompts.find("en", "welcome").unwrap();
        assert_eq!(prompts.duration_ms(welcome), 100);
        assert_eq!(prompts.samples(welcome, Codec::Pcma), [0xD5; 800]);
        assert_eq!(prompts.samples(welcome, Codec::Pcmu).len(), 800);
        assert_eq!(prompts.find("zh-CN", "welcome"), None);
        assert_eq!(prompts.find("zh-CN", "beep"), prompts.find("", "beep"));
        assert_eq!(prompts.languages(), ["en", "zh-CN"]);
        assert_eq!(prompts.ids("zh-CN"), ["ahead/3", "digit/1", "digit/2", "num/17"]);
        let pause = prompts.find("en", "pause").unwrap();
        assert_eq!(prompts.samples(pause, Codec::Pcma), [0xD5; 1_200]);
        assert!(prompts.samples(PromptId(99), Codec::Pcma).is_empty());
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let good = write_alaw(&[0xD5; 8]);
        let faults = Prompts::build([
            ("en", "a", good.as_slice()),
            ("en", "a", good.as_slice()),
            ("en", "b", b"nothing"),
        ])
        .unwrap_err();
        let text: Vec<_> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(text, ["prompt en/a: is there twice", "prompt en/b: is no RIFF/WAVE file"]);
    }
}
