use bytes::Bytes;

use crate::sdp::audio::pick;
use crate::sdp::description::{audio, parse, write};
use crate::sdp::{Agreed, Local, Refusal};

/// Our offer: one audio line with all codecs of `local` (which needs at least one).
#[must_use]
pub fn offer(local: &Local) -> Bytes {
    let speech: Vec<_> = local.codecs.iter().map(|codec| (codec.payload_type(), *codec)).collect();
    let media = audio(local, &speech, local.telephone_event, local.direction, local.ptime_ms);
    write(local, vec![media])
}

/// What the answer to `offer(local)` adds up to. When the peer answers with several codecs, its first
/// holds.
///
/// # Errors
/// [`Refusal`]: the peer took nothing that we offered; end the dialog.
pub fn agree(local: &Local, answer: &[u8]) -> Result<Agreed, Refusal> {
    let session = parse(answer)?;
    let (_, theirs) = pick(&session, local)?;
    let chosen = theirs.speech.iter().find(|(_, codec)| local.codecs.contains(codec));
    let (payload_type, codec) = *chosen.ok_or(Refusal::NoCodec)?;
    let telephone_event = theirs.event.zip(local.telephone_event);
    let agreed = theirs.agreed(local, (payload_type, codec), codec.payload_type(), telephone_event);
    // A peer that answers `sendonly` to our `recvonly` does as it was told: that is no hold.
    Ok(Agreed { held_by_peer: agreed.held_by_peer && local.direction.sends(), ..agreed })
}
