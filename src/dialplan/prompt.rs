use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One piece of speech: an id such as `welcome` or `ahead/3`, in one language such as `zh-CN`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Prompt {
    /// The language's folder under `sounds/`.
    pub language: Arc<str>,
    /// The file in it, without its ending.
    pub id: Arc<str>,
}

impl Prompt {
    /// The prompt `id` in `language`.
    #[must_use]
    pub fn new(language: &str, id: &str) -> Self {
        Self { language: Arc::from(language), id: Arc::from(id) }
    }
}

impl fmt::Display for Prompt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.language, self.id)
    }
}
