use std::io::Write;
use std::time::{Duration, Instant};

use crate::harness::Switch;
use crate::torture::raw::{LIMIT, Raw};
use crate::torture::rfc::{connect, final_status};

/// A guard; the promise is 10 ms (R3), which `make bench` prints.
const PING_MAX: Duration = Duration::from_secs(1);

fn options(raw: &Raw, number: u32) -> String {
    let names = raw.names("ping", "ping");
    raw.request(&names, "OPTIONS", number, "", "").replace("SIP/2.0/UDP", "SIP/2.0/TCP")
}

/// A peer that asks and never reads costs itself only.
#[test]
fn a_tcp_peer_that_never_reads_stops_nobody() {
    let switch = Switch::start("");
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let mut slow = connect(switch.place.at(11, 0), switch.sip());
    slow.set_nonblocking(true).expect("non-blocking");
    let (mut worst, mut written) = (Duration::ZERO, 0_usize);
    let until = Instant::now() + Duration::from_secs(3);
    let mut pending = Vec::new();
    let mut number = 0;
    while Instant::now() < until {
        for _ in 0..50 {
            if pending.is_empty() {
                number += 1;
                pending = options(&trunk, number).into_bytes();
            }
            match slow.write(&pending) {
                Ok(length) => {
                    written += length;
                    pending.drain(..length);
                }
                Err(_) => break,
            }
        }
        worst = worst.max(trunk.is_served());
    }
    println!("{written} bytes into a peer that never reads; the slowest UDP ping took {worst:?}");
    assert!(written > 100_000 && worst < PING_MAX, "{written} bytes, {worst:?}");
    let mut other = connect(switch.place.at(11, 0), switch.sip());
    other.write_all(options(&trunk, 1).as_bytes()).expect("sent");
    assert_eq!(final_status(&mut other, LIMIT), Some(200));
}

/// 60 connections that say nothing, or only half a message, keep no phone out.
#[test]
fn idle_tcp_connections_keep_nobody_out() {
    let switch = Switch::start("");
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let mut idle: Vec<_> = (0..60).map(|_| connect(switch.place.at(66, 0), switch.sip())).collect();
    for stream in idle.iter_mut().step_by(2) {
        stream.write_all(b"INVITE sip:12345@x SIP/2.0\r\nVia: ").expect("sent");
    }
    for last in [66, 67] {
        let raw = Raw::new(switch.place.at(last, 0), switch.sip());
        let mut stream = connect(switch.place.at(last, 0), switch.sip());
        stream.write_all(options(&raw, 1).as_bytes()).expect("sent");
        assert_eq!(final_status(&mut stream, LIMIT), Some(401), "a stranger, but served");
    }
    trunk.is_served();
}
