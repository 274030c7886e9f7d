use md5::{Digest as _, Md5};
use sha2::Sha256;

/// Hash of a digest challenge. rsip writes `SHA256` for what RFC 8760 calls `SHA-256` and breaks
/// `nc`, so challenges and credentials are read and written here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RFC 3261.
    Md5,
    /// RFC 8760.
    Sha256,
}

impl Algorithm {
    fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    fn of(name: &str) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex::encode(Md5::digest(text.as_bytes())),
            Self::Sha256 => hex::encode(Sha256::digest(text.as_bytes())),
        }
    }
}

/// A challenge that we can answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    pub(crate) realm: String,
    pub(crate) nonce: String,
    pub(crate) opaque: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(crate) qop_auth: bool,
    pub(crate) stale: bool,
}

impl Challenge {
    /// Reads one `WWW-Authenticate` or `Proxy-Authenticate` value.
    pub(crate) fn read(value: &str) -> Option<Self> {
        let fields = fields(value)?;
        let field = |name: &str| fields.iter().find(|(of, _)| of == name).map(|(_, v)| v.clone());
        Some(Self {
            realm: field("realm")?,
            nonce: field("nonce")?,
            opaque: field("opaque"),
            algorithm: match field("algorithm") {
                Some(name) => Algorithm::of(&name)?,
                None => Algorithm::Md5,
            },
            qop_auth: field("qop")
                .is_some_and(|qop| qop.split(',').any(|q| q.trim().eq_ignore_ascii_case("auth"))),
            stale: field("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }
}

/// The `name=value` fields after `Digest`; quoted values unquoted.
pub(crate) fn fields(value: &str) -> Option<Vec<(String, String)>> {
    let (scheme, mut rest) = value.trim().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("Digest") {
        return None;
    }
    let mut fields = Vec::new();
    loop {
        rest = rest.trim_start_matches([' ', ',', '\t']);
        if rest.is_empty() {
            return Some(fields);
        }
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim(), &after[end..])
            }
        };
        fields.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        rest = after;
    }
}

/// Who answers a challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name of the account.
    pub user: String,
    /// Its password.
    pub password: String,
    /// Answer only challenges of this algorithm; the first that we know when `None`.
    pub algorithm: Option<Algorithm>,
}

impl Credentials {
    /// Takes any algorithm that is offered.
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.to_owned(), password: password.to_owned(), algorithm: None }
    }

    /// The challenge to answer among those offered, in the order of the server.
    pub(crate) fn choose<'a>(
        &self,
        challenges: impl Iterator<Item = &'a str>,
    ) -> Option<Challenge> {
        challenges
            .filter_map(Challenge::read)
            .find(|challenge| self.algorithm.is_none_or(|wanted| wanted == challenge.algorithm))
    }

    /// The value of `Authorization`. `count` is this nonce's use, from 1.
    pub(crate) fn answer(
        &self,
        challenge: &Challenge,
        method: &str,
        uri: &str,
        count: u32,
        client_nonce: &str,
    ) -> String {
        let response = self.response(challenge, method, uri, count, client_nonce);
        let Challenge { realm, nonce, algorithm, .. } = challenge;
        let mut value = format!(
            "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={}",
            self.user,
            algorithm.name(),
        );
        if challenge.qop_auth {
            value.push_str(&format!(", qop=auth, nc={count:08x}, cnonce=\"{client_nonce}\""));
        }
        if let Some(opaque) = &challenge.opaque {
            value.push_str(&format!(", opaque=\"{opaque}\""));
        }
        value
    }

    pub(crate) fn response(
        &self,
        challenge: &Challenge,
        method: &str,
        uri: &str,
        count: u32,
        client_nonce: &str,
    ) -> String {
        let hash = |text: String| challenge.algorithm.hash(&text);
        let secret = hash(format!("{}:{}:{}", self.user, challenge.realm, self.password));
        let request = hash(format!("{method}:{uri}"));
        let nonce = &challenge.nonce;
        if challenge.qop_auth {
            hash(format!("{secret}:{nonce}:{count:08x}:{client_nonce}:auth:{request}"))
        } else {
            hash(format!("{secret}:{nonce}:{request}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_rfc_7616_is_answered_alike() {
        let check = |algorithm: &str, expected: &str| {
            let challenge = Challenge::read(&format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", \
                 algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", opaque=\"FQ\""
            ))
            .unwrap();
            let response = Credentials::new("Mufasa", "Circle of Life").response(
                &challenge,
                "GET",
                "/dir/index.html",
                1,
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            );
            assert_eq!(response, expected);
        };
        check("MD5", "8ca523f5e9506fed4657c9700eebdbec");
        check("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
    }
}
