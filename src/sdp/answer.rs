use bytes::Bytes;
use sdp_types::Media;

use crate::sdp::audio::pick;
use crate::sdp::description::{audio, parse, write};
use crate::sdp::{Agreed, Local, Refusal};

/// Answers an offer (RFC 3264 §6): one audio line is taken with one codec, every other line is
/// answered with port 0, in the offer's order.
///
/// # Errors
/// [`Refusal`]: answer 488 with its text.
pub fn answer(offer: &[u8], local: &Local) -> Result<(Bytes, Agreed), Refusal> {
    let session = parse(offer)?;
    let (at, theirs) = pick(&session, local)?;
    let chosen = local
        .codecs
        .iter()
        .find_map(|wanted| theirs.speech.iter().find(|(_, codec)| codec == wanted))
        .ok_or(Refusal::NoCodec)?;
    // The offered numbers are ours too (RFC 3264 §6.1), whatever we would have offered.
    let event = local.telephone_event.and(theirs.event);
    let agreed = theirs.agreed(local, *chosen, chosen.0, event.zip(event));
    let mut medias: Vec<Media> = session.medias.iter().map(refused).collect();
    if let (Some(ours), Some(offered)) = (medias.get_mut(at), session.medias.get(at)) {
        *ours = audio(local, &[*chosen], event, agreed.direction, agreed.ptime_ms);
        ours.proto.clone_from(&offered.proto);
    }
    Ok((write(local, medias), agreed))
}

/// The line with port 0 and one of its formats, which nobody reads.
fn refused(offered: &Media) -> Media {
    Media {
        media: offered.media.clone(),
        port: 0,
        num_ports: None,
        proto: offered.proto.clone(),
        fmt: offered.fmt.split(' ').next().unwrap_or_default().to_owned(),
        media_title: None,
        connections: Vec::new(),
        bandwidths: Vec::new(),
        key: None,
        attributes: Vec::new(),
    }
}
