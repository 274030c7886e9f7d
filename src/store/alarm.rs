/// Something is the matter with a disk or the database, or no longer is. `node` makes it an event, a
/// metric and a line in `/health`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// `data-folder`, `spool-disk`, `spool-reserve`, `spool-damaged`, `records-full`,
    /// `recordings-disk`, `recordings-quota`, `recordings-damaged`, `recordings-late`, `records-lost`,
    /// `records-rejected`, `media-events-lost`, `media-worker`, `internal-error` or `database`.
    pub id: &'static str,
    /// What is the matter and what to do.
    pub what: String,
    /// Whether it is over.
    pub cleared: bool,
}

impl Alarm {
    pub(crate) fn raised(id: &'static str, what: String) -> Self {
        Self { id, what, cleared: false }
    }

    pub(crate) fn cleared(id: &'static str, what: &str) -> Self {
        Self { id, what: what.to_owned(), cleared: true }
    }
}
