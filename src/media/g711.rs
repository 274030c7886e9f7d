use crate::base::Codec;

/// A-law of no sound.
pub(crate) const ALAW_SILENCE: u8 = 0xD5;
/// µ-law of no sound.
pub(crate) const ULAW_SILENCE: u8 = 0xFF;

/// The byte of no sound.
pub(crate) const fn silence(codec: Codec) -> u8 {
    match codec {
        Codec::Pcma => ALAW_SILENCE,
        Codec::Pcmu => ULAW_SILENCE,
    }
}

/// 16-bit linear of an A-law byte (ITU-T G.711 table 1a, ×8 of its 13-bit values).
const fn expand_alaw(byte: u8) -> i16 {
    let a = byte ^ 0x55;
    let segment = (a & 0x70) >> 4;
    let step = ((a & 0x0F) as i16) << 4;
    let size = match segment {
        0 => step + 8,
        1 => step + 0x108,
        _ => (step + 0x108) << (segment - 1),
    };
    if a & 0x80 != 0 { size } else { -size }
}

/// 16-bit linear of a µ-law byte (ITU-T G.711 table 2a, ×4 of its 14-bit values).
const fn expand_ulaw(byte: u8) -> i16 {
    let u = !byte;
    let size = ((((u & 0x0F) as i16) << 3) + 0x84) << ((u & 0x70) >> 4);
    if u & 0x80 != 0 { 0x84 - size } else { size - 0x84 }
}

/// A-law of a 16-bit linear sample.
const fn compress_alaw(sample: i16) -> u8 {
    let (mask, size) = if sample >= 0 { (0xD5, sample >> 3) } else { (0x55, !sample >> 3) };
    // `size` has 12 bits now; the segment is where its highest bit lies.
    let byte = if size < 32 {
        size >> 1
    } else {
        let segment = 11 - (size as u16).leading_zeros() as i16;
        segment << 4 | (size >> segment & 0x0F)
    };
    byte as u8 ^ mask
}

/// µ-law of a 16-bit linear sample.
const fn compress_ulaw(sample: i16) -> u8 {
    let (mask, size) = if sample >= 0 { (0xFF, sample as i32) } else { (0x7F, !(sample as i32)) };
    let size = (if size > 32_635 { 32_635 } else { size }) + 0x84;
    let segment = 24 - size.leading_zeros() as i32;
    let byte = segment << 4 | (size >> (segment + 3) & 0x0F);
    byte as u8 ^ mask
}

static ALAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = expand_alaw(byte as u8);
        byte += 1;
    }
    table
};

static ULAW_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = expand_ulaw(byte as u8);
        byte += 1;
    }
    table
};

static ALAW_TO_ULAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = compress_ulaw(expand_alaw(byte as u8));
        byte += 1;
    }
    table
};

static ULAW_TO_ALAW: [u8; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = compress_alaw(expand_ulaw(byte as u8));
        byte += 1;
    }
    table
};

/// 16-bit linear of an A-law byte.
pub(crate) fn alaw_to_linear(byte: u8) -> i16 {
    ALAW_TO_LINEAR[usize::from(byte)]
}

/// 16-bit linear of a µ-law byte.
pub(crate) fn ulaw_to_linear(byte: u8) -> i16 {
    ULAW_TO_LINEAR[usize::from(byte)]
}

/// A-law of a 16-bit linear sample.
pub(crate) fn linear_to_alaw(sample: i16) -> u8 {
    compress_alaw(sample)
}

/// µ-law of a 16-bit linear sample.
pub(crate) fn linear_to_ulaw(sample: i16) -> u8 {
    compress_ulaw(sample)
}

/// µ-law of an A-law byte.
pub(crate) fn alaw_to_ulaw(byte: u8) -> u8 {
    ALAW_TO_ULAW[usize::from(byte)]
}

/// A-law of a µ-law byte.
pub(crate) fn ulaw_to_alaw(byte: u8) -> u8 {
    ULAW_TO_ALAW[usize::from(byte)]
}

/// A codec's byte as 16-bit linear.
pub(crate) fn to_linear(codec: Codec, byte: u8) -> i16 {
    match codec {
        Codec::Pcma => alaw_to_linear(byte),
        Codec::Pcmu => ulaw_to_linear(byte),
    }
}

/// A 16-bit linear sample as the codec's byte.
pub(crate) fn from_linear(codec: Codec, sample: i16) -> u8 {
    match codec {
        Codec::Pcma => linear_to_alaw(sample),
        Codec::Pcmu => linear_to_ulaw(sample),
    }
}

/// Turns bytes of one codec into bytes of another, in place.
pub(crate) fn convert(from: Codec, to: Codec, bytes: &mut [u8]) {
    let table = match (from, to) {
        (Codec::Pcma, Codec::Pcmu) => &ALAW_TO_ULAW,
        (Codec::Pcmu, Codec::Pcma) => &ULAW_TO_ALAW,
        _ => return,
    };
    for byte in bytes {
        *byte = table[usize::from(*byte)];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expansion_is_that_of_the_recommendation() {
        // Decision values of ITU-T G.711 tables 1a and 2a, at both ends and between.
        for (byte, linear) in [
            (0xD5, 8),
            (0x55, -8),
            (0xD4, 24),
            (0xAA, 32_256),
            (0x2A, -32_256),
            (0x80, 5_504),
            (0xC5, 264),
        ] {
            assert_eq!(alaw_to_linear(byte), linear, "{byte:#x}");
        }
        for (byte, linear) in [
            (0xFF, 0),
            (0x7F, 0),
            (0x80, 32_124),
            (0x00, -32_124),
            (0xFE, 8),
            (0x7E, -8),
            (0xEF, 132),
        ] {
            assert_eq!(ulaw_to_linear(byte), linear, "{byte:#x}");
        }
    }

    #[test]
    fn compression_takes_the_nearest_value_or_its_neighbour_in_the_same_step() {
        for byte in 0..=255 {
            assert_eq!(linear_to_alaw(alaw_to_linear(byte)), byte);
            // µ-law has two zeros; the positive one is written.
            let again = linear_to_ulaw(ulaw_to_linear(byte));
            assert_eq!(again, if byte == 0x7F { 0xFF } else { byte });
        }
        for sample in i16::MIN..=i16::MAX {
            let size = i32::from(sample).abs();
            let step = (size / 16).max(16);
            let error = |back: i16| (i32::from(back) - i32::from(sample)).abs();
            assert!(error(alaw_to_linear(linear_to_alaw(sample))) <= step, "{sample}");
            assert!(error(ulaw_to_linear(linear_to_ulaw(sample))) <= step + 512, "{sample}");
            assert_eq!(alaw_to_linear(linear_to_alaw(sample)) < 0, sample < 0);
        }
    }

    #[test]
    fn conversion_between_the_laws_is_as_good_as_it_can_be() {
        for byte in 0..=255_u8 {
            let (mut there, mut back) = ([byte], [byte]);
            convert(Codec::Pcma, Codec::Pcmu, &mut there);
            convert(Codec::Pcmu, Codec::Pcma, &mut back);
            let (a, u) = (i32::from(alaw_to_linear(byte)), i32::from(ulaw_to_linear(byte)));
            assert!(
                (i32::from(ulaw_to_linear(there[0])) - a).abs() <= (a.abs() / 24).max(16),
                "{byte:#x}"
            );
            assert!(
                (i32::from(alaw_to_linear(back[0])) - u).abs() <= (u.abs() / 24).max(16),
                "{byte:#x}"
            );
        }
        assert_eq!(alaw_to_ulaw(ALAW_SILENCE), 0xFE);
        assert_eq!(ulaw_to_alaw(ULAW_SILENCE), 0xD5);
        assert_eq!((to_linear(Codec::Pcma, 0xD5), from_linear(Codec::Pcmu, 0)), (8, 0xFF));
    }
}
