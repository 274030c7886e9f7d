use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A digest algorithm (RFC 8760 §2.1).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Algorithm {
    /// MD5, for phones that know nothing else.
    #[serde(rename = "MD5")]
    Md5,
    /// SHA-256.
    #[serde(rename = "SHA-256")]
    Sha256,
}

impl Algorithm {
    /// The name in a challenge.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }

    /// The algorithm of this name in any case; `None` for `…-sess` and others that are not offered.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Md5, Self::Sha256].into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// The hash in lower-case hex of the parts joined by `:`.
    #[must_use]
    pub(crate) fn hash(self, parts: &[&str]) -> String {
        match self {
            Self::Md5 => hex::encode(feed::<Md5>(parts)),
            Self::Sha256 => hex::encode(feed::<Sha256>(parts)),
        }
    }
}

fn feed<D: sha2::Digest>(parts: &[&str]) -> sha2::digest::Output<D> {
    let mut digest = D::new();
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            digest.update(b":");
        }
        digest.update(part.as_bytes());
    }
    digest.finalize()
}

/// What may be stored in place of a password: `H(user:realm:password)` in lower-case hex
/// (RFC 7616 §3.4.2).
#[must_use]
pub fn ha1(algorithm: Algorithm, user: &str, realm: &str, password: &str) -> String {
    algorithm.hash(&[user, realm, password])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hashes_are_those_of_rfc_7616() {
        let user = "Mufasa";
        let realm = "http-auth@example.org";
        let password = "Circle of Life";
        let answer = |algorithm: Algorithm| {
            let one = ha1(algorithm, user, realm, password);
            let two = algorithm.hash(&["GET", "/dir/index.html"]);
            let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            algorithm.hash(&[&one, nonce, "00000001", cnonce, "auth", &two])
        };
        assert_eq!(answer(Algorithm::Md5), "8ca523f5e9506fed4657c9700eebdbec");
        assert_eq!(
            answer(Algorithm::Sha256),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
    }
}
