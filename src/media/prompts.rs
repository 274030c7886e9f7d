use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::base::Codec;
use crate::media::g711;
use crate::media::wav::{self, WavFault};

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
    /// Loads prompts from WAV files of 8 kHz, mono: A-law, µ-law or 16-bit PCM.
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

    fn add(&mut self, lang: &str, id: &str, alaw: Vec<u8>) -> Result<(), PromptFaultKind> {
        let index = u32::try_from(self.sounds.len()).unwrap_or(u32::MAX);
        let ids = self.by_name.entry(lang.to_owned()).or_default();
        if ids.contains_key(id) {
            return Err(PromptFaultKind::Twice);
        }
        ids.insert(id.to_owned(), PromptId(index));
        let ulaw = alaw.iter().map(|a| g711::alaw_to_ulaw(*a)).collect();
        self.sounds.push(Sound { alaw: alaw.into_boxed_slice(), ulaw });
        Ok(())
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
        let sound = usize::try_from(prompt.0).ok().and_then(|index| self.sounds.get(index));
        match (sound, codec) {
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

    /// The digits of `text` one by one (`digit/0` … `digit/9`; other characters are left out), such
    /// as an agent's number. `None` when a digit has no prompt.
    #[must_use]
    pub fn digits(&self, lang: &str, text: &str) -> Option<Vec<PromptId>> {
        text.chars()
            .filter(char::is_ascii_digit)
            .map(|digit| self.find(lang, &format!("digit/{digit}")))
            .collect()
    }

    /// A whole number: `num/<n>` when it was recorded, else its digits.
    #[must_use]
    pub fn number(&self, lang: &str, number: u64) -> Option<Vec<PromptId>> {
        match self.find(lang, &format!("num/{number}")) {
            Some(prompt) => Some(vec![prompt]),
            None => self.digits(lang, &number.to_string()),
        }
    }

    /// "N callers are ahead of you" (`ahead/<n>`); `None` when N was not recorded.
    #[must_use]
    pub fn ahead(&self, lang: &str, callers: u64) -> Option<PromptId> {
        self.find(lang, &format!("ahead/{callers}"))
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
        let digit = |n: u8| prompts.find("zh-CN", &format!("digit/{n}")).unwrap();
        assert_eq!(prompts.digits("zh-CN", "2-1"), Some(vec![digit(2), digit(1)]));
        assert_eq!(prompts.digits("zh-CN", "3"), None);
        assert_eq!(prompts.number("zh-CN", 17).unwrap().len(), 1);
        assert_eq!(prompts.number("zh-CN", 12), Some(vec![digit(1), digit(2)]));
        assert!(prompts.ahead("zh-CN", 3).is_some());
        assert_eq!(prompts.ahead("zh-CN", 4), None);
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
