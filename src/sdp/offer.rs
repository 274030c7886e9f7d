use bytes::Bytes;

use crate::sdp::{Agreed, Local, Refusal};

/// Our offer: one audio line.
#[must_use]
pub fn offer(_local: &Local) -> Bytes {
    Bytes::new()
}

/// What the answer to `offer(local)` adds up to.
///
/// # Errors
/// [`Refusal`]: the peer took nothing that we offered; end the dialog.
pub fn agree(_local: &Local, _answer: &[u8]) -> Result<Agreed, Refusal> {
    Err(Refusal::NoAudio)
}
