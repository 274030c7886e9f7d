use std::ops::RangeInclusive;

use super::pieces::Pieces;

/// The years that are recorded whole.
pub(crate) const WHOLE_YEARS: RangeInclusive<u16> = 2_000..=2_050;
/// The longest wait that is told in minutes.
const WAIT_MAX: u64 = 30;
/// The most callers ahead that are counted.
const AHEAD_MAX: u64 = 30;

/// A length of time in days, hours and minutes, the rest of a minute as a whole one.
pub(crate) fn duration(seconds: u64, out: &mut Pieces) {
    let minutes = seconds.div_ceil(60).max(1);
    for (series, count) in
        [("days", minutes / 1_440), ("hours", minutes / 60 % 24), ("minutes", minutes % 60)]
    {
        if count > 0 {
            out.nth(series, count);
        }
    }
}

/// An estimated wait: rounded up to whole minutes.
pub(crate) fn wait(seconds: u64, out: &mut Pieces) {
    match seconds {
        0..60 => out.push("wait/less"),
        _ if seconds.div_ceil(60) > WAIT_MAX => out.push("wait/more"),
        _ => out.nth("wait", seconds.div_ceil(60)),
    }
}

/// How many callers are ahead.
pub(crate) fn ahead(callers: u64, out: &mut Pieces) {
    match callers {
        0 => out.push("queue-position-1"),
        1..=AHEAD_MAX => out.nth("ahead", callers),
        _ => out.push("queue-busy"),
    }
}
