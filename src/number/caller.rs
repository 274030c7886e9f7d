use serde::{Deserialize, Serialize};

use crate::number::clean::{Cleaned, clean};
use crate::number::plan::{abroad, home_number, national};

/// The most characters of a number that are kept.
const RAW_MAX: usize = 256;

/// Where the tenant is: what a local number without area code means.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Home {
    /// The area code with its leading 0, such as `0770`. Empty: local numbers keep no region.
    pub area_code: String,
}

/// A party's number, as it came and as it is kept.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Number {
    /// As it came, cut at 256 characters.
    pub raw: String,
    /// E.164 with `+` (400 and 800 numbers too), a short code as it is, area code and short code for
    /// a named city's; what could not be read stays as it came, without scheme and parameters;
    /// empty when withheld.
    pub normal: String,
    /// For people, as it is written in China; empty when withheld.
    pub display: String,
    /// What it is.
    pub kind: Kind,
    /// The area code with its leading 0, when the number itself (or being a local one) says it.
    pub region: Option<String>,
}

/// What a number is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A mobile of the mainland.
    Mobile,
    /// A fixed line of the mainland.
    Landline,
    /// 400 or 800 and seven digits.
    Service,
    /// 110, 119, 120, 122.
    Emergency,
    /// Another short code: 12345, 10086, 95588, 96110 …
    Short,
    /// A short code of a named city: `0770` and `12345`.
    CityShort,
    /// A gateway of short messages (106…), never dialled.
    Message,
    /// Outside the mainland.
    Foreign,
    /// Something else: an extension, a name.
    Other,
    /// The caller gave none.
    Withheld,
}

/// Reads a number: the user part of a SIP URI, a whole `sip:` or `tel:` URI, or what a person typed.
/// What belongs to no known pattern is kept as [`Kind::Other`], never bent into one.
#[must_use]
pub fn read(raw: &str, home: &Home) -> Number {
    let raw: String = raw.chars().take(RAW_MAX).collect();
    let read = match clean(&raw) {
        Cleaned::Nobody => Reading::new(Kind::Withheld, String::new(), String::new()),
        Cleaned::Name(name) => Reading::new(Kind::Other, name.clone(), name),
        Cleaned::Digits { digits, international: true } => match digits.strip_prefix("86") {
            Some(rest) => national(rest),
            None => abroad(&digits),
        }
        .unwrap_or_else(|| Reading::new(Kind::Other, format!("+{digits}"), format!("+{digits}"))),
        Cleaned::Digits { digits, international: false } => home_number(&digits, &home.area_code)
            .unwrap_or_else(|| Reading::new(Kind::Other, digits.clone(), digits)),
    };
    let Reading { kind, normal, display, region } = read;
    Number { raw, normal, display, kind, region }
}

/// A [`Number`] without its raw form.
#[derive(Clone, Debug)]
pub(crate) struct Reading {
    pub(crate) kind: Kind,
    pub(crate) normal: String,
    pub(crate) display: String,
    pub(crate) region: Option<String>,
}

impl Reading {
    pub(crate) fn new(kind: Kind, normal: String, display: String) -> Self {
        Self { kind, normal, display, region: None }
    }
}
