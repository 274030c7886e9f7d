use bytes::Bytes;
use rtc_rtcp::packet;
use rtc_rtcp::receiver_report::ReceiverReport;
use rtc_rtcp::reception_report::ReceptionReport;
use rtc_rtcp::sender_report::SenderReport;
use rtc_rtcp::source_description::{
    SdesType, SourceDescription, SourceDescriptionChunk, SourceDescriptionItem,
};

use crate::base::Instant;
use crate::media::source::Reception;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
/// Packets of one datagram that are looked at.
const COMPOUND_MAX: usize = 8;

/// What both sides tell each other about one stream (RFC 3550 §6.4).
#[derive(Clone, Default, Debug)]
pub(crate) struct Reports {
    /// The middle 32 bits of the last sender report's time, and when it came.
    last: Option<(u32, Instant)>,
    /// Share lost on the way to the party, 0–1.
    pub(crate) far_loss: Option<f32>,
    /// Jitter that the party sees, µs.
    pub(crate) far_jitter_us: Option<u64>,
    /// Round trip, µs.
    pub(crate) round_trip_us: Option<u64>,
}

/// What a report says about our own sending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sending {
    /// Our source.
    pub(crate) ssrc: u32,
    /// The RTP timestamp of now.
    pub(crate) ts: u32,
    /// Packets sent.
    pub(crate) packets: u64,
    /// Payload bytes sent.
    pub(crate) octets: u64,
}

impl Reports {
    /// Takes a datagram; false when there was no report in it. Only sender and receiver reports are
    /// looked at, and of them only what is said about `ssrc`, our source.
    pub(crate) fn take(&mut self, now: Instant, ssrc: u32, mut bytes: &[u8]) -> bool {
        let mut found = false;
        for _ in 0..COMPOUND_MAX {
            let [first, kind, high, low, ..] = *bytes else { break };
            let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
            let Some((mut one, rest)) = bytes.split_at_checked(length) else { break };
            if first >> 6 != 2 {
                break;
            }
            bytes = rest;
            if kind == SENDER_REPORT || kind == RECEIVER_REPORT {
                let Ok(packets) = packet::unmarshal(&mut one) else { break };
                for packet in &packets {
                    found |= self.report(now, ssrc, packet.as_ref());
                }
            }
        }
        found
    }

    fn report(&mut self, now: Instant, ssrc: u32, packet: &dyn packet::Packet) -> bool {
        let any = packet.as_any();
        let blocks = if let Some(report) = any.downcast_ref::<SenderReport>() {
            self.last = Some((middle(report.ntp_time), now));
            &report.reports
        } else if let Some(report) = any.downcast_ref::<ReceiverReport>() {
            &report.reports
        } else {
            return false;
        };
        for block in blocks.iter().filter(|block| block.ssrc == ssrc) {
            self.far_loss = Some(f32::from(block.fraction_lost) / 256.0);
            self.far_jitter_us = Some(u64::from(block.jitter) * 125);
            if block.last_sender_report != 0 {
                // In 1/65536 s; negative when the party's delay is a lie.
                let trip = middle(ntp(now))
                    .wrapping_sub(block.last_sender_report)
                    .wrapping_sub(block.delay)
                    .cast_signed();
                if let Ok(trip) = u64::try_from(trip) {
                    self.round_trip_us = Some((trip * 1_000_000) >> 16);
                }
            }
        }
        true
    }

    /// Our report: a sender's when we have sent, a receiver's otherwise; nothing when it cannot be
    /// written, which would be a fault of ours.
    pub(crate) fn write(
        &self,
        now: Instant,
        sending: Sending,
        reception: Option<Reception>,
    ) -> Option<Bytes> {
        let (last_sender_report, delay) = match self.last {
            // Delay in 1/65536 s.
            Some((last, at)) => {
                (last, u32::try_from((now.since(at).as_micros() << 16) / 1_000_000).unwrap_or(0))
            }
            None => (0, 0),
        };
        let reports: Vec<_> = reception
            .map(|block| ReceptionReport {
                ssrc: block.ssrc,
                fraction_lost: block.fraction_lost,
                total_lost: block.lost,
                last_sequence_number: block.highest,
                jitter: block.jitter,
                last_sender_report,
                delay,
            })
            .into_iter()
            .collect();
        let ssrc = sending.ssrc;
        let low = |count: u64| u32::try_from(count & 0xFFFF_FFFF).unwrap_or(0);
        let report: Box<dyn packet::Packet> = if sending.packets > 0 {
            Box::new(SenderReport {
                ssrc,
                ntp_time: ntp(now),
                rtp_time: sending.ts,
                packet_count: low(sending.packets),
                octet_count: low(sending.octets),
                reports,
                profile_extensions: Bytes::new(),
            })
        } else {
            Box::new(ReceiverReport { ssrc, reports, profile_extensions: Bytes::new() })
        };
        let name = SourceDescriptionItem {
            sdes_type: SdesType::SdesCname,
            text: Bytes::from(format!("{ssrc:08x}")),
        };
        let chunks = vec![SourceDescriptionChunk { source: ssrc, items: vec![name] }];
        let description = Box::new(SourceDescription { chunks });
        packet::marshal(&[report, description]).ok().map(Into::into)
    }
}

/// Our clock as NTP time: 32 bits of seconds, 32 of fraction. It need not be the time of day (RFC
/// 3550 §6.4.1); one second is added so that it is never 0.
fn ntp(now: Instant) -> u64 {
    let us = now.as_micros();
    let seconds = us / 1_000_000 + 1;
    let fraction = ((us % 1_000_000) << 32) / 1_000_000;
    seconds << 32 | fraction
}

/// The middle 32 bits of an NTP time.
fn middle(ntp: u64) -> u32 {
    u32::try_from(ntp >> 16 & 0xFFFF_FFFF).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_micros(ms * 1000)
    }

    fn sending(ssrc: u32, packets: u64) -> Sending {
        Sending { ssrc, ts: 1_000, packets, octets: packets * 160 }
    }

    #[test]
    fn two_sides_learn_loss_jitter_and_round_trip() {
        let (mut here, mut there) = (Reports::default(), Reports::default());
        let block = Reception { ssrc: 1, fraction_lost: 64, lost: 10, highest: 99, jitter: 16 };
        // Ours takes 30 ms, they wait 500 ms, theirs takes 50 ms.
        let ours = here.write(at(1_000), sending(1, 100), None).unwrap();
        assert!(there.take(at(1_030), 2, &ours));
        let theirs = there.write(at(1_530), sending(2, 0), Some(block)).unwrap();
        assert_eq!((ours[1], theirs[1]), (SENDER_REPORT, RECEIVER_REPORT));
        assert!(here.take(at(1_580), 1, &theirs));
        assert_eq!(here.far_loss, Some(0.25));
        assert_eq!(here.far_jitter_us, Some(2_000));
        let trip = here.round_trip_us.unwrap();
        assert!((79_900..=80_100).contains(&trip), "{trip}");
    }

    #[test]
    fn what_is_said_of_others_and_lies_have_no_effect() {
        let mut here = Reports::default();
        let there = Reports::default();
        let of =
            |ssrc| Some(Reception { ssrc, fraction_lost: 255, lost: 1, highest: 1, jitter: 1 });
        let other = there.write(at(5), sending(2, 1), of(77)).unwrap();
        assert!(here.take(at(10), 1, &other));
        assert_eq!((here.far_loss, here.round_trip_us), (None, None));
        // BYE with a reason longer than the packet, after a length that is too long, an old version.
        for lie in [
            &[0x81, 203, 0, 2, 0, 0, 0, 1, 250, b'x', b'x', b'x'][..],
            &[0x80, 200, 255, 255],
            &[0x40, 200, 0, 0],
        ] {
            assert!(!here.take(at(10), 1, lie));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 198_u8..208, count in 0_u8..32) {
            if let [first, second, high, low, ..] = bytes.as_mut_slice() {
                (*first, *second, *high) = (0x80 | count, kind, 0);
                *low %= 40;
            }
            Reports::default().take(Instant::ZERO, 1, &bytes);
        }
    }
}
