use std::net::SocketAddr;

use crate::base::{Instant, Key};
use crate::media::heard::{Heard, Sound};
use crate::media::presses::TelephoneEvent;
use crate::media::sender::Foreign;
use crate::media::source::Verdict;
use crate::media::stream::Stream;
use crate::media::{Event, Out, Settings, g711, rtp, samples};

/// Longest speech of one packet that is taken: 120 ms.
const SPEECH_MAX: usize = 960;

impl Stream {
    /// Takes an RTP datagram; what was heard with it.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        settings: &Settings,
        out: &mut Out,
    ) -> Option<Heard> {
        let Some(packet) = rtp::parse(bytes).filter(|packet| !is_rtcp(packet.payload_type)) else {
            self.unread += 1;
            return None;
        };
        if !self.rtp.admit(now, from, settings.relatch_after) {
            self.strangers += 1;
            return None;
        }
        let payload = bytes.get(packet.payload.clone())?;
        let length = payload.len();
        let events = self.remote.telephone_event.map(|(_, receive)| receive);
        let event =
            (events == Some(packet.payload_type)).then(|| TelephoneEvent::parse(payload)).flatten();
        let is_speech =
            packet.payload_type == self.remote.receive_type && (1..=SPEECH_MAX).contains(&length);
        let verdict = self.source.take(now, packet.ssrc, packet.seq, packet.ts, is_speech);
        if matches!(verdict, Verdict::Repeated | Verdict::Doubtful) || !self.remote.may_send {
            return None;
        }
        if self.watch.heard(now) {
            out.events.push(Event::Heard { stream: self.id });
        }
        let mut count = 0;
        let sound = if let Some(event) = event {
            count = u32::from(event.duration);
            let press = self.presses.event(now, packet.ssrc, packet.ts, event);
            if let Some(key) = press {
                self.press(key, out);
            }
            if self.presses.has_events() {
                self.detector = None;
            }
            Sound::Event { press }
        } else if is_speech {
            count = u32::try_from(length).unwrap_or(0);
            if verdict != Verdict::Late {
                self.listen(now, payload, out);
                if let Some(tone) = self.line_tones.hear(packet.ts, self.remote.codec, payload) {
                    out.events.push(Event::LineTone { stream: self.id, tone });
                }
            }
            let arrival = i64::try_from(samples::at(now)).unwrap_or(i64::MAX);
            let placed = self.timeline.place(arrival, packet.ssrc, packet.seq, packet.ts, count);
            Sound::Speech { codec: self.remote.codec, placed }
        } else {
            self.unread += 1;
            Sound::Other
        };
        let numbers = Foreign {
            ssrc: packet.ssrc,
            seq: packet.seq,
            ts: packet.ts,
            mark: packet.mark,
            samples: count,
            event: event.is_some(),
        };
        Some(Heard { numbers, sound, payload: packet.payload })
    }

    /// Takes an RTCP datagram.
    pub(crate) fn receive_rtcp(
        &mut self,
        now: Instant,
        from: SocketAddr,
        bytes: &[u8],
        settings: &Settings,
    ) {
        if !self.rtcp.admit(now, from, settings.relatch_after) {
            self.strangers += 1;
        } else if !self.reports.take(now, self.sender.ssrc(), bytes) {
            self.unread += 1;
        }
    }

    fn listen(&mut self, now: Instant, payload: &[u8], out: &mut Out) {
        let Some(mut detector) = self.detector.take() else { return };
        for byte in payload {
            let key = detector.hear(g711::to_linear(self.remote.codec, *byte));
            if let Some(key) = key.and_then(|key| self.presses.heard(now, key)) {
                self.press(key, out);
            }
        }
        self.detector = Some(detector);
    }

    fn press(&mut self, key: Key, out: &mut Out) {
        self.keys += 1;
        self.player.key();
        out.events.push(Event::Key { stream: self.id, key });
    }
}

/// Payload types that are RTCP's when a marker is set (RFC 5761 §4).
fn is_rtcp(payload_type: u8) -> bool {
    (72..=76).contains(&payload_type)
}
