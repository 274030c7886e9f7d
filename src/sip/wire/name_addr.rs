use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sip::wire::{Params, Text, Uri, lex};

/// `"Display" <uri>;params`, or a URI without its brackets (RFC 3261 §20.10).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub struct NameAddr {
    /// The display name without quotes and backslashes; never empty.
    pub display: Option<Text>,
    /// The URI.
    pub uri: Uri,
    /// The parameters after the URI: the header's.
    pub params: Params,
}

/// No `name-addr`, or one that is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed address")]
pub struct BadNameAddr;

/// Parameters that must not come twice.
const ONCE: [&str; 3] = ["tag", "expires", "q"];

impl NameAddr {
    /// The URI alone.
    #[must_use]
    pub const fn new(uri: Uri, params: Params) -> Self {
        Self { display: None, uri, params }
    }

    /// Reads one address; a list is refused.
    pub fn parse(value: &Text) -> Result<Self, BadNameAddr> {
        Self::parse_part(value, value).ok_or(BadNameAddr)
    }

    /// Reads the address that `part` of `whole` is.
    pub(crate) fn parse_part(whole: &Text, part: &str) -> Option<Self> {
        let part = lex::trim(part);
        let (display, rest) = if let Some(quoted) = part.strip_prefix('"') {
            let (display, rest) = lex::quoted(quoted)?;
            let display = match display.contains('\\') {
                true => Text::from(lex::unescape(display)),
                false => whole.part(display),
            };
            (display, rest.trim_start_matches(lex::is_lws))
        } else if let Some(at) = part.find('<') {
            let (display, rest) = part.split_at_checked(at)?;
            let display = lex::trim(display);
            if !display.chars().all(is_display_char) {
                return None;
            }
            (whole.part(display), rest)
        } else {
            // Without brackets parameters are the header's, and a `?` or a comma has no place.
            let (uri, params) =
                part.find(';').and_then(|at| part.split_at_checked(at)).unwrap_or((part, ""));
            if uri.contains([',', '?']) {
                return None;
            }
            let uri = Uri::parse_part(whole, uri.trim_end_matches(lex::is_lws))?;
            return Some(Self { display: None, uri, params: Params::parse(whole, params, &ONCE)? });
        };
        let (uri, params) = rest.strip_prefix('<')?.split_once('>')?;
        Some(Self {
            display: (!display.is_empty()).then_some(display),
            uri: Uri::parse_part(whole, uri)?,
            params: Params::parse(whole, params, &ONCE)?,
        })
    }

    /// The tag of a From or To; `None` when there is none.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }

    /// With this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    /// With this display name, unquoted; an empty one is none.
    #[must_use]
    pub fn with_display(mut self, display: Option<Text>) -> Self {
        self.display = display.filter(|display| !display.is_empty());
        self
    }
}

/// Wider than the RFC: letters of any script, and brackets.
const fn is_display_char(c: char) -> bool {
    !matches!(c, '"' | ',' | ';' | ':' | '@' | '>' | '\\') && (c == '\t' || !c.is_ascii_control())
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(display) = &self.display {
            f.write_str(&lex::quote(display))?;
            f.write_str(" ")?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

impl TryFrom<Text> for NameAddr {
    type Error = BadNameAddr;

    fn try_from(text: Text) -> Result<Self, BadNameAddr> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for NameAddr {
    type Err = BadNameAddr;

    fn from_str(text: &str) -> Result<Self, BadNameAddr> {
        Self::parse(&Text::from(text))
    }
}

impl From<NameAddr> for Text {
    fn from(address: NameAddr) -> Self {
        Self::from(address.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        for (text, display, uri, tag) in [
            ("sip:a@h;tag=1", None, "sip:a@h", Some("1")),
            ("<sip:a@h;x=1>;tag=2", None, "sip:a@h;x=1", Some("2")),
            ("caller<sip:a@h> ; tag = 3", Some("caller"), "sip:a@h", Some("3")),
            ("The Bell\tMan <tel:+1>", Some("The Bell\tMan"), "tel:+1", None),
            (r#""J \"R\" \\" <sip:h>;tag=4"#, Some(r#"J "R" \"#), "sip:h", Some("4")),
            (r#""" <sip:h>"#, None, "sip:h", None),
            (r#""a<b>,c" <sip:h>"#, Some("a<b>,c"), "sip:h", None),
            ("张三 <sip:h>", Some("张三"), "sip:h", None),
        ] {
            let it: NameAddr = text.parse().expect(text);
            assert_eq!((it.display.as_deref(), it.tag()), (display, tag), "{text}");
            assert_eq!(it.uri.to_string(), uri, "{text}");
            assert_eq!(it.to_string().parse::<NameAddr>(), Ok(it), "{text}");
        }
    }

    #[test]
    fn malformed_addresses_are_refused() {
        for text in [
            "",
            "a",
            "<>",
            "<sip:h",
            "\"a <sip:h>",
            "Bell, A <sip:h>",
            "\"W\" < sip:h >",
            "<sip:h> x",
            "<sip:h>;;",
            "<sip:h>;tag",
            "<sip:h>;tag=",
            "<sip:h>;tag=a;tag=b",
            "sip:h?a=b",
            "<sip:a>, <sip:b>",
            "\"a\" b <sip:h>",
            "sip:a, sip:b",
        ] {
            let result = text.parse::<NameAddr>();
            // A tag without a value is well-formed as a parameter, and no tag.
            if text == "<sip:h>;tag" {
                assert_eq!(result.unwrap().tag(), None);
            } else {
                assert_eq!(result, Err(BadNameAddr), "{text}");
            }
        }
    }
}
