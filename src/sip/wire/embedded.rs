use crate::sip::wire::{MAX_LIST, Text, Uri, uri::unescape};

impl Uri {
    /// The values of a header that the URI carries behind its `?` (RFC 3261 §19.1.1), without
    /// escapes. At most `MAX_LIST` headers are looked at.
    pub fn embedded(&self, name: &str) -> impl Iterator<Item = Text> {
        let headers = self.headers.as_deref().unwrap_or("");
        headers.split('&').take(MAX_LIST).filter_map(move |header| {
            let (other, value) = header.split_once('=')?;
            unescape(other).eq_ignore_ascii_case(name).then(|| Text::from(unescape(value).as_ref()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_of_a_uri_are_found_without_their_escapes() {
        let uri: Uri = "sip:a@h?Subject=x&%52eplaces=c%40h%3Bto-tag%3D1%3Bfrom-tag%3D2&replaces=d"
            .parse()
            .unwrap();
        let found: Vec<Text> = uri.embedded("Replaces").collect();
        assert_eq!(found, ["c@h;to-tag=1;from-tag=2", "d"]);
        assert_eq!(uri.embedded("Route").count(), 0);
        assert_eq!("sip:a@h".parse::<Uri>().unwrap().embedded("Subject").count(), 0);
    }
}
