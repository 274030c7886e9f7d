use sdp_types::{Media, Session};

use crate::base::Codec;
use crate::sdp::connection::{Target, attribute};
use crate::sdp::refusal::shown;
use crate::sdp::{Agreed, Direction, Local, Refusal};

/// Shortest and longest packet that we send, in ms of speech.
const PTIME_MS: (u8, u8) = (10, 60);

/// What a peer's audio line says, as far as we understand it.
#[derive(Clone, Debug)]
pub(crate) struct Audio {
    pub(crate) target: Target,
    /// What the peer wants, from its side; with `c=0.0.0.0` it does not receive.
    pub(crate) direction: Direction,
    /// In the peer's order; what we don't know is left out.
    pub(crate) speech: Vec<(u8, Codec)>,
    /// telephone-event at 8 kHz.
    pub(crate) event: Option<u8>,
    ptime_ms: Option<u8>,
    ptime_ms_max: Option<u8>,
}

impl Audio {
    /// Reads a media line; anything but audio that we can speak is a refusal.
    pub(crate) fn parse(session: &Session, media: &Media, local: &Local) -> Result<Self, Refusal> {
        let kind = |name: &str| media.media.eq_ignore_ascii_case(name);
        if kind("image") && media.port != 0 {
            return Err(Refusal::Fax);
        }
        if !kind("audio") {
            return Err(Refusal::NoAudio);
        }
        if media.port == 0 {
            return Err(Refusal::AudioOff);
        }
        if !["RTP/AVP", "RTP/AVPF"].iter().any(|proto| media.proto.eq_ignore_ascii_case(proto)) {
            return Err(Refusal::Transport(shown(&media.proto)));
        }
        let target = Target::parse(session, media)?;
        let ip = target.rtp.ip();
        if !ip.is_unspecified() && ip.is_ipv4() != local.address.to_canonical().is_ipv4() {
            return Err(Refusal::AddressFamily(ip));
        }
        let wanted = direction(session, media);
        let (speech, event) = formats(media);
        Ok(Self {
            target,
            direction: wanted.and(Direction::new(true, !target.is_nowhere())),
            speech,
            event,
            ptime_ms: attribute(media, "ptime").and_then(milliseconds),
            ptime_ms_max: attribute(media, "maxptime").and_then(milliseconds),
        })
    }

    /// What both sides add up to, with the codec that was chosen and the types that we receive.
    pub(crate) fn agreed(
        &self,
        local: &Local,
        (payload_type, codec): (u8, Codec),
        receive_type: u8,
        telephone_event: Option<(u8, u8)>,
    ) -> Agreed {
        let (least, most) = PTIME_MS;
        let ptime_ms = self.ptime_ms.unwrap_or(local.ptime_ms);
        Agreed {
            remote: self.target.rtp,
            remote_rtcp: self.target.rtcp,
            codec,
            payload_type,
            receive_type,
            telephone_event,
            direction: local.direction.and(self.direction.reversed()),
            ptime_ms: ptime_ms.min(self.ptime_ms_max.unwrap_or(most)).clamp(least, most),
            held_by_peer: !self.direction.receives(),
        }
    }
}

/// The one usable audio line among all, with its index; else the refusal that tells most.
pub(crate) fn pick(session: &Session, local: &Local) -> Result<(usize, Audio), Refusal> {
    let mut worst = Refusal::NoAudio;
    for (at, media) in session.medias.iter().enumerate() {
        let refusal = match Audio::parse(session, media, local) {
            Ok(audio) if audio.speech.iter().any(|(_, codec)| local.codecs.contains(codec)) => {
                return Ok((at, audio));
            }
            Ok(_) => Refusal::NoCodec,
            Err(refusal) => refusal,
        };
        if refusal.weight() > worst.weight() {
            worst = refusal;
        }
    }
    Err(worst)
}

/// The media line's direction, else the session's, else both ways.
fn direction(session: &Session, media: &Media) -> Direction {
    media
        .attributes
        .iter()
        .chain(&session.attributes)
        .find_map(|attribute| Direction::from_name(&attribute.attribute))
        .unwrap_or_default()
}

/// What a payload type means to us.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Speech(Codec),
    Event,
    Unknown,
}

/// The codecs and the telephone-event among the formats of a media line. One pass over the
/// attributes and one over the formats, whatever their number.
fn formats(media: &Media) -> (Vec<(u8, Codec)>, Option<u8>) {
    let mut known: [Option<Format>; 128] = [None; 128];
    for attribute in &media.attributes {
        if let Some(value) = &attribute.value
            && attribute.attribute.eq_ignore_ascii_case("rtpmap")
            && let Some((payload_type, format)) = rtpmap(value)
            && let Some(slot) = known.get_mut(usize::from(payload_type))
        {
            slot.get_or_insert(format);
        }
    }
    for codec in [Codec::Pcma, Codec::Pcmu] {
        known[usize::from(codec.payload_type())].get_or_insert(Format::Speech(codec));
    }
    let (mut speech, mut event) = (Vec::new(), None);
    for word in media.fmt.split_ascii_whitespace() {
        let Ok(payload_type) = word.parse::<u8>() else { continue };
        // Taken out of the table, so that a repeated type counts once.
        match known.get_mut(usize::from(payload_type)).and_then(Option::take) {
            Some(Format::Speech(codec)) => speech.push((payload_type, codec)),
            Some(Format::Event) if event.is_none() => event = Some(payload_type),
            _ => {}
        }
    }
    (speech, event)
}

/// `8 PCMA/8000` or `8 PCMA/8000/1`.
fn rtpmap(value: &str) -> Option<(u8, Format)> {
    let mut words = value.split_ascii_whitespace();
    let payload_type = words.next()?.parse().ok()?;
    let mut encoding = words.next()?.split('/');
    let name = encoding.next()?;
    let rate = encoding.next().unwrap_or("8000");
    let channels = encoding.next().unwrap_or("1");
    let format = match name {
        _ if rate != "8000" || channels != "1" => Format::Unknown,
        name if name.eq_ignore_ascii_case("PCMA") => Format::Speech(Codec::Pcma),
        name if name.eq_ignore_ascii_case("PCMU") => Format::Speech(Codec::Pcmu),
        name if name.eq_ignore_ascii_case("telephone-event") => Format::Event,
        _ => Format::Unknown,
    };
    Some((payload_type, format))
}

/// Milliseconds of a `ptime`, brought to what we can send: whole tens from 10 to 60. Nonsense and 0
/// are as if nothing was said.
fn milliseconds(value: &str) -> Option<u8> {
    let digits: String = value.chars().take_while(char::is_ascii_digit).take(9).collect();
    let ms = digits.parse::<u32>().ok().filter(|ms| *ms > 0)?;
    let (least, most) = PTIME_MS;
    let tens = u8::try_from(ms / 10 * 10).unwrap_or(most);
    Some(tens.clamp(least, most))
}
