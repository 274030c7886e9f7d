use serde::{Deserialize, Serialize};

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
    /// E.164 with `+`, a short code as it is, area code and short code for another city's hotline;
    /// what could not be read stays as it came; empty when withheld.
    pub normal: String,
    /// For people, as it is written in China; empty when withheld.
    pub display: String,
    /// What it is.
    pub kind: Kind,
    /// The area code with its leading 0, when the number itself says it.
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
#[must_use]
pub fn read(raw: &str, _home: &Home) -> Number {
    Number {
        raw: raw.to_owned(),
        normal: raw.to_owned(),
        display: raw.to_owned(),
        kind: Kind::Other,
        region: None,
    }
}
