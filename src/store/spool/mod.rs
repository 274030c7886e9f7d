//! The append-only spool of records: written ahead, synced in groups, numbered without gaps for each
//! tenant, read by the loader and by who resumes the event stream.

mod frame;
mod open_call;
mod position;
mod reader;
mod recover;
mod reserve;
mod run;
mod syncing;
mod writer;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod full_tests;
#[cfg(test)]
mod sync_tests;
#[cfg(test)]
mod tests;

pub(crate) use open_call::call_of;
pub use open_call::{OpenCall, crash_cdr};
pub use position::Position;
pub use reader::{Chunk, ResumeError, SpoolReader, Stored};
pub use recover::Recovered;
pub use run::{Batch, SpoolNotice, run_spool};
pub use syncing::{SyncDone, SyncJob, Syncs, run_syncs};
pub use writer::{Overflow, Published, Spool, SpoolSettings, SpoolState};
