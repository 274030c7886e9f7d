use sqlx::SqlitePool;
use tokio::sync::watch;

/// The database for those who ask. Cheap to clone. The loader opens it and opens it anew when it
/// failed; until then every question is answered by [`QueryError::Away`].
#[derive(Clone, Debug)]
pub struct Database {
    pool: watch::Receiver<Option<SqlitePool>>,
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The database is not there now; the loader tries to get it back.
    #[error("the database of records is not available now")]
    Away,
    /// It failed at this question.
    #[error("the database of records failed: {0}")]
    Failed(#[from] sqlx::Error),
    /// A row holds what this version does not understand.
    #[error("the database of records holds {what} that is not understood: {value:?}")]
    Strange {
        /// Which column.
        what: &'static str,
        /// What it holds.
        value: String,
    },
}

impl Database {
    pub(super) const fn new(pool: watch::Receiver<Option<SqlitePool>>) -> Self {
        Self { pool }
    }

    /// Whether questions can be asked now.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.pool.borrow().is_some()
    }

    pub(super) fn pool(&self) -> Result<SqlitePool, QueryError> {
        self.pool.borrow().clone().ok_or(QueryError::Away)
    }
}
