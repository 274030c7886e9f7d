use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use sdp_types::{Connection, Media, Session};

use crate::sdp::Refusal;
use crate::sdp::refusal::shown;

/// Where the peer wants RTP and RTCP of one media line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    pub(crate) rtp: SocketAddr,
    pub(crate) rtcp: SocketAddr,
}

impl Target {
    pub(crate) fn parse(session: &Session, media: &Media) -> Result<Self, Refusal> {
        let connection = media.connections.first().or(session.connection.as_ref());
        let connection = connection.ok_or_else(|| Refusal::NoAddress("no c= line".to_owned()))?;
        let ip = ip(connection)?;
        let rtp = SocketAddr::new(ip, media.port);
        let next = SocketAddr::new(ip, media.port.checked_add(1).unwrap_or(media.port));
        let rtcp = attribute(media, "rtcp").and_then(|value| rtcp(value, ip)).unwrap_or(next);
        Ok(Self { rtp, rtcp })
    }

    /// `c=0.0.0.0` and its like: send nothing (RFC 3264 §8.4).
    pub(crate) fn is_nowhere(&self) -> bool {
        self.rtp.ip().is_unspecified()
    }
}

/// The value of the first attribute of this name.
pub(crate) fn attribute<'a>(media: &'a Media, name: &str) -> Option<&'a str> {
    let found = media.attributes.iter().find(|a| a.attribute.eq_ignore_ascii_case(name))?;
    found.value.as_deref().map(str::trim)
}

/// The address, without the `/ttl/count` of multicast. Names are not looked up; one in `.invalid`
/// stands for "nowhere" (RFC 3264 §8.4 for IPv6).
fn ip(connection: &Connection) -> Result<IpAddr, Refusal> {
    let text = connection.connection_address.as_str();
    let host = text.split('/').next().unwrap_or(text);
    match host.parse::<IpAddr>() {
        Ok(ip) => Ok(ip.to_canonical()),
        Err(_) if host.to_ascii_lowercase().ends_with(".invalid") => {
            Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
        }
        Err(_) => Err(Refusal::NoAddress(shown(text))),
    }
}

/// `a=rtcp:53020 IN IP4 192.0.2.1` (RFC 3605); the address is optional.
fn rtcp(value: &str, ip: IpAddr) -> Option<SocketAddr> {
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse::<u16>().ok().filter(|port| *port > 0)?;
    let own = words.nth(2).and_then(|address| address.parse::<IpAddr>().ok());
    Some(SocketAddr::new(own.map_or(ip, |own| own.to_canonical()), port))
}
