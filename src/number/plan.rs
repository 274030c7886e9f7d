use crate::number::Kind;
use crate::number::caller::Reading;

/// Prefixes of IP telephony that a caller dials before the number itself.
const IP_PREFIXES: [&str; 5] = ["17951", "17911", "17909", "12593", "10193"];

const EMERGENCY: [&str; 4] = ["110", "119", "120", "122"];

/// A pattern of digits: `d` stands for any digit, `[a-b]` for a range, anything else for itself;
/// then how many more digits may follow.
struct Pattern {
    head: &'static str,
    more: std::ops::RangeInclusive<usize>,
}

const fn pattern(head: &'static str, least: usize, most: usize) -> Pattern {
    Pattern { head, more: least..=most }
}

/// Short codes, valid alone and behind an area code.
const SHORT: [Pattern; 7] = [
    pattern("1dd", 0, 0),        // 110, 114, 120
    pattern("10[0-1]dd", 0, 0),  // 10000, 10086, 10010, 101xx
    pattern("1[1-2]ddd", 0, 0),  // 11185, 12110, 12121, 12306, 12315, 12345, 12366
    pattern("11[6-8]ddd", 0, 0), // 116114, 118114
    pattern("95", 3, 6),         // 95588, 95598, 95105105
    pattern("96", 3, 4),         // 96110, 962288
    pattern("1010", 4, 4),       // 10105555 and the like
];

/// Area codes without their leading 0, and how many digits a number there has.
const AREAS: [Pattern; 3] = [pattern("10", 8, 8), pattern("2d", 8, 8), pattern("[3-9]dd", 7, 8)];

/// Fit the pattern of an area code and are none.
const NO_AREA: [&str; 2] = ["400", "800"];

const MOBILE: Pattern = pattern("1[3-9]", 9, 9);
const SERVICE: [Pattern; 2] = [pattern("400", 7, 7), pattern("800", 7, 7)];
const MESSAGE: Pattern = pattern("106", 5, 17);
const LOCAL: Pattern = pattern("[2-9]", 6, 7);
/// E.164: a country code that does not begin with 0, 15 digits at most.
const ABROAD: Pattern = pattern("[1-9]", 6, 14);

impl Pattern {
    /// The digits after the head, when head and length fit.
    fn rest<'a>(&self, digits: &'a str) -> Option<&'a str> {
        let mut digits = digits.chars();
        let mut head = self.head.chars();
        while let Some(want) = head.next() {
            let got = digits.next()?;
            let fits = match want {
                'd' => true,
                '[' => {
                    let range = (head.next()?, head.nth(1)?);
                    head.next();
                    (range.0..=range.1).contains(&got)
                }
                digit => digit == got,
            };
            if !fits {
                return None;
            }
        }
        let rest = digits.as_str();
        self.more.contains(&rest.len()).then_some(rest)
    }

    fn fits(&self, digits: &str) -> bool {
        self.rest(digits).is_some()
    }
}

/// A number as it is dialled or shown at home, without `+` or `00`.
pub(crate) fn home_number(digits: &str, home: &str) -> Option<Reading> {
    trunk(digits)
        .or_else(|| short(digits))
        .or_else(|| plain(digits))
        .or_else(|| digits.strip_prefix("86").filter(|rest| rest.len() >= 10).and_then(national))
        .or_else(|| local(digits, home))
        .or_else(|| {
            let behind = IP_PREFIXES.iter().find_map(|prefix| digits.strip_prefix(prefix))?;
            match behind.strip_prefix("00") {
                Some(rest) => rest.strip_prefix("86").map_or_else(|| abroad(rest), national),
                None => {
                    let same = |rest| trunk(rest).or_else(|| plain(rest));
                    same(behind).or_else(|| local(behind, home))
                }
            }
        })
}

/// A number behind `+86`: an area code needs no 0 there, but some platforms leave it.
pub(crate) fn national(digits: &str) -> Option<Reading> {
    let bare = digits.strip_prefix('0').unwrap_or(digits);
    trunk(digits).or_else(|| short(digits)).or_else(|| plain(bare)).or_else(|| city_short(bare))
}

/// A number of another country, with its country code.
pub(crate) fn abroad(digits: &str) -> Option<Reading> {
    ABROAD.fits(digits).then(|| {
        let number = format!("+{digits}");
        Reading::new(Kind::Foreign, number.clone(), number)
    })
}

/// With the leading 0: a long-distance number, a mobile, another city's short code.
fn trunk(digits: &str) -> Option<Reading> {
    let bare = digits.strip_prefix('0')?;
    mobile(bare).or_else(|| service(bare)).or_else(|| landline(bare)).or_else(|| city_short(bare))
}

/// Without anything before it, and not local.
fn plain(digits: &str) -> Option<Reading> {
    mobile(digits).or_else(|| service(digits)).or_else(|| landline(digits)).or_else(|| {
        MESSAGE
            .fits(digits)
            .then(|| Reading::new(Kind::Message, digits.to_owned(), digits.to_owned()))
    })
}

fn short(digits: &str) -> Option<Reading> {
    if !SHORT.iter().any(|pattern| pattern.fits(digits)) {
        return None;
    }
    let kind = if EMERGENCY.contains(&digits) { Kind::Emergency } else { Kind::Short };
    Some(Reading::new(kind, digits.to_owned(), digits.to_owned()))
}

fn mobile(digits: &str) -> Option<Reading> {
    MOBILE.fits(digits).then(|| {
        let (head, rest) = digits.split_at(3);
        let (middle, tail) = rest.split_at(4);
        let display = format!("{head} {middle} {tail}");
        Reading::new(Kind::Mobile, format!("+86{digits}"), display)
    })
}

fn service(digits: &str) -> Option<Reading> {
    SERVICE.iter().any(|pattern| pattern.fits(digits)).then(|| {
        let (head, rest) = digits.split_at(3);
        let (middle, tail) = rest.split_at(3);
        let display = format!("{head}-{middle}-{tail}");
        Reading::new(Kind::Service, format!("+86{digits}"), display)
    })
}

/// An area code without its 0, and a number that does not begin with 0 or 1.
fn landline(digits: &str) -> Option<Reading> {
    let number = AREAS.iter().find_map(|area| area.rest(digits))?;
    let area = &digits[..digits.len() - number.len()];
    let real = !number.starts_with(['0', '1']) && !NO_AREA.contains(&area);
    real.then(|| fixed(area, number))
}

fn local(digits: &str, home: &str) -> Option<Reading> {
    if !LOCAL.fits(digits) {
        return None;
    }
    match home.strip_prefix('0') {
        Some(area) => Some(fixed(area, digits)),
        None => Some(Reading::new(Kind::Landline, digits.to_owned(), digits.to_owned())),
    }
}

fn fixed(area: &str, number: &str) -> Reading {
    let normal = format!("+86{area}{number}");
    let region = Some(format!("0{area}"));
    Reading { kind: Kind::Landline, normal, display: format!("0{area}-{number}"), region }
}

/// An area code without its 0, and a short code.
fn city_short(digits: &str) -> Option<Reading> {
    AREAS.iter().find_map(|area| {
        let head = Pattern { head: area.head, more: 0..=usize::MAX };
        let code = head.rest(digits)?;
        short(code)?;
        let area = &digits[..digits.len() - code.len()];
        if NO_AREA.contains(&area) {
            return None;
        }
        Some(Reading {
            kind: Kind::CityShort,
            normal: format!("0{area}{code}"),
            display: format!("0{area}-{code}"),
            region: Some(format!("0{area}")),
        })
    })
}
