//! Voice: RTP in and out, keys, prompts, tones, bridges, recordings. Pure: packets, commands and
//! time come in; datagrams, events and blocks of recordings come out.

mod block;
mod census;
mod command;
mod event;
mod out;
mod ports;
mod prompts;
mod remote;
mod settings;
mod stats;

mod detector;
mod dialler;
mod g711;
mod heard;
mod hearing;
mod joint;
mod latch;
mod line_tone;
mod moving;
mod player;
mod presses;
mod recording;
mod recordings;
mod rtcp;
mod rtp;
mod samples;
mod sender;
mod source;
mod speaking;
mod stream;
mod streams;
mod timeline;
mod tone;
mod watch;
mod wav;
mod worker;

#[cfg(test)]
mod tests;

pub use block::Block;
pub use census::Census;
pub use command::{Command, PlayId, Tone};
pub use event::{Event, Failure};
pub use line_tone::LineTone;
pub use moving::{Company, Departure};
pub use out::{Out, Place, Send, Socket};
pub use ports::Ports;
pub use prompts::{PromptFault, PromptFaultKind, PromptId, Prompts};
pub use remote::Remote;
pub use settings::Settings;
pub use stats::Stats;
pub use wav::WavFault;
pub use worker::Worker;
