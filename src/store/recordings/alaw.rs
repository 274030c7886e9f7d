/// A-law silence (the code of the smallest positive value, ITU-T G.711 table 1a).
pub(super) const SILENCE: u8 = 0xd5;

/// The 16-bit linear value of an A-law code (ITU-T G.711; 13 bits, left-aligned).
pub(crate) fn decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let mantissa = i16::from(code & 0x0f) << 4;
    let magnitude = match (code >> 4) & 0x07 {
        0 => mantissa + 8,
        segment => (mantissa + 0x108) << (segment - 1),
    };
    if code & 0x80 != 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ends_and_the_middle_are_those_of_g711() {
        assert_eq!(decode(SILENCE), 8);
        assert_eq!(decode(0x55), -8);
        assert_eq!(decode(0xaa), 32_256);
        assert_eq!(decode(0x2a), -32_256);
        assert_eq!(decode(0xd4), 24);
    }
}
