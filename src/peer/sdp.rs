use std::net::{IpAddr, SocketAddr};

use crate::peer::audio::Codec;
use crate::peer::pump::Aim;

/// Payload type on which we offer telephone events.
const EVENT_TYPE: u8 = 101;

/// Which way audio may flow, seen from who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// Says, does not listen: hold with music.
    SendOnly,
    /// Listens only.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    fn new(send: bool, receive: bool) -> Self {
        match (send, receive) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }

    pub(crate) fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    pub(crate) fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }
}

/// What our side of a call can do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LocalMedia {
    /// Where RTP is to come to.
    pub(crate) address: SocketAddr,
    /// In order of preference.
    pub(crate) codecs: Vec<Codec>,
    /// Whether telephone events are offered or taken.
    pub(crate) events: bool,
}

/// A session description of the other side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) remote: SocketAddr,
    pub(crate) codecs: Vec<Codec>,
    pub(crate) event: Option<u8>,
    pub(crate) direction: Direction,
    pub(crate) streams: usize,
}

impl Description {
    /// Reads a description; the error says what is wrong with it.
    pub(crate) fn read(body: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(body).map_err(|_| "SDP is not UTF-8")?;
        let mut lines = text.lines();
        if lines.next().map(str::trim_end) != Some("v=0") {
            return Err("SDP does not begin with v=0".to_owned());
        }
        let (mut session_ip, mut ip, mut port) = (None, None, None);
        let (mut types, mut codecs) = (Vec::new(), Vec::new());
        let (mut session_direction, mut direction) = (Direction::SendRecv, None);
        let (mut event, mut streams, mut in_audio) = (None, 0, false);
        let (mut origin, mut timing) = (false, false);
        for line in lines {
            let line = line.trim_end();
            let Some((kind, value)) = line.split_once('=') else {
                return Err(format!("SDP line without =: {line:?}"));
            };
            match kind {
                "o" => origin = value.split(' ').count() == 6,
                "t" => timing = true,
                "c" => {
                    let read: IpAddr = value
                        .rsplit(' ')
                        .next()
                        .and_then(|ip| ip.parse().ok())
                        .ok_or_else(|| format!("c={value} has no numeric address"))?;
                    if streams == 0 {
                        session_ip = Some(read);
                    } else if in_audio {
                        ip = Some(read);
                    }
                }
                "m" => {
                    streams += 1;
                    let words: Vec<&str> = value.split(' ').collect();
                    in_audio = port.is_none() && words.first() == Some(&"audio");
                    if in_audio {
                        if words.get(2) != Some(&"RTP/AVP") {
                            return Err(format!("m={value} is not RTP/AVP"));
                        }
                        port = words.get(1).and_then(|port| port.parse::<u16>().ok());
                        types = words[3..].iter().filter_map(|t| t.parse::<u8>().ok()).collect();
                        codecs = types.iter().filter_map(|&t| Codec::of_type(t)).collect();
                    }
                }
                "a" => {
                    let found = [
                        Direction::SendRecv,
                        Direction::SendOnly,
                        Direction::RecvOnly,
                        Direction::Inactive,
                    ]
                    .into_iter()
                    .find(|direction| direction.name() == value);
                    if let Some(found) = found {
                        if streams == 0 {
                            session_direction = found;
                        } else if in_audio {
                            direction = Some(found);
                        }
                    }
                    if in_audio
                        && let Some(map) = value.strip_prefix("rtpmap:")
                        && let Some((number, name)) = map.split_once(' ')
                        && name.to_ascii_lowercase().starts_with("telephone-event/8000")
                        && let Ok(number) = number.parse()
                    {
                        event = types.contains(&number).then_some(number);
                    }
                }
                _ => {}
            }
        }
        if !origin || !timing {
            return Err("SDP without a whole o= and t=".to_owned());
        }
        let port = port.ok_or("SDP without an audio stream")?;
        let ip = ip.or(session_ip).ok_or("SDP without an address")?;
        if port != 0 && codecs.is_empty() {
            return Err("SDP without PCMA or PCMU".to_owned());
        }
        let mut direction = direction.unwrap_or(session_direction);
        if ip.is_unspecified() {
            // The old way to hold (RFC 2543): they do not listen.
            direction = Direction::new(direction.sends(), false);
        }
        Ok(Self { remote: SocketAddr::new(ip, port), codecs, event, direction, streams })
    }
}

/// One party's part in offer and answer, with a version that grows.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    id: u64,
    version: u64,
    /// What we want, when the other side allows it.
    pub(crate) wish: Direction,
}

impl Session {
    pub(crate) fn new(id: u64) -> Self {
        Self { id: id >> 2, version: 0, wish: Direction::SendRecv }
    }

    /// An offer.
    pub(crate) fn offer(&mut self, local: &LocalMedia) -> String {
        let event = local.events.then_some(EVENT_TYPE);
        self.write(local, &local.codecs, event, self.wish)
    }

    /// The answer to an offer, and what is agreed by it.
    pub(crate) fn answer(
        &mut self,
        local: &LocalMedia,
        offer: &Description,
    ) -> Result<(String, Aim), String> {
        let codec = *offer
            .codecs
            .iter()
            .find(|codec| local.codecs.contains(codec))
            .ok_or("no codec in common")?;
        let event = offer.event.filter(|_| local.events);
        let direction = Direction::new(
            self.wish.sends() && offer.direction.receives(),
            self.wish.receives() && offer.direction.sends(),
        );
        let text = self.write(local, &[codec], event, direction);
        let aim = Aim {
            remote: offer.remote,
            codec,
            event,
            event_in: event,
            send: direction.sends() && offer.remote.port() != 0,
        };
        Ok((text, aim))
    }

    /// What the answer to our offer agrees to.
    pub(crate) fn agree(&self, local: &LocalMedia, answer: &Description) -> Result<Aim, String> {
        if answer.streams != 1 {
            return Err(format!("{} streams in the answer to one", answer.streams));
        }
        let codec = *answer.codecs.first().ok_or("the stream was refused")?;
        if let Some(strange) = answer.codecs.iter().find(|codec| !local.codecs.contains(codec)) {
            return Err(format!("{strange:?} in the answer was not offered"));
        }
        if answer.event.is_some() && !local.events {
            return Err("telephone events in the answer were not offered".to_owned());
        }
        if answer.direction.sends() && !self.wish.receives()
            || answer.direction.receives() && !self.wish.sends()
        {
            return Err(format!("{} answered to {}", answer.direction.name(), self.wish.name()));
        }
        Ok(Aim {
            remote: answer.remote,
            codec,
            event: answer.event,
            event_in: answer.event.map(|_| EVENT_TYPE),
            send: self.wish.sends() && answer.direction.receives() && answer.remote.port() != 0,
        })
    }

    fn write(
        &mut self,
        local: &LocalMedia,
        codecs: &[Codec],
        event: Option<u8>,
        direction: Direction,
    ) -> String {
        self.version += 1;
        let ip = local.address.ip();
        let family = if ip.is_ipv4() { "IP4" } else { "IP6" };
        let mut types = String::new();
        let mut maps = String::new();
        for codec in codecs {
            let number = codec.payload_type();
            types.push_str(&format!(" {number}"));
            maps.push_str(&format!("a=rtpmap:{number} {}/8000\r\n", codec.name()));
        }
        if let Some(number) = event {
            types.push_str(&format!(" {number}"));
            maps.push_str(&format!(
                "a=rtpmap:{number} telephone-event/8000\r\na=fmtp:{number} 0-15\r\n"
            ));
        }
        format!(
            "v=0\r\no=peer {} {} IN {family} {ip}\r\ns=-\r\nc=IN {family} {ip}\r\nt=0 0\r\n\
             m=audio {} RTP/AVP{types}\r\n{maps}a=ptime:20\r\na={}\r\n",
            self.id,
            self.version,
            local.address.port(),
            direction.name(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn local(port: u16, codecs: &[Codec]) -> LocalMedia {
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        LocalMedia { address, codecs: codecs.to_vec(), events: true }
    }

    #[test]
    fn offer_and_answer_meet_on_one_codec() {
        let (mut a, mut b) = (Session::new(1 << 8), Session::new(2 << 8));
        let here = local(4000, &[Codec::Pcma, Codec::Pcmu]);
        let there = local(5000, &[Codec::Pcmu]);
        let offer = Description::read(a.offer(&here).as_bytes()).unwrap();
        let (answer, aim_b) = b.answer(&there, &offer).unwrap();
        let aim_a = a.agree(&here, &Description::read(answer.as_bytes()).unwrap()).unwrap();
        assert_eq!((aim_a.codec, aim_b.codec), (Codec::Pcmu, Codec::Pcmu));
        assert_eq!((aim_a.remote.port(), aim_b.remote.port()), (5000, 4000));
        assert!(aim_a.send && aim_b.send && aim_a.event == Some(101));
    }

    #[test]
    fn hold_is_mirrored_and_a_wrong_answer_is_seen() {
        let (mut a, mut b) = (Session::new(1 << 8), Session::new(2 << 8));
        let (here, there) = (local(4000, &[Codec::Pcma]), local(5000, &[Codec::Pcma]));
        a.wish = Direction::SendOnly;
        let offer = Description::read(a.offer(&here).as_bytes()).unwrap();
        let (answer, aim) = b.answer(&there, &offer).unwrap();
        assert!(!aim.send && answer.contains("a=recvonly"), "{answer}");
        let wrong = answer.replace("recvonly", "sendrecv");
        assert!(a.agree(&here, &Description::read(wrong.as_bytes()).unwrap()).is_err());
        let old = answer.replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0");
        assert_eq!(Description::read(old.as_bytes()).unwrap().direction, Direction::Inactive);
    }
}
