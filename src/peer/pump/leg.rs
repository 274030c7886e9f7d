use std::net::SocketAddr;
use std::time::Instant;

use rtp_rs::{RtpPacketBuilder, Seq};

use crate::peer::audio::{Codec, Ear, Heard, KeySender, PACKET_SAMPLES, Source, Voice};
use crate::peer::pump::Sockets;
use crate::peer::world::{self, Chance};

/// How the other side is to be spoken to, as agreed in SDP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Aim {
    pub(crate) remote: SocketAddr,
    pub(crate) codec: Codec,
    /// Payload type of telephone events that the other side takes.
    pub(crate) event: Option<u8>,
    /// Payload type on which we take telephone events.
    pub(crate) event_in: Option<u8>,
    /// Whether we may send.
    pub(crate) send: bool,
}

/// How a leg listens.
#[derive(Debug, Clone)]
pub(crate) struct Listening {
    /// Frequencies in Hz.
    pub(crate) hz: Vec<u16>,
    /// How many windows are kept.
    pub(crate) windows: usize,
    /// Read every millisecond instead of every 20 ms.
    pub(crate) fine: bool,
}

/// One RTP stream each way.
#[derive(Debug)]
pub(crate) struct Leg {
    sockets: Sockets,
    aim: Option<Aim>,
    source: Source,
    voice: Voice,
    ear: Ear,
    keys: KeySender,
    synchronisation: u32,
    sequence: u16,
    stamp: u32,
    marker: bool,
    steps: u32,
    sent: u64,
    not_sent: u64,
    foreign: u64,
    rtcp: u64,
}

impl Leg {
    pub(crate) fn new(
        sockets: Sockets,
        source: Source,
        listening: &Listening,
        chance: &mut Chance,
    ) -> Self {
        Self {
            sockets,
            aim: None,
            source,
            voice: Voice::Nothing,
            ear: Ear::new(&listening.hz, listening.windows, listening.fine),
            keys: KeySender::default(),
            synchronisation: chance.next() as u32,
            sequence: chance.next() as u16,
            stamp: chance.next() as u32,
            marker: true,
            steps: 0,
            sent: 0,
            not_sent: 0,
            foreign: 0,
            rtcp: 0,
        }
    }

    pub(crate) fn aim(&mut self, aim: Option<Aim>) {
        let codec = |aim: &Option<Aim>| aim.as_ref().map(|aim| aim.codec);
        if let Some(new) = codec(&aim)
            && codec(&self.aim) != Some(new)
        {
            self.voice = Voice::new(&self.source, new);
        }
        self.aim = aim;
    }

    pub(crate) fn say(&mut self, source: Source) {
        if let Some(aim) = self.aim {
            self.voice = Voice::new(&source, aim.codec);
        }
        self.source = source;
    }

    pub(crate) fn press(&mut self, keys: &str, milliseconds: u16) {
        self.keys.press(keys, milliseconds);
    }

    pub(crate) fn listen(&mut self, hz: u16) {
        self.ear.windows.listen(hz);
    }

    /// Reads what has come.
    pub(crate) fn receive(&mut self, now: Instant, buffer: &mut [u8]) {
        // A bound, so that a flood on one leg does not hold up the others.
        for _ in 0..64 {
            let Ok((length, from)) = self.sockets.rtp.recv_from(buffer) else { return };
            match self.aim {
                Some(aim) if aim.remote == from => {
                    self.ear.packet(now, &buffer[..length], aim.event_in);
                }
                // Before the answer is here nobody knows where early media may come from.
                None => {}
                Some(_) => self.foreign += 1,
            }
        }
    }

    /// The 20 ms step: reads, then sends one packet.
    pub(crate) fn step(&mut self, now: Instant, buffer: &mut [u8]) {
        self.receive(now, buffer);
        self.steps = self.steps.wrapping_add(1);
        if self.steps.is_multiple_of(50) {
            while self.sockets.rtcp.recv_from(buffer).is_ok() {
                self.rtcp += 1;
            }
        }
        self.send(now);
        self.stamp = self.stamp.wrapping_add(PACKET_SAMPLES as u32);
    }

    fn send(&mut self, now: Instant) {
        let Some(aim) = self.aim.filter(|aim| aim.send) else {
            self.marker = true;
            return;
        };
        let mut payload = [0u8; PACKET_SAMPLES];
        let event = if aim.event.is_some() { self.keys.step(self.stamp) } else { None };
        let (payload_type, payload, stamp, marker) = match (event, aim.event) {
            (Some(event), Some(event_type)) => {
                payload[..4].copy_from_slice(&event.payload);
                (event_type, &payload[..4], event.stamp, event.marker)
            }
            _ => {
                if !self.voice.fill(world::micros(now), &mut payload) {
                    self.marker = true;
                    return;
                }
                (aim.codec.payload_type(), &payload[..], self.stamp, self.marker)
            }
        };
        self.marker = event.is_some();
        let mut packet = [0u8; 12 + PACKET_SAMPLES];
        let built = RtpPacketBuilder::new()
            .payload_type(payload_type)
            .ssrc(self.synchronisation)
            .sequence(Seq::from(self.sequence))
            .timestamp(stamp)
            .marked(marker)
            .payload(payload)
            .build_into(&mut packet);
        let Ok(length) = built else { return };
        self.sequence = self.sequence.wrapping_add(1);
        match self.sockets.rtp.send_to(&packet[..length], aim.remote) {
            Ok(_) => self.sent += 1,
            Err(_) => self.not_sent += 1,
        }
    }

    pub(crate) fn keys_are_sent(&self) -> bool {
        self.keys.is_idle()
    }

    pub(crate) fn view(&self) -> Heard {
        Heard {
            sent: self.sent,
            not_sent: self.not_sent,
            foreign: self.foreign,
            rtcp: self.rtcp,
            ..self.ear.view()
        }
    }
}
