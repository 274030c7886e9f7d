use std::net::IpAddr;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::base::{Instant, Random};

/// Bytes of the signature.
const SIGNATURE: usize = 12;

/// A nonce that needs no table: when it was made, a number of its own, and a signature over both, the
/// realm and the source it was given to.
///
/// Written as 56 hex digits: 8 bytes of time, 8 of number, 12 of HMAC-SHA-256. It is short because a
/// stranger's challenge must be (R27).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Nonce {
    /// When it was made.
    pub(crate) made: Instant,
    /// What tells it from all others.
    pub(crate) number: u64,
}

impl Nonce {
    /// A nonce made now.
    pub(crate) fn new(now: Instant, random: &mut Random) -> Self {
        Self { made: now, number: random.next_u64() }
    }

    /// Its text for `source`.
    pub(crate) fn write(&self, key: &[u8; 32], realm: &str, source: IpAddr) -> String {
        let mut bytes = [0; 28];
        bytes[..8].copy_from_slice(&self.made.as_micros().to_be_bytes());
        bytes[8..16].copy_from_slice(&self.number.to_be_bytes());
        bytes[16..].copy_from_slice(&self.sign(key, realm, source));
        hex::encode(bytes)
    }

    /// Reads a text that `write` made with the same key, realm and source; `None` for any other.
    pub(crate) fn parse(text: &str, key: &[u8; 32], realm: &str, source: IpAddr) -> Option<Self> {
        let mut bytes = [0; 28];
        hex::decode_to_slice(text, &mut bytes).ok()?;
        let (made, rest) = bytes.split_first_chunk::<8>()?;
        let (number, signature) = rest.split_first_chunk::<8>()?;
        let nonce = Self {
            made: Instant::from_micros(u64::from_be_bytes(*made)),
            number: u64::from_be_bytes(*number),
        };
        bool::from(nonce.sign(key, realm, source).ct_eq(signature)).then_some(nonce)
    }

    fn sign(self, key: &[u8; 32], realm: &str, source: IpAddr) -> [u8; SIGNATURE] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes a key of any length");
        mac.update(&self.made.as_micros().to_be_bytes());
        mac.update(&self.number.to_be_bytes());
        match source {
            IpAddr::V4(v4) => mac.update(&v4.octets()),
            IpAddr::V6(v6) => mac.update(&v6.octets()),
        }
        mac.update(realm.as_bytes());
        let full = mac.finalize().into_bytes();
        let mut short = [0; SIGNATURE];
        short.copy_from_slice(&full[..SIGNATURE]);
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_for_this_key_realm_and_source_is_read_back() {
        let (a, b): (IpAddr, IpAddr) = ([10, 0, 0, 1].into(), [10, 0, 0, 2].into());
        let key = [7; 32];
        let nonce = Nonce::new(Instant::from_micros(99), &mut Random::from_number(1));
        let text = nonce.write(&key, "r", a);
        assert_eq!(Nonce::parse(&text, &key, "r", a), Some(nonce));
        assert_eq!(Nonce::parse(&text, &[8; 32], "r", a), None, "another key");
        assert_eq!(Nonce::parse(&text, &key, "s", a), None, "another realm");
        assert_eq!(Nonce::parse(&text, &key, "r", b), None, "another source");
        assert_eq!(Nonce::parse("", &key, "r", a), None);
        assert_eq!(Nonce::parse(&text[..54], &key, "r", a), None);
        let mut forged = text.into_bytes();
        forged[0] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        assert_eq!(Nonce::parse(&forged, &key, "r", a), None, "another time");
    }
}
