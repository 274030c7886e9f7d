use crate::sip::auth::Algorithm;

/// What an Authorization header answers (RFC 3261 §20.7), unquoted, not yet checked.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Answer<'a> {
    pub(crate) user: &'a str,
    pub(crate) realm: &'a str,
    pub(crate) nonce: &'a str,
    pub(crate) uri: &'a str,
    pub(crate) response: &'a str,
    pub(crate) algorithm: Option<&'a str>,
    pub(crate) qop: Option<&'a str>,
    pub(crate) nc: Option<&'a str>,
    pub(crate) cnonce: Option<&'a str>,
}

impl Answer<'_> {
    /// The algorithm; MD5 when none is named; `None` when it is not one of ours.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm.map_or(Some(Algorithm::Md5), Algorithm::parse)
    }

    /// The count of the nonce, if it is of the right form: eight hex digits.
    pub(crate) fn count(&self) -> Option<u32> {
        let nc = self.nc.filter(|nc| nc.len() == 8 && nc.bytes().all(|b| b.is_ascii_hexdigit()))?;
        u32::from_str_radix(nc, 16).ok()
    }

    /// What `response` must be for `qop=auth` (RFC 7616 §3.4.1).
    pub(crate) fn expected(&self, algorithm: Algorithm, ha1: &str, method: &str) -> String {
        let ha2 = algorithm.hash(&[method, self.uri]);
        let (nc, cnonce) = (self.nc.unwrap_or(""), self.cnonce.unwrap_or(""));
        algorithm.hash(&[ha1, self.nonce, nc, cnonce, "auth", &ha2])
    }
}
