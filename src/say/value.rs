use super::kind::Kind;

/// The largest number that is said as one; a larger one is said by its digits.
pub(crate) const NUMBER_MAX: u64 = 999_999_999_999;
/// The longest length of time, seconds: 31 days.
pub(crate) const DURATION_MAX: u64 = 31 * 86_400;

/// A value that can be said. Each variant is the [`Kind`] of the same name; made by [`Value::read`],
/// so that all are within what [`Kind::allowed`] says.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Value {
    /// The text; what is no ASCII digit in it is not said.
    Digits(String),
    /// The text; `+`, spaces and `-` may part it.
    Phone(String),
    /// 0–999,999,999,999.
    Number(u64),
    /// 0–999,999,999,999.
    Count(u64),
    /// 1–31.
    Ordinal(u8),
    /// A day that the calendar has.
    Date {
        /// 1900–2099.
        year: u16,
        /// 1–12.
        month: u8,
        /// 1–31.
        day: u8,
    },
    /// 1 (Monday) to 7.
    Weekday(u8),
    /// A time of day.
    Time {
        /// 0–23.
        hour: u8,
        /// 0–59.
        minute: u8,
    },
    /// Seconds, at most 31 days.
    Duration(u64),
    /// Seconds.
    Wait(u64),
    /// Callers ahead.
    Ahead(u64),
    /// The number.
    Agent(String),
}

/// A text that cannot be said as the kind that was asked for.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("`{text}` cannot be said as `{}`; allowed: {}", kind.name(), kind.allowed())]
pub struct Unspeakable {
    /// As what.
    pub kind: Kind,
    /// The text, cut to 40 characters.
    pub text: String,
}

impl Value {
    /// Reads `text` as a value of `kind`.
    ///
    /// # Errors
    /// When it is none; the caller of a flow that finds out while it talks says the digits.
    pub fn read(kind: Kind, text: &str) -> Result<Self, Unspeakable> {
        let trimmed = text.trim();
        let value = match kind {
            Kind::Digits => has_digit(trimmed).then(|| Self::Digits(trimmed.to_owned())),
            Kind::Phone => has_digit(trimmed).then(|| Self::Phone(trimmed.to_owned())),
            Kind::Number => number(trimmed).map(Self::Number),
            Kind::Count => number(trimmed).map(Self::Count),
            Kind::Ordinal => small(trimmed, 1, 31).map(Self::Ordinal),
            Kind::Date => date(trimmed).map(|(year, month, day)| Self::Date { year, month, day }),
            Kind::Weekday => small(trimmed, 1, 7).or_else(|| weekday(trimmed)).map(Self::Weekday),
            Kind::Time => time(trimmed).map(|(hour, minute)| Self::Time { hour, minute }),
            Kind::Duration => {
                seconds(trimmed).filter(|length| *length <= DURATION_MAX).map(Self::Duration)
            }
            Kind::Wait => seconds(trimmed).map(Self::Wait),
            Kind::Ahead => whole(trimmed).map(Self::Ahead),
            Kind::Agent => is_agent(trimmed).then(|| Self::Agent(trimmed.to_owned())),
        };
        value.ok_or_else(|| Unspeakable { kind, text: text.chars().take(40).collect() })
    }
}

fn has_digit(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit())
}

fn is_agent(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

/// Digits alone; with a 0 in front it is no number but somebody's name for something.
fn whole(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
    if !plain || (text.len() > 1 && text.starts_with('0')) {
        return None;
    }
    text.parse().ok()
}

/// A whole number, also with commas between its thousands.
fn number(text: &str) -> Option<u64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let parted = text.contains(',');
    if parted && !((1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3)) {
        return None;
    }
    whole(&text.replace(',', "")).filter(|number| *number <= NUMBER_MAX)
}

fn small(text: &str, least: u8, most: u8) -> Option<u8> {
    let number = whole(text).and_then(|number| u8::try_from(number).ok())?;
    (least..=most).contains(&number).then_some(number)
}

fn civil(text: &str) -> Option<jiff::civil::Date> {
    let [year, month, day] = parts(text, '-')?;
    let whole = (year.len(), month.len(), day.len()) == (4, 2, 2);
    let year: i16 = year.parse().ok()?;
    let date = jiff::civil::Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()?;
    (whole && (1_900..=2_099).contains(&year)).then_some(date)
}

fn date(text: &str) -> Option<(u16, u8, u8)> {
    let date = civil(text)?;
    let [month, day] = [date.month(), date.day()].map(i8::unsigned_abs);
    Some((date.year().unsigned_abs(), month, day))
}

fn weekday(text: &str) -> Option<u8> {
    civil(text).map(|date| date.weekday().to_monday_one_offset().unsigned_abs())
}

fn time(text: &str) -> Option<(u8, u8)> {
    let (hour, minute) = text.split_once(':')?;
    let digits = |part: &str, most: u8| {
        let plain = part.bytes().all(|c| c.is_ascii_digit());
        part.parse().ok().filter(|number: &u8| plain && *number <= most)
    };
    if !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return None;
    }
    Some((digits(hour, 23)?, digits(minute, 59)?))
}

/// `90s`, `5m`, `2h`, `3d`; a number alone is seconds.
fn seconds(text: &str) -> Option<u64> {
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let factor = match unit {
        "" | "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    whole(number)?.checked_mul(factor)
}

fn parts(text: &str, by: char) -> Option<[&str; 3]> {
    let mut parts = text.split(by);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    let plain = three.iter().all(|part| part.bytes().all(|c| c.is_ascii_digit()));
    (plain && parts.next().is_none()).then_some(three)
}
