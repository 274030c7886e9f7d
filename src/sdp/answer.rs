use bytes::Bytes;

use crate::sdp::{Agreed, Local, Refusal};

/// Answers an offer (RFC 3264 §6): one audio line is taken, every other line is answered with port 0.
///
/// # Errors
/// [`Refusal`]: answer 488 with its text.
pub fn answer(_offer: &[u8], _local: &Local) -> Result<(Bytes, Agreed), Refusal> {
    Err(Refusal::NoAudio)
}
