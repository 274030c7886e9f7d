use std::sync::Arc;

use axum::http::{HeaderMap, header};
use sha2::{Digest, Sha256};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};

/// The secrets that open the door, hashed, so that comparing them takes the same time whatever was
/// sent: neither their text nor their length can be felt for.
pub(crate) struct Tokens(Vec<(Arc<str>, [u8; 32])>);

/// Whose token came with a request, for the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Who(pub(crate) Arc<str>);

impl Tokens {
    /// These names and secrets; an empty secret opens nothing.
    pub(crate) fn new(tokens: &[(String, String)]) -> Self {
        let usable = tokens.iter().filter(|(_, secret)| !secret.is_empty());
        Self(usable.map(|(name, secret)| (Arc::from(name.as_str()), hash(secret))).collect())
    }

    /// Whose secret this is.
    pub(crate) fn whose(&self, secret: &str) -> Option<Who> {
        let sent = hash(secret);
        let mut found = u32::MAX;
        for (at, (_, known)) in (0_u32..).zip(&self.0) {
            let is_it: Choice = sent.ct_eq(known);
            found.conditional_assign(&at, is_it);
        }
        self.0.get(found as usize).map(|(name, _)| Who(Arc::clone(name)))
    }

    /// Whose secret is in the `Authorization` header.
    pub(crate) fn whose_header(&self, headers: &HeaderMap) -> Option<Who> {
        let mut all = headers.get_all(header::AUTHORIZATION).iter();
        let (value, None) = (all.next()?, all.next()) else { return None };
        let (scheme, secret) = value.to_str().ok()?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then(|| self.whose(secret.trim())).flatten()
    }
}

fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_secret_opens() {
        let pair = |name: &str, secret: &str| (name.to_owned(), secret.to_owned());
        let tokens = Tokens::new(&[pair("none", ""), pair("desk", "secret-1"), pair("b", "other")]);
        assert_eq!(tokens.whose("secret-1"), Some(Who("desk".into())));
        assert_eq!(tokens.whose("other"), Some(Who("b".into())));
        for bad in ["", "secret-", "secret-11", "Secret-1", "desk"] {
            assert_eq!(tokens.whose(bad), None, "{bad:?}");
        }
        let header = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
            headers
        };
        assert!(tokens.whose_header(&header("bearer secret-1")).is_some());
        for bad in ["Basic secret-1", "secret-1", "Bearer", "Bearer ", "Bearer,secret-1"] {
            assert!(tokens.whose_header(&header(bad)).is_none(), "{bad:?}");
        }
        let mut twice = header("Bearer secret-1");
        twice.append(header::AUTHORIZATION, "Bearer other".parse().unwrap());
        assert!(tokens.whose_header(&twice).is_none());
    }
}
