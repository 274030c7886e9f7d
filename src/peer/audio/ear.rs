use std::time::Instant;

use rtp_rs::RtpReader;

use crate::peer::audio::keys::KeyEar;
use crate::peer::audio::sequence::{Numbers, Place, Sequence};
use crate::peer::audio::source::{TAG_BYTES, Tag};
use crate::peer::audio::windows::Windows;
use crate::peer::audio::{Codec, Heard, Tags};
use crate::peer::world;

/// A gap of at most so many packets is heard as silence.
const GAP_PACKETS_MAX: u64 = 10;

/// Listens to one incoming RTP stream.
#[derive(Debug, Clone)]
pub(crate) struct Ear {
    sequence: Sequence,
    pub(crate) windows: Windows,
    keys: KeyEar,
    tags: Tags,
    last_tag: Option<u32>,
    received: u64,
    malformed: u64,
    /// Arrival times are exact to a millisecond.
    fine: bool,
    first: Option<Instant>,
    last: Option<Instant>,
}

impl Ear {
    pub(crate) fn new(hz: &[u16], keep_windows: usize, fine: bool) -> Self {
        Self {
            sequence: Sequence::default(),
            windows: Windows::new(hz, keep_windows),
            keys: KeyEar::default(),
            tags: Tags::default(),
            last_tag: None,
            received: 0,
            malformed: 0,
            fine,
            first: None,
            last: None,
        }
    }

    /// `event` is the payload type on which we said we take telephone events.
    pub(crate) fn packet(&mut self, now: Instant, bytes: &[u8], event: Option<u8>) {
        let Ok(packet) = RtpReader::new(bytes) else {
            self.malformed += 1;
            return;
        };
        let payload_type = packet.payload_type();
        let is_event = event == Some(payload_type);
        let codec = Codec::of_type(payload_type);
        if codec.is_none() && !is_event {
            self.malformed += 1;
            return;
        }
        self.received += 1;
        self.first.get_or_insert(now);
        self.last = Some(now);
        let payload = packet.payload();
        let numbers = Numbers {
            source: packet.ssrc(),
            sequence: packet.sequence_number().into(),
            stamp: packet.timestamp(),
            marker: packet.mark(),
            samples: if is_event { 0 } else { payload.len() as u32 },
        };
        let place = self.sequence.packet(now, numbers);
        match codec {
            Some(codec) => {
                if let Place::New { missing } = place {
                    self.audio(now, codec, payload, missing);
                }
            }
            None => {
                if place != Place::Doubled {
                    self.keys.packet(payload, packet.timestamp());
                }
            }
        }
    }

    fn audio(&mut self, now: Instant, codec: Codec, payload: &[u8], missing: u64) {
        let mut samples = [0.0f32; 480];
        let length = payload.len().min(samples.len());
        if missing <= GAP_PACKETS_MAX {
            for _ in 0..missing {
                self.windows.push(now, &samples[..length]);
            }
        }
        let mut from = 0;
        if let Some(tag) = Tag::read(payload) {
            self.tag(now, tag);
            from = TAG_BYTES;
        }
        for (sample, &byte) in samples[from..length].iter_mut().zip(&payload[from..length]) {
            *sample = f32::from(codec.decode(byte));
        }
        self.windows.push(now, &samples[..length]);
    }

    fn tag(&mut self, now: Instant, tag: Tag) {
        if self.tags.who != Some(tag.who) {
            self.tags.who = Some(tag.who);
            self.last_tag = None;
        }
        let step = self.last_tag.map_or(1, |last| tag.number.wrapping_sub(last) as i32);
        if step <= 0 {
            self.tags.doubled += 1;
            return;
        }
        self.tags.lost += (step - 1) as u64;
        self.tags.received += 1;
        self.last_tag = Some(tag.number);
        if !self.fine {
            return;
        }
        self.tags.timed += 1;
        let delay = world::micros(now).saturating_sub(tag.micros);
        self.tags.delay_us_sum += delay;
        self.tags.delay_us_max = self.tags.delay_us_max.max(delay);
    }

    /// The listener's part of a report.
    pub(crate) fn view(&self) -> Heard {
        Heard {
            received: self.received,
            lost: self.sequence.lost(),
            doubled: self.sequence.doubled,
            reordered: self.sequence.reordered,
            late: self.sequence.late,
            malformed: self.malformed,
            sources: self.sequence.sources,
            stamp_jumps: self.sequence.stamp_jumps,
            jitter_ms: self.sequence.jitter_us / 1_000.0,
            gap_ms_max: self.sequence.gap_us_max as f64 / 1_000.0,
            first: self.first,
            last: self.last,
            keys: self.keys.keys.clone(),
            key_faults: self.keys.faults,
            windows_total: self.windows.total,
            windows_loud: self.windows.loud,
            tones: self.windows.tones(),
            windows: self.windows.kept(),
            tags: self.tags.clone(),
            ..Heard::default()
        }
    }
}
