//! `hotline.toml`: what the operator wrote, read strictly, all faults at once.

mod agents;
mod at_start;
mod media;
mod node;
mod numbers;
mod read;
mod section;
mod sip;
mod trunks;

pub use at_start::{at_start, needs_restart};
pub use media::MediaSettings;
pub use node::{ApiSettings, LogFormat, NodeSettings, RecordSettings, Token};
pub use read::{Config, KEYS_FILE, read, read_on};
