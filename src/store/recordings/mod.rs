//! Recordings: blocks of all calls interleaved in shared append-only segments, so that one
//! `fdatasync` a second serves all, and nothing needs closing after a crash.

mod alaw;
mod archive;
mod block;
mod folder;
mod index;
mod opening;
mod run;
mod segment;
mod wav;
mod writer;

#[cfg(test)]
mod tests;

pub(crate) use alaw::decode as alaw_to_linear;
pub use archive::{Archive, Gap, Recorded};
pub use block::Block;
pub use opening::Interrupted;
pub use run::run_recordings;
pub use wav::Wav;
pub use writer::{RecordingSettings, Recordings};
