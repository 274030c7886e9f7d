use bytes::Bytes;
use sdp_types::{Attribute, Connection, Media, MediaType, Origin, Session, TransportProto};

use crate::sdp::refusal::shown;
use crate::sdp::{Direction, Local, Refusal};

/// The most bytes of a session description that are read: what fits a datagram.
const BYTES_MAX: usize = 65_535;

/// The most media lines that are read and answered.
const MEDIA_MAX: usize = 16;

/// Reads a session description.
///
/// Only the lines that we use (`v= c= m= a=`) reach the parser, so that a session name in GBK, a
/// version beyond 64 bits or a strange `b=` costs no call.
pub(crate) fn parse(bytes: &[u8]) -> Result<Session, Refusal> {
    if bytes.len() > BYTES_MAX {
        return Err(Refusal::Malformed(format!("longer than {BYTES_MAX} bytes")));
    }
    let text = String::from_utf8_lossy(bytes);
    let mut kept = String::with_capacity(text.len());
    let (mut media, mut connected) = (0, false);
    for line in text.split(['\r', '\n']).map(str::trim_end).filter(|line| !line.contains('\0')) {
        match line.as_bytes() {
            [b'm', b'=', ..] => {
                media += 1;
                kept.extend(line.split_ascii_whitespace().flat_map(|word| [word, " "]));
                kept.truncate(kept.trim_end().len());
            }
            [b'c', b'=', ..] if media == 0 && connected => continue,
            [b'v' | b'c' | b'a', b'=', ..] => {
                connected |= line.starts_with('c');
                kept.push_str(line);
            }
            _ => continue,
        }
        kept.push_str("\r\n");
    }
    if media > MEDIA_MAX {
        return Err(Refusal::TooManyMedia { lines: media, limit: MEDIA_MAX });
    }
    Session::parse(kept.as_bytes()).map_err(|error| Refusal::Malformed(shown(&error.to_string())))
}

/// Writes a session description of ours with these media lines.
pub(crate) fn write(local: &Local, medias: Vec<Media>) -> Bytes {
    let origin = Origin::with_ip_addr(local.session, local.version, local.address);
    let mut session = Session::new(origin, "-");
    session.connection = Some(Connection::from_ip_addr(local.address));
    session.medias = medias;
    let mut bytes = Vec::with_capacity(320);
    session.write(&mut bytes).expect("a vector takes everything that is written to it");
    Bytes::from(bytes)
}

/// Our audio line: `speech` and `event` with their payload types.
pub(crate) fn audio(
    local: &Local,
    speech: &[(u8, crate::base::Codec)],
    event: Option<u8>,
    direction: Direction,
    ptime_ms: u8,
) -> Media {
    let types = speech.iter().map(|(payload_type, _)| *payload_type).chain(event);
    let formats: Vec<String> = types.map(|payload_type| payload_type.to_string()).collect();
    let mut media =
        Media::new(MediaType::Audio, local.port, TransportProto::RtpAvp, formats.join(" "));
    let mut say = |name: &str, value: Option<String>| {
        media.attributes.push(Attribute { attribute: name.to_owned(), value });
    };
    for (payload_type, codec) in speech {
        say("rtpmap", Some(format!("{payload_type} {}/8000", codec.name())));
    }
    if let Some(event) = event {
        say("rtpmap", Some(format!("{event} telephone-event/8000")));
        say("fmtp", Some(format!("{event} 0-15")));
    }
    say("ptime", Some(ptime_ms.to_string()));
    say(direction.name(), None);
    media
}
