use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::sipp::desk_phone::DeskPhone;
use crate::sipp::stage::Stage;
use crate::torture::raw::Up;
use crate::torture::talker::rtp;

const FRAME: Duration = Duration::from_millis(20);
/// Every second packet is late by so much.
const LATE: Duration = Duration::from_millis(8);
/// How long an RTCP answer is held back beyond what it admits: the round trip that it feigns.
const TRIP: Duration = Duration::from_millis(60);

/// A party on a bad line: of its packets every nth is lost and every second late, and it tells by RTCP
/// that it loses a part of what it is sent.
struct BadLine {
    stop: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

/// An RTP socket on an even port and the RTCP socket on the next.
fn pair(ip: IpAddr) -> (UdpSocket, UdpSocket) {
    for port in (30_000..31_000).step_by(2) {
        if let Ok(rtp) = UdpSocket::bind((ip, port))
            && let Ok(rtcp) = UdpSocket::bind((ip, port + 1))
        {
            return (rtp, rtcp);
        }
    }
    panic!("no two ports are free at {ip}");
}

impl BadLine {
    /// Loses every `nth` packet; says that it loses `fraction`/256 of ours.
    fn new(rtp: &UdpSocket, rtcp: UdpSocket, to: SocketAddr, nth: u16, fraction: u8) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let socket = rtp.try_clone().expect("a socket");
        let (seen, also) = (stop.clone(), stop.clone());
        let says = std::thread::spawn(move || says(&socket, to, nth, &seen));
        let reports = std::thread::spawn(move || reports(&rtcp, to, fraction, &also));
        Self { stop, threads: vec![says, reports] }
    }
}

impl Drop for BadLine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            thread.join().expect("the line ends");
        }
    }
}

fn says(socket: &UdpSocket, to: SocketAddr, nth: u16, stop: &AtomicBool) {
    let start = Instant::now();
    for number in 0_u16.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let late = if number % 2 == 1 { LATE } else { Duration::ZERO };
        let at = start + FRAME * u32::from(number) + late;
        std::thread::sleep(at.saturating_duration_since(Instant::now()));
        if number % nth != nth - 1 {
            let _refused = socket.send_to(&rtp(number, 0x0bad, 600), to);
        }
    }
}

/// Answers every sender report of the engine by a receiver report (RFC 3550 §6.4.2).
fn reports(rtcp: &UdpSocket, engine: SocketAddr, fraction: u8, stop: &AtomicBool) {
    let to = SocketAddr::new(engine.ip(), engine.port() + 1);
    rtcp.set_read_timeout(Some(Duration::from_millis(50))).expect("a time-out");
    let mut buffer = [0; 2_048];
    while !stop.load(Ordering::Relaxed) {
        let Ok((length, _)) = rtcp.recv_from(&mut buffer) else { continue };
        if length < 28 || buffer[1] != 200 {
            continue;
        }
        std::thread::sleep(TRIP);
        let mut report = vec![0x81, 201, 0, 7, 0, 0, 0x0b, 0xad];
        report.extend(&buffer[4..8]);
        report.extend([fraction, 0, 0, 20]);
        report.extend([0, 0, 1, 0]);
        report.extend(80_u32.to_be_bytes());
        // The middle of the report's NTP time; no delay is admitted.
        report.extend(&buffer[10..14]);
        report.extend(0_u32.to_be_bytes());
        let _refused = rtcp.send_to(&report, to);
    }
}

fn check(leg: &Value, lost: f64, far_loss: f64) {
    let number = |key: &str| leg[key].as_f64().unwrap_or_else(|| panic!("no {key}: {leg}"));
    let share = number("lost") / (number("lost") + number("received"));
    assert!((share - lost).abs() < 0.03, "{share:.3} lost instead of {lost}: {leg}");
    assert!((number("far_loss") - far_loss).abs() < 0.01, "{leg}");
    let (jitter, trip) = (number("jitter_us"), number("round_trip_us"));
    assert!(jitter >= LATE.as_micros() as f64 / 2.0, "jitter of {jitter} µs: {leg}");
    assert!(trip >= TRIP.as_micros() as f64 * 0.9, "round trip of {trip} µs: {leg}");
    assert!(number("sent") > 100.0, "{leg}");
}

/// Loss both ways, jitter and round trip of each leg, from the packets to the record.
#[test]
fn a_bad_line_is_told_by_the_record_for_each_leg() {
    let stage = Stage::with(|config| config.replace("[media]", "[media]\nstats_every = \"1s\""));
    let place = stage.switch.place;
    let at = place.sip(51);
    let (rtp, rtcp) = pair(at.ip());
    let phone = DeskPhone::register(&stage.switch, at, at, "8101");
    stage.switch.ready("8101");
    let (caller_rtp, caller_rtcp) = pair(place.ip(11).into());
    let second = caller_rtp.try_clone().expect("a socket");
    let caller = Up::with_rtp(&stage.switch, place.at(11, 0), "12399", second);
    let engine = phone.take(&rtp);
    let lines = [
        BadLine::new(&caller_rtp, caller_rtcp, caller.far, 10, 51),
        BadLine::new(&rtp, rtcp, engine, 5, 26),
    ];
    std::thread::sleep(Duration::from_millis(4_500));
    caller.hang_up();
    let bye = phone.request("BYE");
    phone.answer(&bye, "200 OK", None);
    let cdr = &stage.switch.cdrs(1)[0];
    drop(lines);
    let legs = cdr["legs"].as_array().expect("legs");
    let of = |party: &str| {
        let found = legs.iter().find(|leg| leg["party"] == party);
        found.unwrap_or_else(|| panic!("no leg of {party}: {cdr}"))
    };
    check(of("caller"), 0.1, 51.0 / 256.0);
    check(of("agent:8101"), 0.2, 26.0 / 256.0);
}
