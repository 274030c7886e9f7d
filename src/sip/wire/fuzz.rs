use bytes::Bytes;

use crate::sip::wire::parse;

/// Reads whatever it is, and all headers of it. Must neither panic nor take long.
pub fn fuzz(bytes: &[u8]) {
    let _ = parse(Bytes::copy_from_slice(bytes));
}
