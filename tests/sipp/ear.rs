use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::harness::{from_a_law, prompt};
use crate::sipp::stage::LIMIT;

const LOOK_EVERY: Duration = Duration::from_millis(5);
/// So many bytes in the middle of a prompt, byte for byte, are that prompt: half a second.
const ENOUGH: usize = 4_000;
/// A tone is looked for in the latest so many ms.
const TONE_MS: usize = 400;

/// Keeps every A-law byte that comes to an RTP socket.
pub(crate) struct Ear {
    heard: Arc<Mutex<BTreeMap<u64, Vec<u8>>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Ear {
    pub(crate) fn new(rtp: &UdpSocket) -> Self {
        let rtp = rtp.try_clone().expect("a second handle");
        rtp.set_nonblocking(true).expect("non-blocking");
        let heard = Arc::new(Mutex::new(BTreeMap::new()));
        let stop = Arc::new(AtomicBool::new(false));
        let (kept, seen) = (heard.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            let mut buffer = [0; 2_048];
            // Sequence numbers go round; time does not.
            let (mut last, mut round) = (0_u16, 0_u64);
            while !seen.load(Ordering::Relaxed) {
                let Ok((length, _)) = rtp.recv_from(&mut buffer) else {
                    std::thread::sleep(LOOK_EVERY);
                    continue;
                };
                if length <= 12 || buffer[1] & 0x7f != 8 {
                    continue;
                }
                let number = u16::from_be_bytes([buffer[2], buffer[3]]);
                if number < 0x4000 && last > 0xc000 {
                    round += 0x1_0000;
                }
                last = number;
                let mut kept: std::sync::MutexGuard<'_, BTreeMap<u64, Vec<u8>>> =
                    kept.lock().expect("nobody panics with it");
                kept.insert(round + u64::from(number), buffer[12..length].to_vec());
            }
        });
        Self { heard, stop, thread: Some(thread) }
    }

    /// Everything so far.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.heard.lock().expect("nobody panics with it").values().flatten().copied().collect()
    }

    fn wait(&self, limit: Duration, good: impl Fn(&[u8]) -> bool) -> bool {
        let until = Instant::now() + limit;
        loop {
            if good(&self.bytes()) {
                return true;
            }
            if Instant::now() > until {
                return false;
            }
            std::thread::sleep(LOOK_EVERY * 4);
        }
    }

    /// Whether this shipped prompt has come, byte for byte, before the usual limit.
    pub(crate) fn hears(&self, name: &str) -> bool {
        let whole = prompt(name);
        self.wait(LIMIT, |heard| has(heard, middle(&whole)))
    }

    /// Whether what comes now is a part of this shipped music, byte for byte.
    pub(crate) fn hears_part_of(&self, name: &str) -> bool {
        let whole = prompt(name);
        self.wait(LIMIT, |heard| {
            let last = &heard[heard.len().saturating_sub(800)..];
            last.len() == 800 && has(&whole, last)
        })
    }

    /// Whether it has come up to now.
    pub(crate) fn has_heard(&self, name: &str) -> bool {
        has(&self.bytes(), middle(&prompt(name)))
    }

    /// Whether a tone is heard now, before the usual limit.
    pub(crate) fn hears_tone(&self, hz: u16) -> bool {
        self.wait(LIMIT, |heard| {
            let track = from_a_law(&heard[heard.len().saturating_sub(TONE_MS * 8)..]);
            track.ms() == TONE_MS && track.share(0..TONE_MS, hz) > 0.6
        })
    }
}

fn middle(prompt: &[u8]) -> &[u8] {
    let length = ENOUGH.min(prompt.len() / 2);
    let from = (prompt.len() - length) / 2;
    &prompt[from..from + length]
}

fn has(heard: &[u8], wanted: &[u8]) -> bool {
    // The first bytes are looked for first: comparing everything everywhere takes too long.
    heard.windows(wanted.len()).any(|part| part[..8] == wanted[..8] && part == wanted)
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the ear ends");
        }
    }
}

/// Presses a key as an RFC 4733 event of 100 ms on payload type 101.
pub(crate) fn press(rtp: &UdpSocket, to: std::net::SocketAddr, number: &mut u16, key: u8) {
    let event = match key {
        b'*' => 10,
        b'#' => 11,
        digit => digit - b'0',
    };
    let stamp = u32::from(*number) * 160;
    for step in 1..=7_u16 {
        let mut packet = vec![0x80, if step == 1 { 0x80 | 101 } else { 101 }];
        packet.extend(number.to_be_bytes());
        packet.extend(stamp.to_be_bytes());
        packet.extend([0, 0, 0, 7]);
        packet.extend([event, if step > 4 { 0x80 | 10 } else { 10 }]);
        packet.extend((step.min(5) * 160).to_be_bytes());
        rtp.send_to(&packet, to).expect("loopback takes datagrams");
        *number += 1;
        std::thread::sleep(Duration::from_millis(if step < 5 { 20 } else { 5 }));
    }
    // A pause, and time stamps that go on.
    *number += 10;
    std::thread::sleep(Duration::from_millis(100));
}
