use std::ops::Range;

use arrayvec::ArrayVec;

use crate::base::{Codec, Instant};
use crate::media::dialler::Step;
use crate::media::heard::{Heard, Sound};
use crate::media::player::Filled;
use crate::media::rtcp::Sending;
use crate::media::rtp::{HEADER, Header};
use crate::media::samples::{self, TICK_SAMPLES};
use crate::media::stream::Stream;
use crate::media::{Event, Out, Place, Prompts, Send, Settings, Socket, g711};

/// How long the tones of a key last that came as an event: nobody waits for the event's end.
const PASSED_ON_MS: u32 = 100;

impl Stream {
    /// Sends what was heard from another party (or this one) on, rewritten in its own buffer.
    pub(crate) fn forward(&mut self, now: Instant, heard: &Heard, bytes: &mut [u8], out: &mut Out) {
        let covered = self.player.is_playing() || !self.remote.may_receive;
        if let Sound::Event { press: Some(key) } = heard.sound
            && !covered
            && self.remote.telephone_event.is_none()
        {
            // As tones, after those that wait. When too many wait it is lost like one never heard.
            let _ = self.dialler.push(key, PASSED_ON_MS);
        }
        let covered = covered || self.dialler.is_busy();
        let Some(to) = self.rtp.target().filter(|_| !covered) else {
            self.sender.leave();
            return;
        };
        let start = heard.payload.start;
        let (payload_type, end) = match (heard.sound, self.remote.telephone_event) {
            (Sound::Speech { codec, .. }, _) => {
                g711::convert(codec, self.remote.codec, &mut bytes[heard.payload.clone()]);
                (self.remote.send_type, heard.payload.end)
            }
            (Sound::Event { .. }, Some((payload_type, _))) => (payload_type, start + 4),
            (Sound::Event { .. }, None) | (Sound::Other, _) => {
                self.sender.skip(heard.numbers);
                return;
            }
        };
        let octets = u32::try_from(end - start).unwrap_or(0);
        let Some(header) = self.sender.foreign(now, heard.numbers, payload_type, octets) else {
            return;
        };
        bytes[start - HEADER..start].copy_from_slice(&header.bytes());
        let place = Place::Received { slot: out.slot, range: start - HEADER..end };
        out.sends.push(Send { from: self.socket(false), to, place });
    }

    /// Does what is due at a tick. Where in `out.arena` the sound lies that was played, if any.
    pub(crate) fn tick(
        &mut self,
        at: Instant,
        prompts: &Prompts,
        settings: &Settings,
        out: &mut Out,
    ) -> Option<(Codec, Range<usize>)> {
        if at <= self.ticked {
            return None;
        }
        self.ticked = at;
        if self.remote.may_send
            && let Some(since) = self.watch.silent(at, settings.silence)
        {
            out.events.push(Event::Silent { stream: self.id, since });
        }
        if at >= self.next_report {
            self.next_report = at + settings.stats_every;
            let stats = Box::new(self.stats());
            out.events.push(Event::Stats { stream: self.id, stats, last: false });
            self.report(at, out);
        }
        if self.dialler.is_busy() && self.dial(at, out) {
            return None;
        }
        self.frame.1 += 1;
        if self.frame.1 < self.frame.0 {
            return None;
        }
        self.frame.1 = 0;
        self.sound(at, prompts, settings.fill_silence, out)
    }

    /// One packet of what plays, or of silence.
    fn sound(
        &mut self,
        at: Instant,
        prompts: &Prompts,
        fill_silence: bool,
        out: &mut Out,
    ) -> Option<(Codec, Range<usize>)> {
        let codec = self.remote.codec;
        let start = out.arena.len();
        let first = start + HEADER;
        let end = first + TICK_SAMPLES * usize::from(self.frame.0);
        out.arena.resize(end, 0);
        let filled = self.player.fill(prompts, codec, &mut out.arena[first..end]);
        if let Filled::Ended(play) = filled {
            out.events.push(Event::PlayEnded { stream: self.id, play });
        }
        let is_sound = filled == Filled::Sound;
        let fills = is_sound || (fill_silence && self.to.is_none());
        let target = self.rtp.target().filter(|_| fills && self.remote.may_receive);
        let Some(to) = target else {
            out.arena.truncate(start);
            return None;
        };
        if !is_sound {
            out.arena[first..end].fill(g711::silence(codec));
        }
        let count = u32::try_from(end - first).unwrap_or(0);
        let header = self.sender.own(at, self.remote.send_type, count);
        out.arena[start..first].copy_from_slice(&header.bytes());
        out.sends.push(Send { from: self.socket(false), to, place: Place::Made(start..end) });
        is_sound.then_some((codec, first..end))
    }

    /// One step of sending keys; false when this tick is free for other sound.
    fn dial(&mut self, at: Instant, out: &mut Out) -> bool {
        let target = self.rtp.target().filter(|_| self.remote.may_receive);
        let events = self.remote.telephone_event.map(|(send, _)| send);
        let sender = &mut self.sender;
        let (header, payload): (Header, ArrayVec<u8, TICK_SAMPLES>) = match self
            .dialler
            .step(events.is_some(), || sender.event_begin(at))
        {
            Step::Nothing => return false,
            _ if target.is_none() => return true,
            Step::Event { ts, mark, event } => {
                let Some(payload_type) = events else { return true };
                let lasted = u32::from(event.duration);
                (sender.event(payload_type, ts, mark, lasted), event.bytes().into_iter().collect())
            }
            Step::Tones(tones) => {
                let mut chunk = ArrayVec::from([0; TICK_SAMPLES]);
                tones.fill(self.remote.codec, &mut chunk);
                (sender.own(at, self.remote.send_type, samples::TICK_TS), chunk)
            }
        };
        if let Some(to) = target {
            let start = out.arena.len();
            out.arena.extend_from_slice(&header.bytes());
            out.arena.extend_from_slice(&payload);
            let place = Place::Made(start..out.arena.len());
            out.sends.push(Send { from: self.socket(false), to, place });
        }
        true
    }

    fn report(&mut self, now: Instant, out: &mut Out) {
        let Some(to) = self.rtcp.target() else { return };
        let sending = Sending {
            ssrc: self.sender.ssrc(),
            ts: self.sender.clock(now),
            packets: self.sender.sent,
            octets: self.sender.octets,
        };
        let Some(report) = self.reports.write(now, sending, self.source.report()) else { return };
        let start = out.arena.len();
        out.arena.extend_from_slice(&report);
        let place = Place::Made(start..out.arena.len());
        out.sends.push(Send { from: self.socket(true), to, place });
    }

    fn socket(&self, rtcp: bool) -> Socket {
        Socket { stream: self.id, rtcp }
    }
}
