use std::fmt;

use crate::sip::wire::{Method, Text, lex};

/// The CSeq header (RFC 3261 §20.16).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CSeq {
    /// The RFC asks for less than 2³¹; any 32-bit number is taken.
    pub number: u32,
    /// The request's method.
    pub method: Method,
}

impl CSeq {
    /// Reads a header value.
    #[must_use]
    pub fn parse(value: &Text) -> Option<Self> {
        let (number, method) = lex::trim(value).split_once(lex::is_lws)?;
        Some(Self {
            number: lex::number(number)?,
            method: Method::parse(value, lex::trim(method))?,
        })
    }
}

impl fmt::Display for CSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.number, self.method)
    }
}
