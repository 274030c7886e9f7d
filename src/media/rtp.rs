use std::ops::Range;

use rtp_rs::RtpReader;

/// Bytes of the RTP header that we write: no CSRC, no extension.
pub(crate) const HEADER: usize = 12;

/// What matters in a received RTP packet (RFC 3550 §5.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Packet {
    /// Synchronization source.
    pub(crate) ssrc: u32,
    /// Sequence number.
    pub(crate) seq: u16,
    /// Timestamp, samples.
    pub(crate) ts: u32,
    /// Marker.
    pub(crate) mark: bool,
    /// Payload type.
    pub(crate) payload_type: u8,
    /// Where the payload lies in the datagram, without padding; never before byte 12.
    pub(crate) payload: Range<usize>,
}

/// Reads an RTP packet; `None` when it is none.
pub(crate) fn parse(bytes: &[u8]) -> Option<Packet> {
    let reader = RtpReader::new(bytes).ok()?;
    let start = reader.payload_offset();
    Some(Packet {
        ssrc: reader.ssrc(),
        seq: reader.sequence_number().into(),
        ts: reader.timestamp(),
        mark: reader.mark(),
        payload_type: reader.payload_type(),
        payload: start..start + reader.payload().len(),
    })
}

/// The variable fields of a header that we write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Header {
    /// Synchronization source.
    pub(crate) ssrc: u32,
    /// Sequence number.
    pub(crate) seq: u16,
    /// Timestamp, samples.
    pub(crate) ts: u32,
    /// Marker.
    pub(crate) mark: bool,
    /// Payload type.
    pub(crate) payload_type: u8,
}

impl Header {
    /// The twelve bytes.
    pub(crate) fn bytes(&self) -> [u8; HEADER] {
        let [s0, s1] = self.seq.to_be_bytes();
        let [t0, t1, t2, t3] = self.ts.to_be_bytes();
        let [c0, c1, c2, c3] = self.ssrc.to_be_bytes();
        let kind = u8::from(self.mark) << 7 | self.payload_type & 0x7F;
        [0x80, kind, s0, s1, t0, t1, t2, t3, c0, c1, c2, c3]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_written_header_is_read_back() {
        let header = Header { ssrc: 0xDEAD_BEEF, seq: 0xFFFF, ts: 7, mark: true, payload_type: 8 };
        let mut bytes = header.bytes().to_vec();
        bytes.extend([1, 2, 3]);
        let packet = parse(&bytes).unwrap();
        assert_eq!((packet.ssrc, packet.seq, packet.ts), (0xDEAD_BEEF, 0xFFFF, 7));
        assert_eq!((packet.mark, packet.payload_type, packet.payload), (true, 8, 12..15));
    }

    #[test]
    fn contributing_sources_extension_and_padding_are_left_out() {
        let mut bytes = vec![0xB2, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3];
        bytes.extend([0; 8]);
        bytes.extend([0xBE, 0xDE, 0, 1, 9, 9, 9, 9]);
        bytes.extend([5, 6, 0, 2]);
        assert_eq!(parse(&bytes).unwrap().payload, 28..30);
    }

    proptest! {
        #[test]
        fn no_bytes_do_harm(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            if let Some(packet) = parse(&bytes) {
                prop_assert!(packet.payload.start >= HEADER && packet.payload.end <= bytes.len());
            }
        }
    }
}
