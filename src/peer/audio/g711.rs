/// One of the two G.711 laws, 8 kHz.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Codec {
    /// A-law, payload type 8.
    Pcma,
    /// µ-law, payload type 0.
    Pcmu,
}

impl Codec {
    /// The static RTP payload type (RFC 3551).
    pub fn payload_type(self) -> u8 {
        match self {
            Self::Pcma => 8,
            Self::Pcmu => 0,
        }
    }

    /// The encoding name in an SDP `rtpmap`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pcma => "PCMA",
            Self::Pcmu => "PCMU",
        }
    }

    /// The codec of a static payload type.
    pub(crate) fn of_type(payload_type: u8) -> Option<Self> {
        match payload_type {
            8 => Some(Self::Pcma),
            0 => Some(Self::Pcmu),
            _ => None,
        }
    }

    /// One 16-bit sample to one byte.
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Self::Pcma => encode_a(sample),
            Self::Pcmu => encode_u(sample),
        }
    }

    /// One byte to one 16-bit sample.
    pub fn decode(self, byte: u8) -> i16 {
        match self {
            Self::Pcma => A_LAW[byte as usize],
            Self::Pcmu => U_LAW[byte as usize],
        }
    }
}

static A_LAW: [i16; 256] = table_a();
static U_LAW: [i16; 256] = table_u();

const fn table_a() -> [i16; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let a = (i as u8) ^ 0x55;
        let segment = (a & 0x70) >> 4;
        let step = ((a & 0x0f) as i16) << 4;
        let value = match segment {
            0 => step + 8,
            1 => step + 0x108,
            _ => (step + 0x108) << (segment - 1),
        };
        table[i] = if a & 0x80 != 0 { value } else { -value };
        i += 1;
    }
    table
}

const fn table_u() -> [i16; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let u = !(i as u8);
        let value = ((((u & 0x0f) as i32) << 3) + 0x84) << ((u & 0x70) >> 4);
        table[i] = (if u & 0x80 != 0 { 0x84 - value } else { value - 0x84 }) as i16;
        i += 1;
    }
    table
}

fn encode_a(sample: i16) -> u8 {
    let mut value = if sample < 0 { !sample >> 4 } else { sample >> 4 };
    if value > 15 {
        let mut exponent = 1;
        while value > 31 {
            value >>= 1;
            exponent += 1;
        }
        value = (value - 16) + (exponent << 4);
    }
    let sign = if sample >= 0 { 0x80 } else { 0 };
    (value as u8 | sign) ^ 0x55
}

fn encode_u(sample: i16) -> u8 {
    let sign = if sample < 0 { 0x80 } else { 0 };
    let value = i32::from(sample).abs().min(32_635) + 0x84;
    let mut exponent = 7;
    while exponent > 0 && value & (0x80 << exponent) == 0 {
        exponent -= 1;
    }
    let mantissa = (value >> (exponent + 3)) & 0x0f;
    !(sign | (exponent as u8) << 4 | mantissa as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_survives_decode_and_encode() {
        for codec in [Codec::Pcma, Codec::Pcmu] {
            for byte in 0..=255u8 {
                let sample = codec.decode(byte);
                assert_eq!(codec.decode(codec.encode(sample)), sample, "{codec:?} {byte:#x}");
            }
        }
    }

    #[test]
    fn known_values_of_the_recommendation() {
        assert_eq!(Codec::Pcma.encode(0), 0xd5);
        assert_eq!(Codec::Pcmu.encode(0), 0xff);
        assert_eq!(Codec::Pcma.decode(0xaa), 32_256);
        assert_eq!(Codec::Pcmu.decode(0x80), 32_124);
    }
}
