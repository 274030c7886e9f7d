use crate::base::Wall;
use crate::ledger::Day;

/// What [`read`] takes, for people.
pub(crate) const ALLOWED: &str = "a time such as 2026-03-01T08:00:00+08:00 (in a query write + as \
    %2B), a date such as 2026-03-01 (its start in China), or microseconds since the Unix epoch";

/// The end of the year 9999.
const US_MAX: i64 = 253_402_300_799_999_999;

/// Reads a time that a client wrote.
pub(crate) fn read(text: &str) -> Option<Wall> {
    if text.len() > 64 {
        return None;
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().ok().filter(|us| *us <= US_MAX).map(Wall::from_micros);
    }
    if let Some(day) = day(text) {
        return Some(day.bounds().0);
    }
    let time: jiff::Timestamp = text.parse().ok()?;
    let us = time.as_microsecond();
    (0..=US_MAX).contains(&us).then(|| Wall::from_micros(us))
}

/// Reads a date of China, `yyyy-mm-dd`, from 1970 on.
pub(crate) fn day(text: &str) -> Option<Day> {
    let is_date = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let date: jiff::civil::Date = is_date.then(|| text.parse().ok()).flatten()?;
    Some(date)
        .filter(|date| date.year() >= 1970)
        .and_then(|date| Day::from_date(date.year(), date.month(), date.day()))
}

/// A time as people in China write it, with its offset.
pub(crate) fn write(at: Wall) -> String {
    let time = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default();
    let time = jiff::tz::Offset::constant(8).to_datetime(time);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3f+08:00").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_each_form_and_written_in_chinas() {
        let noon = Wall::from_micros(1_772_323_200_000_000);
        for text in ["2026-03-01T00:00:00Z", "2026-03-01T08:00:00+08:00", "1772323200000000"] {
            assert_eq!(read(text), Some(noon), "{text}");
        }
        assert_eq!(read("2026-03-02"), Some(Wall::from_micros(1_772_380_800_000_000)));
        assert_eq!(write(noon), "2026-03-01T08:00:00.000+08:00");
    }

    #[test]
    fn what_is_no_time_is_none() {
        let bad = [
            "",
            "now",
            "2026-02-30",
            "2026-03-01 08:00",
            "-5",
            "99999999999999999999",
            "1969-12-31",
            "2026-03-01T08:00:00 08:00",
        ];
        for text in bad {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
