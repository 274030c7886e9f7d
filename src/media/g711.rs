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
