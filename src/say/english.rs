use super::clock;
use super::pieces::Pieces;

/// A whole number below 10¹², with "and" before what is left below a hundred.
pub(crate) fn number(n: u64, out: &mut Pieces) {
    if n <= 100 {
        out.nth("num", n);
        return;
    }
    for (group, unit) in [
        (n / 1_000_000_000, "unit/billion"),
        (n / 1_000_000 % 1_000, "unit/million"),
        (n / 1_000 % 1_000, "unit/thousand"),
    ] {
        match group {
            0 => {}
            1..=9 if unit == "unit/thousand" => out.nth("thousand", group),
            _ => {
                hundreds(group, false, out);
                out.push(unit);
            }
        }
    }
    hundreds(n % 1_000, !out.is_empty(), out);
}

/// 0–999; nothing for 0. `after`: something larger stands before it.
fn hundreds(n: u64, after: bool, out: &mut Pieces) {
    let (hundreds, rest) = (n / 100, n % 100);
    if hundreds > 0 {
        out.nth("hundred", hundreds);
    }
    if rest > 0 {
        if hundreds > 0 || after {
            out.push("unit/and");
        }
        out.nth("num", rest);
    }
}

/// February, twenty-eighth, twenty twenty-six.
pub(crate) fn date(of: u16, month: u8, day: u8, out: &mut Pieces) {
    out.nth("month", month.into());
    out.nth("ordinal", day.into());
    year(of, out);
}

fn year(year: u16, out: &mut Pieces) {
    let (century, rest) = (u64::from(year / 100), u64::from(year % 100));
    if clock::WHOLE_YEARS.contains(&year) {
        out.nth("year", year.into());
    } else if rest == 0 {
        number(year.into(), out);
    } else {
        out.nth("num", century);
        if rest < 10 {
            out.push("digit/0-oh");
            out.nth("digit", rest);
        } else {
            out.nth("num", rest);
        }
    }
}

/// Nine, oh five, p.m.; a full hour is one piece: nine p.m., noon, midnight.
pub(crate) fn time(hour: u8, minute: u8, out: &mut Pieces) {
    if minute == 0 {
        out.nth("hour", hour.into());
        return;
    }
    out.nth("clock", u64::from((hour + 11) % 12 + 1));
    out.nth("minute", minute.into());
    out.push(if hour < 12 { "half/am" } else { "half/pm" });
}
