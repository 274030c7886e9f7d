use std::fmt;

use smallvec::SmallVec;

use crate::sip::wire::{MAX_LIST, Text, lex};

/// A `WWW-Authenticate` or `Proxy-Authenticate` (RFC 3261 §20.44, RFC 7616, RFC 8760).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Challenge(Digest);

/// An `Authorization` or `Proxy-Authorization` (RFC 3261 §20.7, RFC 7616).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Credentials(Digest);

/// The scheme and its parameters: unquoted, none twice.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Digest {
    scheme: Text,
    params: SmallVec<[(Text, Text); 10]>,
}

impl Digest {
    fn parse(value: &Text) -> Option<Self> {
        let text = lex::trim(value);
        let (scheme, rest) = text.split_once(lex::is_lws)?;
        if !lex::is_token(scheme) {
            return None;
        }
        let mut params: SmallVec<[(Text, Text); 10]> = SmallVec::new();
        let mut rest = lex::trim(rest);
        while !rest.is_empty() {
            let (name, after) = rest.split_once('=')?;
            let name = lex::trim(name);
            let after = after.trim_start_matches(lex::is_lws);
            let (read, after) = match after.strip_prefix('"') {
                Some(quoted) => {
                    let (inner, after) = lex::quoted(quoted)?;
                    match inner.contains('\\') {
                        true => (Text::from(lex::unescape(inner)), after),
                        false => (value.part(inner), after),
                    }
                }
                None => {
                    let end = after.find(',').unwrap_or(after.len());
                    let (bare, after) = after.split_at_checked(end)?;
                    let bare = lex::trim(bare);
                    if bare.is_empty() || bare.contains([' ', '\t', '"']) {
                        return None;
                    }
                    (value.part(bare), after)
                }
            };
            let is_new = !params.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
            if !lex::is_token(name) || !is_new || params.len() == MAX_LIST {
                return None;
            }
            params.push((value.part(name), read));
            let after = after.trim_start_matches(lex::is_lws);
            rest = match after.strip_prefix(',') {
                Some(more) => lex::trim(more),
                None if after.is_empty() => "",
                None => return None,
            };
        }
        Some(Self { scheme: value.part(scheme), params })
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.params
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: &str) {
        match self.params.iter_mut().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            Some((_, old)) => *old = value.into(),
            None => self.params.push((name.into(), value.into())),
        }
    }
}

impl fmt::Display for Digest {
    /// Quoted as RFC 7616 §3.3 and §3.4 ask, so that `algorithm`, `stale`, `nc` and, in credentials,
    /// `qop` are bare.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.scheme)?;
        let is_answer = self.get("response").is_some();
        for (n, (name, value)) in self.params.iter().enumerate() {
            f.write_str(if n == 0 { " " } else { ", " })?;
            let is_bare = ["algorithm", "stale", "nc", "userhash"].contains(&name.as_str())
                || (name == "qop" && is_answer);
            if is_bare && lex::is_token(value) {
                write!(f, "{name}={value}")?;
            } else {
                write!(f, "{name}={}", lex::quote(value))?;
            }
        }
        Ok(())
    }
}

macro_rules! digest {
    ($name:ident: $($(#[$doc:meta])* $field:ident $param:literal)*) => {
        impl $name {
            /// `Digest` without parameters.
            #[must_use]
            pub fn digest() -> Self {
                Self(Digest { scheme: Text::from_static("Digest"), params: SmallVec::new() })
            }

            /// Reads a header value. `None` when it is malformed or a parameter comes twice.
            #[must_use]
            pub fn parse(value: &Text) -> Option<Self> {
                Digest::parse(value).map(Self)
            }

            /// Whether the scheme is `Digest`.
            #[must_use]
            pub fn is_digest(&self) -> bool {
                self.0.scheme.eq_ignore_ascii_case("Digest")
            }

            /// A parameter without its quotes.
            #[must_use]
            pub fn get(&self, name: &str) -> Option<&str> {
                self.0.get(name)
            }

            /// Sets a parameter; the value is quoted where RFC 7616 asks for it.
            pub fn set(&mut self, name: &str, value: &str) {
                self.0.set(name, value);
            }

            /// With a parameter set.
            #[must_use]
            pub fn with(mut self, name: &str, value: &str) -> Self {
                self.set(name, value);
                self
            }

            $(
                $(#[$doc])*
                #[must_use]
                pub fn $field(&self) -> Option<&str> {
                    self.0.get($param)
                }
            )*
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

digest! { Challenge:
    /// The realm.
    realm "realm"
    /// The nonce.
    nonce "nonce"
    /// To be sent back as it is.
    opaque "opaque"
    /// `MD5` when there is none.
    algorithm "algorithm"
    /// A comma-joined list, such as `auth,auth-int`.
    qop "qop"
    /// `true`: the nonce was too old, the password may be right.
    stale "stale"
}

digest! { Credentials:
    /// The user's name.
    username "username"
    /// The realm.
    realm "realm"
    /// The nonce.
    nonce "nonce"
    /// What the digest was made for.
    uri "uri"
    /// The digest in hex.
    response "response"
    /// `MD5` when there is none.
    algorithm "algorithm"
    /// The client's nonce.
    cnonce "cnonce"
    /// From the challenge.
    opaque "opaque"
    /// `auth`, `auth-int`; none in RFC 2069.
    qop "qop"
    /// How often the nonce was used: eight hex digits.
    nc "nc"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_read_and_written() {
        let text = "Digest username=\"a\\\"b\", realm = \"r, s\",nonce=\"\", uri=\"sip:h\", response=\"00\", \
                    algorithm=SHA-256, qop=auth, nc=00000001, cnonce=\"c\"";
        let it = Credentials::parse(&text.into()).unwrap();
        assert_eq!(it.username(), Some("a\"b"));
        assert_eq!((it.realm(), it.nonce(), it.qop()), (Some("r, s"), Some(""), Some("auth")));
        assert_eq!(it.nc(), Some("00000001"));
        let again = Credentials::parse(&it.to_string().into()).unwrap();
        assert_eq!(again, it);
        let challenge = Challenge::digest()
            .with("realm", "r")
            .with("nonce", "n")
            .with("algorithm", "MD5")
            .with("qop", "auth")
            .with("stale", "true");
        assert_eq!(
            challenge.to_string(),
            "Digest realm=\"r\", nonce=\"n\", algorithm=MD5, qop=\"auth\", stale=true"
        );
    }

    #[test]
    fn malformed_digests_are_refused() {
        for text in [
            "",
            "Digest",
            "Digest a",
            "Digest a=",
            "Digest a=\"b",
            "Digest a=b c",
            "Digest a=b a=c",
            "Digest a=b, A=c",
            "Digest =b",
            "Digest a=\"b\"c",
            "Di gest a=b x",
        ] {
            assert_eq!(Credentials::parse(&text.into()), None, "{text}");
        }
        let it = Credentials::parse(&"NoOneKnowsThisScheme opaque-data=here".into()).unwrap();
        assert!(!it.is_digest());
    }
}
