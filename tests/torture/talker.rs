use std::f64::consts::TAU;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Sends a tone as RTP from a socket until it is dropped.
pub(crate) struct Talker {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Talker {
    /// A tone of `hz` with this SSRC to all of `to`, one packet each every 20 ms.
    pub(crate) fn new(socket: &UdpSocket, to: Vec<SocketAddr>, ssrc: u32, hz: u16) -> Self {
        let socket = socket.try_clone().expect("a socket");
        let stop = Arc::new(AtomicBool::new(false));
        let seen = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut next = Instant::now();
            for number in 0_u16.. {
                if seen.load(Ordering::Relaxed) {
                    return;
                }
                let packet = rtp(number, ssrc, hz);
                for address in &to {
                    // A full or refusing socket is no concern of whoever sprays.
                    let _lost = socket.send_to(&packet, address);
                }
                next += Duration::from_millis(20);
                std::thread::sleep(next.saturating_duration_since(Instant::now()));
            }
        });
        Self { stop, thread: Some(thread) }
    }
}

impl Drop for Talker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the talker ends");
        }
    }
}

/// One packet of A-law.
pub(crate) fn rtp(number: u16, ssrc: u32, hz: u16) -> Vec<u8> {
    let mut packet = vec![0x80, 8];
    packet.extend_from_slice(&number.to_be_bytes());
    packet.extend_from_slice(&(u32::from(number) * 160).to_be_bytes());
    packet.extend_from_slice(&ssrc.to_be_bytes());
    for n in 0..160 {
        let n = u32::from(number) * 160 + n;
        let turn = f64::from(n * u32::from(hz) % 8_000) / 8_000.0;
        packet.push(alaw(8_000.0 * (turn * TAU).sin()));
    }
    packet
}

/// G.711 A-law of a 16-bit sample.
fn alaw(sample: f64) -> u8 {
    let sign = if sample < 0.0 { 0 } else { 0x80 };
    let magnitude = (sample.abs() as u32).min(32_767) >> 3;
    let segment = (32 - (magnitude >> 5).leading_zeros()).min(7);
    let shift = segment.max(1);
    let low = (magnitude >> shift) & 0xf;
    let code = u8::try_from(segment << 4 | low).expect("below 128");
    (code | sign) ^ 0x55
}
