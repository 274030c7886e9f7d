use crate::sip::wire::{Params, Text, lex};

/// The Content-Type header (RFC 3261 §20.15).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MediaType {
    /// `application`, in lower or upper case as written.
    pub main: Text,
    /// `sdp`.
    pub sub: Text,
    /// `;boundary=…`
    pub params: Params,
}

impl MediaType {
    /// Reads a header value.
    #[must_use]
    pub fn parse(value: &Text) -> Option<Self> {
        let text = value.as_str();
        let (main, rest) = text.split_once('/')?;
        let (sub, params) =
            rest.find(';').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, ""));
        let (main, sub) = (lex::trim(main), lex::trim(sub));
        if !lex::is_token(main) || !lex::is_token(sub) {
            return None;
        }
        let params = Params::parse(value, params, &["boundary"])?;
        Some(Self { main: value.part(main), sub: value.part(sub), params })
    }

    /// Whether it is this type, such as `is("application", "sdp")`; case does not matter.
    #[must_use]
    pub fn is(&self, main: &str, sub: &str) -> bool {
        self.main.eq_ignore_ascii_case(main) && self.sub.eq_ignore_ascii_case(sub)
    }

    /// `application/sdp`: in lower case, without parameters.
    #[must_use]
    pub fn essence(&self) -> Text {
        let mut text = format!("{}/{}", self.main, self.sub);
        text.make_ascii_lowercase();
        Text::from(text)
    }
}
