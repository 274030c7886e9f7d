use crate::sip::wire::{
    BadHeader, CSeq, Challenge, Contacts, Credentials, Headers, MAX_LIST, MediaType, Name,
    NameAddr, Text, Via, lex,
};

/// The headers as values. After `parse` has taken a message, those that every message needs can be
/// relied on: `via`, `from`, `to`, `call_id` and `cseq` fail only for headers that were changed since.
impl Headers {
    /// The topmost Via.
    pub fn via(&self) -> Result<Via, BadHeader> {
        let value = self.text(&Name::Via).ok_or(BadHeader::Missing("Via"))?;
        let first = lex::list(value).next().unwrap_or("");
        Via::parse_part(value, first).ok_or(BadHeader::Malformed("Via"))
    }

    /// All Vias, topmost first.
    pub fn vias(&self) -> Result<Vec<Via>, BadHeader> {
        self.elements(Name::Via, "Via", Via::parse_part).collect()
    }

    /// From, with its tag if there is one (RFC 2543 had none).
    pub fn from(&self) -> Result<NameAddr, BadHeader> {
        self.address(&Name::From, "From")
    }

    /// To.
    pub fn to(&self) -> Result<NameAddr, BadHeader> {
        self.address(&Name::To, "To")
    }

    /// Call-ID.
    pub fn call_id(&self) -> Result<&Text, BadHeader> {
        let value = self.single(&Name::CallId, "Call-ID")?.ok_or(BadHeader::Missing("Call-ID"))?;
        if value.is_empty() || value.contains(lex::is_lws) {
            return Err(BadHeader::Malformed("Call-ID"));
        }
        Ok(value)
    }

    /// CSeq.
    pub fn cseq(&self) -> Result<CSeq, BadHeader> {
        let value = self.single(&Name::CSeq, "CSeq")?.ok_or(BadHeader::Missing("CSeq"))?;
        CSeq::parse(value).ok_or(BadHeader::Malformed("CSeq"))
    }

    /// All Contacts.
    pub fn contacts(&self) -> Result<Contacts, BadHeader> {
        let mut lines = self.all(Name::Contact);
        if lines.next().is_some_and(|value| lex::trim(value) == "*") {
            return match lines.next() {
                None => Ok(Contacts::All),
                Some(_) => Err(BadHeader::Malformed("Contact")),
            };
        }
        self.addresses(Name::Contact, "Contact").map(Contacts::Listed)
    }

    /// Route, topmost first.
    pub fn route(&self) -> Result<Vec<NameAddr>, BadHeader> {
        self.addresses(Name::Route, "Route")
    }

    /// Record-Route, topmost first.
    pub fn record_route(&self) -> Result<Vec<NameAddr>, BadHeader> {
        self.addresses(Name::RecordRoute, "Record-Route")
    }

    /// P-Asserted-Identity (RFC 3325): at most a `sip:` and a `tel:`.
    pub fn p_asserted_identity(&self) -> Result<Vec<NameAddr>, BadHeader> {
        self.addresses(Name::PAssertedIdentity, "P-Asserted-Identity")
    }

    /// Expires in seconds; more than 2³²−1 is 2³²−1 (RFC 3261 §20.19).
    pub fn expires(&self) -> Result<Option<u32>, BadHeader> {
        self.seconds(&Name::Expires, "Expires")
    }

    /// Min-Expires in seconds.
    pub fn min_expires(&self) -> Result<Option<u32>, BadHeader> {
        self.seconds(&Name::MinExpires, "Min-Expires")
    }

    /// Retry-After in seconds, without its comment and parameters; `None` if it is malformed.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        let value = self.text(&Name::RetryAfter)?.as_str();
        let end = value.find(['(', ';', ' ', '\t']).unwrap_or(value.len());
        value.get(..end).and_then(seconds)
    }

    /// Max-Forwards.
    pub fn max_forwards(&self) -> Result<Option<u8>, BadHeader> {
        match self.single(&Name::MaxForwards, "Max-Forwards")? {
            Some(value) => lex::number(value).map(Some).ok_or(BadHeader::Malformed("Max-Forwards")),
            None => Ok(None),
        }
    }

    /// Content-Length as it came.
    pub fn content_length(&self) -> Result<Option<usize>, BadHeader> {
        match self.single(&Name::ContentLength, "Content-Length")? {
            Some(value) => {
                lex::number(value).map(Some).ok_or(BadHeader::Malformed("Content-Length"))
            }
            None => Ok(None),
        }
    }

    /// Content-Type.
    pub fn content_type(&self) -> Result<Option<MediaType>, BadHeader> {
        match self.single(&Name::ContentType, "Content-Type")? {
            Some(value) => {
                MediaType::parse(value).map(Some).ok_or(BadHeader::Malformed("Content-Type"))
            }
            None => Ok(None),
        }
    }

    /// The option tags of Require.
    pub fn require(&self) -> impl Iterator<Item = Text> {
        self.list(Name::Require)
    }

    /// The option tags of Proxy-Require.
    pub fn proxy_require(&self) -> impl Iterator<Item = Text> {
        self.list(Name::ProxyRequire)
    }

    /// The option tags of Supported.
    pub fn supported(&self) -> impl Iterator<Item = Text> {
        self.list(Name::Supported)
    }

    /// The Authorization headers that are well-formed digests, at most `MAX_LIST`.
    pub fn authorization(&self) -> impl Iterator<Item = Credentials> {
        self.credentials(Name::Authorization)
    }

    /// The Proxy-Authorization headers that are well-formed digests.
    pub fn proxy_authorization(&self) -> impl Iterator<Item = Credentials> {
        self.credentials(Name::ProxyAuthorization)
    }

    /// The challenges of a 401 (`Name::WwwAuthenticate`) or 407 (`Name::ProxyAuthenticate`) that are
    /// well-formed digests, in the sender's order of preference.
    pub fn challenges(&self, name: Name) -> impl Iterator<Item = Challenge> {
        self.all(name).take(MAX_LIST).filter_map(Challenge::parse).filter(Challenge::is_digest)
    }

    /// A header that holds one address, such as Refer-To; `None` when it is not there.
    pub fn one_address(&self, name: &Name) -> Option<NameAddr> {
        NameAddr::parse(self.text(name)?).ok()
    }

    fn credentials(&self, name: Name) -> impl Iterator<Item = Credentials> {
        self.all(name).take(MAX_LIST).filter_map(Credentials::parse).filter(Credentials::is_digest)
    }

    fn single(&self, name: &Name, word: &'static str) -> Result<Option<&Text>, BadHeader> {
        let mut lines = self.iter().filter(|(other, _)| other.is(name)).map(|(_, value)| value);
        let first = lines.next();
        if lines.next().is_some() { Err(BadHeader::Twice(word)) } else { Ok(first) }
    }

    fn seconds(&self, name: &Name, word: &'static str) -> Result<Option<u32>, BadHeader> {
        match self.single(name, word)? {
            Some(value) => seconds(value).map(Some).ok_or(BadHeader::Malformed(word)),
            None => Ok(None),
        }
    }

    fn address(&self, name: &Name, word: &'static str) -> Result<NameAddr, BadHeader> {
        let value = self.single(name, word)?.ok_or(BadHeader::Missing(word))?;
        let address = NameAddr::parse(value).map_err(|_| BadHeader::Malformed(word))?;
        if address.params.has("tag") && address.tag().is_none() {
            return Err(BadHeader::Malformed(word));
        }
        Ok(address)
    }

    fn addresses(&self, name: Name, word: &'static str) -> Result<Vec<NameAddr>, BadHeader> {
        self.elements(name, word, NameAddr::parse_part).collect()
    }

    /// Whether all Vias are well-formed, and there is one.
    pub(crate) fn check_vias(&self) -> Result<(), BadHeader> {
        match self
            .elements(Name::Via, "Via", Via::parse_part)
            .try_fold(0, |n, via| via.map(|_| n + 1))?
        {
            0 => Err(BadHeader::Missing("Via")),
            _ => Ok(()),
        }
    }

    /// Whether the lists of addresses that a request is handled by are well-formed.
    pub(crate) fn check_lists(&self) -> Result<(), BadHeader> {
        let contacts = self.text(&Name::Contact);
        if contacts.is_some_and(|value| lex::trim(value) == "*") {
            self.single(&Name::Contact, "Contact")?;
        } else {
            self.check_addresses(Name::Contact, "Contact")?;
        }
        self.check_addresses(Name::Route, "Route")?;
        self.check_addresses(Name::RecordRoute, "Record-Route")
    }

    fn check_addresses(&self, name: Name, word: &'static str) -> Result<(), BadHeader> {
        self.elements(name, word, NameAddr::parse_part).try_for_each(|address| address.map(drop))
    }

    /// All elements of a list. Empty ones are malformed; of too many the last is an error.
    fn elements<T>(
        &self,
        name: Name,
        word: &'static str,
        parse: fn(&Text, &str) -> Option<T>,
    ) -> impl Iterator<Item = Result<T, BadHeader>> {
        self.all(name)
            .flat_map(|value| lex::list(value).map(move |part| (value, part)))
            .take(MAX_LIST + 1)
            .enumerate()
            .map(move |(n, (value, part))| match n {
                MAX_LIST => Err(BadHeader::TooMany(word)),
                _ => parse(value, part).ok_or(BadHeader::Malformed(word)),
            })
    }
}

/// Seconds; too many are 2³²−1.
fn seconds(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| lex::number(text).unwrap_or(u32::MAX))
}
