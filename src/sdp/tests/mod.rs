mod answers;
mod offers;
mod properties;

use crate::base::Codec;
use crate::sdp::{Agreed, Direction, Local, Refusal, answer};

fn local() -> Local {
    Local {
        address: "203.0.113.9".parse().unwrap(),
        port: 20_000,
        session: 7,
        version: 1,
        codecs: vec![Codec::Pcma, Codec::Pcmu],
        telephone_event: Some(101),
        direction: Direction::SendRecv,
        ptime_ms: 20,
    }
}

/// What was agreed in one line: codec, types, telephone-event, direction, ptime, RTP, RTCP, hold.
fn shown(agreed: &Agreed) -> String {
    let event = agreed
        .telephone_event
        .map_or("-".to_owned(), |(send, receive)| format!("{send}/{receive}"));
    format!(
        "{} {}/{} event {event} {} {}ms {} rtcp {}{}",
        agreed.codec.name(),
        agreed.payload_type,
        agreed.receive_type,
        agreed.direction.name(),
        agreed.ptime_ms,
        agreed.remote,
        agreed.remote_rtcp.port(),
        if agreed.held_by_peer { " held" } else { "" },
    )
}

/// The `m=` lines of a description.
fn media_lines(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    text.lines().filter_map(|line| line.strip_prefix("m=")).map(str::to_owned).collect()
}

/// Wraps lines about one audio stream into a description.
fn description(lines: &[&str]) -> String {
    let head = ["v=0", "o=- 1 1 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0"];
    head.iter().chain(lines).flat_map(|line| [line, "\r\n"]).collect()
}

fn refused(offer: &str) -> Refusal {
    answer(offer.as_bytes(), &local()).map(|(_, agreed)| shown(&agreed)).unwrap_err()
}
