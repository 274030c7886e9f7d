use serde::{Deserialize, Serialize};

use crate::base::RecordingId;

/// About one second of a stereo recording.
///
/// Blocks of a recording come in order and touch each other; a `first_sample` beyond the end of the
/// block before means that blocks were lost on the way to the disk (a marked gap).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Block {
    /// The recording.
    pub recording: RecordingId,
    /// Where the block begins: samples a track since the recording's start, 8,000 a second.
    pub first_sample: u64,
    /// G.711 A-law, interleaved: left (caller), right (agent), left …
    pub samples: Vec<u8>,
    /// Whether the recording ends with this block (which may then be empty).
    pub last: bool,
}

impl Block {
    /// The sample, counted in one track, after the last one of this block.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.first_sample + self.samples.len() as u64 / 2
    }
}
