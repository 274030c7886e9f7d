//! What outlives the process: the spool of records, the recordings, the database and small kept files.
//!
//! The three writers do not know each other, so that none can stop another. No thread is born here:
//! `node` owns the values and runs [`run_spool`], [`run_recordings`] and [`Loader::run`].

mod alarm;
mod db;
mod disk;
mod kept_file;
mod recordings;
#[cfg(test)]
pub(crate) mod sample;
mod spool;

pub use alarm::Alarm;
pub use db::{
    AgentEventRow, CallFilter, CallRow, Cursor, Database, EventRow, Loader, LoaderSettings, Page,
    QueryError, RecordingFilter, RecordingRow, Unrecorded, VoicemailFilter, VoicemailRow,
};
#[cfg(test)]
pub(crate) use disk::Disk;
pub use kept_file::KeptFile;
pub(crate) use recordings::alaw_to_linear;
pub use recordings::{
    Archive, Block, Gap, Interrupted, Recorded, RecordingSettings, Recordings, Wav, run_recordings,
};
pub use spool::{
    Batch, Chunk, OpenCall, Overflow, Position, Published, Recovered, ResumeError, Spool,
    SpoolNotice, SpoolReader, SpoolSettings, SpoolState, Stored, SyncDone, SyncJob, Syncs,
    crash_cdr, run_spool, run_syncs,
};
