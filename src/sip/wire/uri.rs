use std::borrow::Cow;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::sip::wire::{Params, Text, lex};

/// What a URI begins with.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:` (RFC 3966)
    Tel,
    /// Anything else, in its own spelling.
    Other(Text),
}

/// A URI: of a request, of a contact, in a From (RFC 3261 §19.1, RFC 3966).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "Text", into = "Text")]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// What stands before the `@`, escaped, as written, without the password. The number of a `tel:`
    /// URI; all that follows the colon of an unknown scheme.
    pub user: Option<Text>,
    /// What stands between a `:` and the `@`.
    pub password: Option<Text>,
    /// Name or address, as written: an IPv6 address in its brackets. Empty for `tel:` and unknown schemes.
    pub host: Text,
    /// The port, if one is written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params,
    /// What follows the `?`, escaped, as written.
    pub headers: Option<Text>,
}

/// No URI, or one that is malformed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("malformed URI")]
pub struct BadUri;

impl Uri {
    /// `sip:user@host:port`. What may not stand in a user is escaped; the host must be a name or an
    /// address (an IPv6 address with or without brackets).
    #[must_use]
    pub fn sip(user: Option<&str>, host: &str, port: Option<u16>) -> Self {
        let host = match host.parse::<Ipv6Addr>() {
            Ok(address) => Text::from(format!("[{address}]")),
            Err(_) => Text::from(host),
        };
        Self {
            scheme: Scheme::Sip,
            user: user.map(|user| Text::from(escape(user))),
            password: None,
            host,
            port,
            params: Params::default(),
            headers: None,
        }
    }

    /// Reads a URI that stands alone.
    pub fn parse(text: &Text) -> Result<Self, BadUri> {
        Self::parse_part(text, text).ok_or(BadUri)
    }

    /// Reads the URI that `part` of `whole` is.
    pub(crate) fn parse_part(whole: &Text, part: &str) -> Option<Self> {
        let (scheme, rest) = part.split_once(':')?;
        if scheme.eq_ignore_ascii_case("sip") {
            Self::parse_sip(Scheme::Sip, whole, rest)
        } else if scheme.eq_ignore_ascii_case("sips") {
            Self::parse_sip(Scheme::Sips, whole, rest)
        } else if scheme.eq_ignore_ascii_case("tel") {
            let (number, params) = cut(rest, ';');
            let params = Params::parse(whole, params, &[])?;
            let is_number = number.bytes().all(|b| {
                b.is_ascii_hexdigit() || matches!(b, b'+' | b'*' | b'#' | b'-' | b'.' | b'(' | b')')
            });
            (is_number && !number.is_empty())
                .then(|| Self::opaque(Scheme::Tel, whole.part(number), params))
        } else {
            let mut bytes = scheme.bytes();
            let is_scheme = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
                && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
            let is_clean = !rest.is_empty() && rest.chars().all(is_uri_char);
            (is_scheme && is_clean).then(|| {
                let scheme = Scheme::Other(whole.part(scheme));
                Self::opaque(scheme, whole.part(rest), Params::default())
            })
        }
    }

    fn opaque(scheme: Scheme, user: Text, params: Params) -> Self {
        let host = Text::default();
        Self { scheme, user: Some(user), password: None, host, port: None, params, headers: None }
    }

    fn parse_sip(scheme: Scheme, whole: &Text, rest: &str) -> Option<Self> {
        // No `@` may stand unescaped after the host, so the first is the user's. A user may contain
        // `;` and `?`.
        let (user, password, rest) = match rest.split_once('@') {
            Some((user, rest)) => {
                let (user, password) =
                    user.split_once(':').map_or((user, None), |(u, p)| (u, Some(p)));
                if user.is_empty() || !is_userinfo(user) || !password.is_none_or(is_userinfo) {
                    return None;
                }
                (Some(whole.part(user)), password.map(|p| whole.part(p)), rest)
            }
            None => (None, None, rest),
        };
        let (rest, headers) = cut(rest, '?');
        let headers = match headers.strip_prefix('?') {
            Some("") => return None,
            Some(headers) if headers.chars().all(is_uri_char) && is_escaped_well(headers) => {
                Some(whole.part(headers))
            }
            Some(_) => return None,
            None => None,
        };
        let (host, params) = cut(rest, ';');
        if params.contains(lex::is_lws) || !is_escaped_well(params) {
            return None;
        }
        let params =
            Params::parse(whole, params, &["transport", "maddr", "ttl", "user", "method", "lr"])?;
        let (host, port) = host_port(host)?;
        let host = whole.part(host);
        Some(Self { scheme, user, password, host, port, params, headers })
    }

    /// The user without escapes; bytes that are no UTF-8 read as U+FFFD. It may contain any
    /// character, NUL too.
    #[must_use]
    pub fn user_unescaped(&self) -> Option<Cow<'_, str>> {
        self.user.as_deref().map(unescape)
    }

    /// The host, if it is an address.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        host_address(&self.host)
    }

    /// The value of the `transport` parameter.
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        self.params.get("transport")
    }

    /// Whether the parameter `lr` is there: the router is a loose one (RFC 3261 §19.1.1).
    #[must_use]
    pub fn is_loose(&self) -> bool {
        self.params.has("lr")
    }

    /// Equivalence (RFC 3261 §19.1.4): escapes, the case of the host and the order of parameters do
    /// not matter; `user`, `ttl`, `method`, `maddr` and `transport` must be in both or in neither.
    #[must_use]
    pub fn is_equivalent(&self, other: &Self) -> bool {
        let is_same_scheme = match (&self.scheme, &other.scheme) {
            (Scheme::Other(a), Scheme::Other(b)) => a.eq_ignore_ascii_case(b),
            (a, b) => a == b,
        };
        let has_same = |a: &Params, b: &Params| {
            a.iter().all(|(name, value)| match b.get(name) {
                Some(other) => unescape(value.unwrap_or("")).eq_ignore_ascii_case(&unescape(other)),
                None => !["user", "ttl", "method", "maddr", "transport"]
                    .iter()
                    .any(|must| must.eq_ignore_ascii_case(name)),
            })
        };
        is_same_scheme
            && self.user_unescaped() == other.user_unescaped()
            && self.password.as_deref().map(unescape) == other.password.as_deref().map(unescape)
            && is_same_host(&self.host, &other.host)
            && self.port == other.port
            && has_same(&self.params, &other.params)
            && has_same(&other.params, &self.params)
            && self.headers == other.headers
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match &self.scheme {
            Scheme::Sip => "sip",
            Scheme::Sips => "sips",
            Scheme::Tel => "tel",
            Scheme::Other(scheme) => scheme,
        };
        write!(f, "{scheme}:")?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
            if let Some(password) = &self.password {
                write!(f, ":{password}")?;
            }
            if matches!(self.scheme, Scheme::Sip | Scheme::Sips) {
                f.write_str("@")?;
            }
        }
        f.write_str(&self.host)?;
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}", self.params)?;
        match &self.headers {
            Some(headers) => write!(f, "?{headers}"),
            None => Ok(()),
        }
    }
}

impl TryFrom<Text> for Uri {
    type Error = BadUri;

    fn try_from(text: Text) -> Result<Self, BadUri> {
        Self::parse(&text)
    }
}

impl std::str::FromStr for Uri {
    type Err = BadUri;

    fn from_str(text: &str) -> Result<Self, BadUri> {
        Self::parse(&Text::from(text))
    }
}

impl From<Uri> for Text {
    fn from(uri: Uri) -> Self {
        Self::from(uri.to_string())
    }
}

/// What stands before the first `at`, and the rest from it on.
fn cut(text: &str, at: char) -> (&str, &str) {
    text.find(at).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

/// Splits `host[:port]`. `None` when the host is neither a name nor an address.
pub(crate) fn host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let end = match text.starts_with('[') {
        true => text.find(']')? + 1,
        false => text.find(':').unwrap_or(text.len()),
    };
    let (host, rest) = text.split_at_checked(end)?;
    let port = match rest.strip_prefix(':') {
        Some(port) => Some(lex::number(port)?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let is_host = if host.starts_with('[') {
        host_address(host).is_some()
    } else {
        // Underscores are no part of the RFC, and common.
        !host.is_empty()
            && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
    };
    is_host.then_some((host, port))
}

/// The address that a host is. The ABNF of RFC 3261 yields three colons where two are meant
/// (RFC 5118 §4.10): they are taken as two.
pub(crate) fn host_address(host: &str) -> Option<IpAddr> {
    let Some(inner) = host.strip_prefix('[') else {
        return host.parse().ok();
    };
    let inner = inner.strip_suffix(']')?;
    let address = match inner.parse::<Ipv6Addr>() {
        Err(_) if inner.contains(":::") => inner.replacen(":::", "::", 1).parse::<Ipv6Addr>(),
        result => result,
    };
    address.ok().map(IpAddr::V6)
}

fn is_same_host(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
        || host_address(a).is_some_and(|address| host_address(b) == Some(address))
}

fn is_uri_char(c: char) -> bool {
    !c.is_control() && !matches!(c, ' ' | '"' | '<' | '>')
}

/// Wider than the RFC, for what phones write: `#` and letters of any script are let through.
fn is_userinfo(text: &str) -> bool {
    text.chars().all(is_uri_char) && is_escaped_well(text)
}

fn is_escaped_well(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, b)| {
        b != b'%'
            || text
                .as_bytes()
                .get(at + 1..at + 3)
                .is_some_and(|d| d.iter().all(u8::is_ascii_hexdigit))
    })
}

pub(crate) fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match digits.filter(|_| *first == b'%').and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(b) => {
                bytes.push(b);
                rest = after.get(2..).unwrap_or_default();
            }
            None => bytes.push(*first),
        }
    }
    Cow::Owned(String::from_utf8_lossy(&bytes).into_owned())
}

fn escape(user: &str) -> String {
    let mut text = String::with_capacity(user.len());
    for b in user.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,;?/".contains(&b) {
            text.push(char::from(b));
        } else {
            text.push_str(&format!("%{b:02X}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> Uri {
        text.parse().unwrap()
    }

    #[test]
    fn uris_are_read_and_written_alike() {
        for text in [
            "sip:alice@example.com",
            "sips:alice:secret@example.com:5061;transport=tcp;lr?Subject=a&Priority=urgent",
            "sip:user;par=u%40example.net@example.com",
            "sip:a?b/c@h",
            "sip:[2001:db8::10]:5070;lr",
            "sip:192.0.2.1",
            "sip:%00@h",
            "sip:*72#@h_1",
            "tel:+86-21-12345;phone-context=example.com",
            "nobodyKnowsThisScheme:totallyopaquecontent",
            "soap.beep://192.0.2.103:3002",
        ] {
            assert_eq!(uri(text).to_string(), text);
        }
    }

    #[test]
    fn malformed_uris_are_refused() {
        for text in [
            "",
            "sip",
            "sip:",
            "sip:@h",
            "sip:a@",
            "sip:a@b@c",
            "sip:a b@c",
            "sip:a@b c",
            "sip:h;",
            "sip:h;;lr",
            "sip:h; lr",
            "sip:h:99999",
            "sip:h:",
            "sip:h:5060x",
            "sip:[::1",
            "sip:[x]",
            "sip:2001:db8::1",
            "sip:%Z0@h",
            "sip:h?",
            "<sip:h>",
            "tel:",
            "tel:abcxyz",
            "1x:a",
            "x:",
            "sip:h;lr;lr",
            "sip:\u{1}@h",
            "sip:hé",
        ] {
            assert_eq!(text.parse::<Uri>(), Err(BadUri), "{text}");
        }
    }

    #[test]
    fn parts_are_where_they_should_be() {
        let it = uri("sip:%31234:pw@[::1]:5070;transport=tcp;lr?a=b");
        assert_eq!(it.user_unescaped().unwrap(), "1234");
        assert_eq!(it.password.as_deref(), Some("pw"));
        assert_eq!(it.address(), Some("::1".parse().unwrap()));
        assert_eq!((it.port, it.transport(), it.is_loose()), (Some(5070), Some("tcp"), true));
        assert_eq!(it.headers.as_deref(), Some("a=b"));
        let three = uri("sip:u@[2001:db8:::192.0.2.1]");
        assert_eq!(three.address(), Some("2001:db8::192.0.2.1".parse().unwrap()));
        assert_eq!(Uri::sip(Some("a b@c"), "::1", None).to_string(), "sip:a%20b%40c@[::1]");
    }

    #[test]
    fn equivalence_is_that_of_rfc_3261() {
        for (a, b, is_equivalent) in [
            ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true),
            ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true),
            ("sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true),
            (
                "sip:biloxi.com;transport=tcp;method=REGISTER",
                "sip:biloxi.com;method=REGISTER;transport=tcp",
                true,
            ),
            ("SIP:ALICE@AtLanTa.CoM", "sip:alice@AtLanTa.CoM", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false),
            ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false),
            ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false),
            ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false),
        ] {
            assert_eq!(uri(a).is_equivalent(&uri(b)), is_equivalent, "{a} {b}");
            assert_eq!(uri(b).is_equivalent(&uri(a)), is_equivalent, "{b} {a}");
        }
    }
}
