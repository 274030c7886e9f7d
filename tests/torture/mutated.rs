use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::harness::Switch;
use crate::torture::process::{descriptors, resident};
use crate::torture::raw::{LIMIT, Raw, Up, sdp};
use crate::torture::rfc::connect;

/// How many messages a test sends; `make test-slow` sets the variable to 50,000.
const COUNT: &str = "HOTLINE_MUTATED";
const SHORT: usize = 10_000;
/// The same over TCP, where a message that breaks the stream costs a connection.
const SHORT_TCP: usize = 600;
/// So many at once; then the engine must have kept up.
const BATCH: usize = 40;
/// R4.
const GROWTH_MAX: u64 = 64 << 20;
const DESCRIPTORS_MAX: usize = 30;

/// A small generator of numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).expect("small")).expect("small")
    }

    fn mutate(&mut self, message: &mut Vec<u8>) {
        const PIECES: [&[u8]; 20] = [
            b"\r\n",
            b"\0",
            b"\xff\xfe",
            b"%00",
            b"\"",
            b"<",
            b">",
            b";tag=",
            b";",
            b",",
            b":",
            b"SIP/2.0",
            b"Via: ",
            b"Content-Length: 99999\r\n",
            b"sip:",
            b"=",
            b"65536",
            b"-1",
            b"Route: <sip:192.0.2.1;lr>\r\n",
            b"\r\n\r\n",
        ];
        for _ in 0..=self.below(3) {
            let at = self.below(message.len());
            match self.below(6) {
                0 => message[at] ^= 1 << self.below(8),
                1 => message[at] = self.next().to_le_bytes()[0],
                2 => message.truncate(at.max(1)),
                3 => drop(message.drain(at..(at + self.below(40)).min(message.len()))),
                4 => {
                    let piece = PIECES[self.below(PIECES.len())];
                    message.splice(at..at, piece.iter().copied());
                }
                _ => {
                    let end = (at + self.below(200)).min(message.len());
                    let copy = message[at..end].to_vec();
                    message.splice(at..at, copy);
                }
            }
            if message.is_empty() {
                message.push(b'\r');
            }
        }
    }
}

/// R1, R4: messages inside real calls, each with a few faults.
#[test]
fn mutated_messages_inside_calls_neither_kill_nor_swell_it() {
    let count = count(SHORT);
    let switch = Switch::start("");
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let mut calls: Vec<Up> = (0..4).map(|_| call(&switch)).collect();
    let (memory, files) = (resident(switch.pid()), descriptors(switch.pid()));
    for number in 0..count {
        let which = numbers.below(calls.len());
        let up = &calls[which];
        let mut message = message(up, &mut numbers).into_bytes();
        numbers.mutate(&mut message);
        up.raw.send(&message);
        up.raw.drain();
        if number % BATCH == BATCH - 1 {
            trunk.is_served();
            if !up.is_up() {
                calls[which] = call(&switch);
            }
        }
    }
    for up in &calls {
        // One that a mutated message has ended is no fault.
        let _answer = up.raw.ask(&up.request("BYE", "", ""));
    }
    if count > SHORT {
        std::thread::sleep(Duration::from_secs(40));
    }
    trunk.is_served();
    check(&switch, "UDP", count, memory, files);
}

fn count(short: usize) -> usize {
    std::env::var(COUNT).ok().and_then(|n| n.parse().ok()).unwrap_or(short)
}

/// R1, R4: nothing has died, and little has grown.
fn check(switch: &Switch, over: &str, count: usize, memory: u64, files: usize) {
    let grown = resident(switch.pid()).saturating_sub(memory);
    println!("{count} mutated messages over {over}: {} KiB more", grown >> 10);
    assert!(grown <= GROWTH_MAX, "{grown} bytes more");
    assert!(descriptors(switch.pid()) <= files + DESCRIPTORS_MAX);
    assert!(!switch.log().contains("panicked"), "{}", switch.log());
}

/// The same over connections, which the engine may close when it loses its way in the stream.
#[test]
fn mutated_messages_over_tcp_neither_kill_nor_swell_it() {
    let count = count(SHORT_TCP);
    let switch = Switch::start("");
    let trunk = Raw::new(switch.place.sip(11), switch.sip());
    let mut numbers = Numbers(0x1234_5678_9abc_def1);
    let mut up = call(&switch);
    let mut stream = connect(switch.place.at(11, 0), switch.sip());
    let (memory, files) = (resident(switch.pid()), descriptors(switch.pid()));
    let (mut closed, mut answered) = (0, 0);
    for number in 0..count {
        let mut bytes =
            message(&up, &mut numbers).replace("SIP/2.0/UDP", "SIP/2.0/TCP").into_bytes();
        // Some are whole, so that a stream that goes on is seen to go on.
        if number % 4 != 0 {
            numbers.mutate(&mut bytes);
        }
        let is_open = stream.write_all(&bytes).is_ok();
        answered += usize::from(drain(&mut stream));
        // A message that is said to be longer than it is would swallow the next ones.
        if !is_open || number % 8 == 7 {
            closed += usize::from(!is_open);
            stream = connect(switch.place.at(11, 0), switch.sip());
        }
        if number % BATCH == BATCH - 1 {
            let served = trunk.is_served();
            assert!(served < LIMIT, "{served:?}");
            if !up.is_up() {
                up = call(&switch);
            }
        }
    }
    drop(stream);
    println!("{closed} connections were closed, {answered} times something was answered");
    assert!(answered > count / 20, "only {answered} answers to {count} messages");
    let _answer = up.raw.ask(&up.request("BYE", "", ""));
    if count > SHORT_TCP {
        std::thread::sleep(Duration::from_secs(40));
    }
    let until = Instant::now() + LIMIT;
    while descriptors(switch.pid()) > files + DESCRIPTORS_MAX && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    trunk.is_served();
    check(&switch, "TCP", count, memory, files);
}

/// Takes what has come, for a moment; whether anything did.
fn drain(stream: &mut TcpStream) -> bool {
    let mut buffer = [0; 16_384];
    stream.set_read_timeout(Some(Duration::from_millis(1))).expect("a time-out");
    let mut any = false;
    while let Ok(length) = stream.read(&mut buffer)
        && length > 0
    {
        any = true;
    }
    any
}

fn call(switch: &Switch) -> Up {
    Up::new(switch, SocketAddr::from((switch.place.ip(11), 0)), "9196")
}

/// A right message for this call.
fn message(up: &Up, numbers: &mut Numbers) -> String {
    let rtp = up.rtp.local_addr().expect("bound");
    match numbers.below(12) {
        0..=2 => up.request("INVITE", "", &sdp(rtp)),
        3 => up.request("INVITE", "", ""),
        4 => up.request("UPDATE", "", &sdp(rtp)),
        5 => up.request("INFO", "Content-Type: application/dtmf-relay\r\n", "Signal=5\r\n"),
        6 => up.request("OPTIONS", "Accept: application/sdp, text/plain\r\n", ""),
        7 => up.request("ACK", "", ""),
        8 => up.request("REFER", "Refer-To: <sip:110@192.0.2.1>\r\n", ""),
        9 => up.request("NOTIFY", "Event: talk\r\nSubscription-State: active\r\n", ""),
        10 => {
            let names = up.raw.names("13800138000", "9196");
            up.raw.request(&names, "INVITE", 1, "Require: nothing\r\n", &sdp(rtp))
        }
        _ => up.request("BYE", "", ""),
    }
}
