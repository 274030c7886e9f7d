use crate::base::Instant;

/// Samples of one 20 ms tick at 8 kHz.
pub(crate) const TICK_SAMPLES: usize = 160;
/// The same as a difference of RTP timestamps.
pub(crate) const TICK_TS: u32 = 160;
/// Samples a second.
pub(crate) const RATE: u64 = 8_000;
/// Microseconds of one sample.
const SAMPLE_US: u64 = 125;

/// The number of the sample that begins at (or spans) a moment, counted from the clock's zero.
pub(crate) const fn at(moment: Instant) -> u64 {
    moment.as_micros() / SAMPLE_US
}

/// A number of samples as microseconds.
pub(crate) const fn as_micros(samples: u64) -> u64 {
    samples * SAMPLE_US
}

/// How far `to` is ahead of `from` on a clock of 32 bits that wraps; negative when it is behind.
pub(crate) const fn ahead(from: u32, to: u32) -> i32 {
    to.wrapping_sub(from).cast_signed()
}

/// How far `to` is ahead of `from` in sequence numbers; negative when it is behind.
pub(crate) const fn seq_ahead(from: u16, to: u16) -> i16 {
    to.wrapping_sub(from).cast_signed()
}
