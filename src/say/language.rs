/// A language by its grammar of numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Language {
    /// Mandarin: `zh` and all `zh-…`.
    Mandarin,
    /// English: `en` and all `en-…`.
    English,
    /// One that the grammar does not know: digits, and 0–100 as whole numbers.
    Other,
}

impl Language {
    /// The grammar of a language's folder, such as `zh-CN`.
    #[must_use]
    pub fn of(tag: &str) -> Self {
        match tag.split('-').next() {
            Some("zh") => Self::Mandarin,
            Some("en") => Self::English,
            _ => Self::Other,
        }
    }
}
