//! The database of records: filled by the loader from the spool, asked by `api` and `ledger`.

mod calls;
mod cursor;
mod database;
mod events;
mod load;
mod loader;
mod recordings;
mod rejected;
mod unrecorded;
mod value;

#[cfg(test)]
mod rejected_tests;
#[cfg(test)]
mod tests;

pub use calls::{CallFilter, CallRow};
pub use cursor::{Cursor, Page};
pub use database::{Database, QueryError};
pub use events::{AgentEventRow, EventRow};
pub use loader::{Loader, LoaderSettings};
pub use recordings::{RecordingFilter, RecordingRow, VoicemailFilter, VoicemailRow};
pub use unrecorded::Unrecorded;
