use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use socket2::{Domain, Socket, Type};

use crate::harness::{Place, Switch, usual};
use crate::torture::raw::{LIMIT, NEVER, Raw, status};

/// A message of RFC 4475 or RFC 5118, and what may answer it.
struct Row {
    name: String,
    bytes: Vec<u8>,
    answer: String,
}

fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/torture");
    let table = std::fs::read_to_string(folder.join("verdicts.tsv")).expect("the table");
    let rows = table.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [name, _section, _parser, answer] = cells[..] else { panic!("{line}") };
        let mut bytes = std::fs::read(folder.join(name).with_extension("sip")).expect(name);
        if name == "rfc4475/novelsc" {
            // It has the branch of another message, from another address here.
            let at = bytes.windows(8).position(|eight| eight == b"juw39234").expect("its branch");
            bytes[at] = b'4';
        }
        if ["rfc5118/mult-ip-in-sdp", "rfc5118/ipv4-mapped-ipv6"].contains(&name) {
            // They have the Call-ID, CSeq and tag of others: one request that comes by several ways.
            let at = bytes.windows(9).position(|nine| nine == b"Call-ID: ").expect("a Call-ID");
            bytes[at + 9] = b'0' + u8::try_from(name.len() % 10).expect("a digit");
        }
        Row { name: name.to_owned(), bytes, answer: answer.to_owned() }
    });
    rows.collect()
}

impl Row {
    /// Why this answer is not what the RFC asks for.
    fn fault(&self, got: Option<u16>) -> Option<String> {
        let is_right = match got {
            None => self.answer == "none",
            Some(status) => self.answer == status.to_string(),
        };
        (!is_right).then(|| format!("{}: {got:?} instead of {}", self.name, self.answer))
    }
}

/// An engine with a trunk whose addresses are .128 to .254: each message has a source of its own.
/// Whatever number it calls is there, so that a message that is good gets a good answer.
fn switch() -> Switch {
    let place = Place::new();
    let trunk = format!(
        "[[trunk]]\nid = \"torture\"\naddress = \"{}\"\nsources = [\"{}/25\"]\nkeepalive = false\n\
         [[number]]\ncalled = \"*\"\ntrunk = \"torture\"\nflow = \"fcg/echo\"\n",
        place.sip(254),
        place.ip(128)
    );
    Switch::start_with(&usual(place), &trunk)
}

fn source(switch: &Switch, index: usize) -> SocketAddr {
    switch.place.at(128 + u8::try_from(index).expect("below 126"), 0)
}

#[test]
fn tortuous_messages_over_udp_are_answered_as_the_rfcs_ask() {
    let switch = switch();
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let rows = rows();
    let mut faults = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let raw = Raw::new(source(&switch, index), switch.sip());
        raw.send(&row.bytes);
        let limit = if row.answer == "none" { NEVER } else { LIMIT / 10 };
        let until = Instant::now() + limit;
        let mut got = None;
        while got.is_none_or(|status| status < 200) && Instant::now() < until {
            let left = until.saturating_duration_since(Instant::now());
            got = raw.next(left).as_deref().and_then(status).or(got);
        }
        faults.extend(row.fault(got.filter(|status| *status >= 200)));
        trunk.is_served();
    }
    assert_eq!(faults, Vec::<String>::new(), "{} of {}", faults.len(), rows.len());
}

#[test]
fn tortuous_messages_over_tcp_are_answered_as_the_rfcs_ask() {
    let switch = switch();
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let mut faults = Vec::new();
    for (index, row) in rows().iter().enumerate() {
        // A stream has no end of a message but its Content-Length: these two never end, or go on.
        if ["rfc4475/clerr", "rfc4475/scalarlg"].contains(&row.name.as_str()) {
            continue;
        }
        let mut stream = connect(source(&switch, index), switch.sip());
        stream.write_all(&row.bytes).expect("it takes bytes");
        let limit = if row.answer == "none" { NEVER } else { LIMIT / 10 };
        let got = final_status(&mut stream, limit);
        faults.extend(row.fault(got));
        trunk.is_served();
    }
    assert_eq!(faults, Vec::<String>::new());
}

/// A connection from an address of ours.
pub(crate) fn connect(from: SocketAddr, to: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.bind(&from.into()).expect("a loopback address");
    socket.connect_timeout(&to.into(), LIMIT).expect("the engine takes connections");
    socket.into()
}

/// The first final status that comes over a connection.
pub(crate) fn final_status(stream: &mut TcpStream, limit: Duration) -> Option<u16> {
    let until = Instant::now() + limit;
    let mut text = Vec::new();
    let mut buffer = [0; 16_384];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return None;
        }
        stream.set_read_timeout(Some(left)).expect("a timeout");
        match stream.read(&mut buffer) {
            Ok(length) if length > 0 => text.extend_from_slice(&buffer[..length]),
            _ => return None,
        }
        let all = String::from_utf8_lossy(&text);
        let found = all
            .split("SIP/2.0 ")
            .skip(1)
            .find_map(|part| part.get(..3)?.parse().ok().filter(|status: &u16| *status >= 200));
        if found.is_some() {
            return found;
        }
    }
}
