use super::language::Language;
use super::pieces::Pieces;
use super::{clock, digits};

/// A whole number below 10¹², by groups of four: 亿, 万, and what is left.
///
/// 100, 200, 2,000 … are recorded whole (两百, 两千). A run of empty places between two that are said
/// is one 零.
pub(crate) fn number(n: u64, out: &mut Pieces) {
    if n <= 100 {
        out.nth("num", n);
        return;
    }
    let mut zero = false;
    let mut first = true;
    for (group, whole, unit) in [
        (n / 100_000_000, "yi", "unit/yi"),
        (n / 10_000 % 10_000, "wan", "unit/wan"),
        (n % 10_000, "", ""),
    ] {
        zero |= !first && group < 1_000;
        if group == 0 {
            continue;
        }
        if !unit.is_empty() && group < 10 {
            zero_if(zero, out);
            out.nth(whole, group);
        } else {
            four(group, first, zero, out);
            if !unit.is_empty() {
                out.push(unit);
            }
        }
        (zero, first) = (false, false);
    }
}

/// 1–9,999 as one group. `first`: nothing stands before it; `zero`: a 零 is owed.
fn four(group: u64, first: bool, mut zero: bool, out: &mut Pieces) {
    let (thousands, hundreds, rest) = (group / 1_000, group / 100 % 10, group % 100);
    if thousands > 0 {
        zero_if(zero, out);
        out.nth("thousand", thousands);
        zero = hundreds == 0;
    }
    if hundreds > 0 {
        zero_if(zero, out);
        out.nth("hundred", hundreds);
        zero = false;
    }
    let alone = first && thousands == 0 && hundreds == 0;
    match rest {
        0 => {}
        1..=9 if alone => out.nth("num", rest),
        1..=9 => out.nth("ling", rest),
        10..=19 if !alone => {
            zero_if(zero, out);
            out.nth("teen", rest);
        }
        _ => {
            zero_if(zero, out);
            out.nth("num", rest);
        }
    }
}

fn zero_if(zero: bool, out: &mut Pieces) {
    if zero {
        out.push("digit/0");
    }
}

/// A number of things: 两 alone in place of 二.
pub(crate) fn count(n: u64, out: &mut Pieces) {
    if n == 2 { out.nth("count", 2) } else { number(n, out) }
}

/// 二零二六年 二月 二十八号.
pub(crate) fn date(year: u16, month: u8, day: u8, out: &mut Pieces) {
    if clock::WHOLE_YEARS.contains(&year) {
        out.nth("year", year.into());
    } else {
        // Not as in a telephone number: the 1 of a year is 一.
        digits::say(&year.to_string(), Language::Other, out);
        out.push("unit/year");
    }
    out.nth("month", month.into());
    out.nth("day", day.into());
}

/// 晚上九点 零五分; the full hour has no minutes.
pub(crate) fn time(hour: u8, minute: u8, out: &mut Pieces) {
    out.nth("hour", hour.into());
    if minute > 0 {
        out.nth("minute", minute.into());
    }
}
