//! What a party says and hears: sources, RTP statistics, tones, keys.

mod ear;
mod g711;
mod heard;
mod keys;
mod sequence;
mod source;
mod windows;

pub(crate) use ear::Ear;
pub use g711::Codec;
pub use heard::{Heard, Tags};
pub(crate) use keys::KeySender;
pub(crate) use source::PACKET_SAMPLES;
pub use source::Source;
pub(crate) use source::Voice;
pub use windows::Window;
