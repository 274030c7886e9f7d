//! The only room that touches the world: sockets, the clock, threads, files.

mod board;
mod buckets;
mod clock;
mod connections;
mod core_thread;
mod engine;
mod files;
mod guest;
mod hands;
mod http;
mod kept;
mod lanes;
pub mod media;
mod media_backlog;
mod media_metrics;
mod net;
mod phone_sources;
mod recording_desk;
mod refusal;
mod registration_log;
mod sockets;
mod sounds;
mod spool_outbox;
mod spooling;
mod sys;
mod tcp;
mod threads;
mod throttle;
mod trunk_sources;
mod turned_away;
mod udp;
mod visitors;

pub use clock::{Clock, KeptPair};
pub use engine::{Engine, StartError};
pub use files::{known, read_config, read_flows, read_flows_of, read_on};
pub use sounds::load_prompts;
