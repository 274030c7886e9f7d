use crate::sip::wire::{BadHeader, Headers, Name, Params, Text, lex};

/// The dialog that an INVITE takes the place of (RFC 3891 §6.1), as the one who gets the INVITE has
/// it: `to_tag` is his own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replaces {
    /// Call-ID.
    pub call_id: Text,
    /// The tag of who gets the INVITE.
    pub to_tag: Text,
    /// The tag of the other end; `0` is none (RFC 2543).
    pub from_tag: Text,
    /// Only a dialog that is not answered yet may be replaced.
    pub is_early_only: bool,
}

impl Replaces {
    /// Reads a header value; `None` unless it has both tags, each once.
    #[must_use]
    pub fn parse(value: &Text) -> Option<Self> {
        let text = value.as_str();
        let at = text.find(';')?;
        let (call_id, params) = text.split_at_checked(at)?;
        let call_id = lex::trim(call_id);
        if call_id.is_empty() || call_id.contains(lex::is_lws) {
            return None;
        }
        let params = Params::parse(value, params, &["to-tag", "from-tag", "early-only"])?;
        let tag = |name| params.get(name).filter(|tag| !tag.is_empty()).map(Text::from);
        Some(Self {
            call_id: value.part(call_id),
            to_tag: tag("to-tag")?,
            from_tag: tag("from-tag")?,
            is_early_only: params.has("early-only"),
        })
    }
}

impl Headers {
    /// Replaces; `None` when it is not there.
    pub fn replaces(&self) -> Result<Option<Replaces>, BadHeader> {
        let mut lines = self.all(Name::Replaces);
        let Some(value) = lines.next() else { return Ok(None) };
        if lines.next().is_some() || lex::list(value).count() > 1 {
            return Err(BadHeader::Twice("Replaces"));
        }
        Replaces::parse(value).map(Some).ok_or(BadHeader::Malformed("Replaces"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaces_names_a_call_id_and_both_tags() {
        let parse = |text: &str| Replaces::parse(&Text::from(text));
        let full = parse("98732@sip.example.com ;from-tag=r33th4x0r; to-tag=ff87ff ;early-only");
        let full = full.unwrap();
        assert_eq!(full.call_id, "98732@sip.example.com");
        assert_eq!((full.to_tag.as_str(), full.from_tag.as_str()), ("ff87ff", "r33th4x0r"));
        assert!(full.is_early_only);
        assert!(!parse("a;to-tag=1;from-tag=0;x=y").unwrap().is_early_only);
        for bad in [
            "",
            "a",
            ";to-tag=1;from-tag=2",
            "a b;to-tag=1;from-tag=2",
            "a;to-tag=1",
            "a;from-tag=1",
            "a;to-tag=;from-tag=2",
            "a;to-tag=1;to-tag=2;from-tag=3",
            "a;to-tag=1;from-tag=2;;",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn two_replaces_are_an_error_on_one_line_too() {
        let mut headers = Headers::default();
        assert_eq!(headers.replaces(), Ok(None));
        headers.push(Name::Replaces, "a;to-tag=1;from-tag=2");
        assert!(headers.replaces().unwrap().is_some());
        headers.push(Name::Replaces, "b;to-tag=1;from-tag=2");
        assert_eq!(headers.replaces(), Err(BadHeader::Twice("Replaces")));
        headers.set(Name::Replaces, "a;to-tag=1;from-tag=2, b;to-tag=1;from-tag=2");
        assert_eq!(headers.replaces(), Err(BadHeader::Twice("Replaces")));
        headers.set(Name::Replaces, "a");
        assert_eq!(headers.replaces(), Err(BadHeader::Malformed("Replaces")));
    }
}
