use std::fmt;

use crate::sip::wire::Text;

macro_rules! names {
    ($($name:ident $long:literal $($compact:literal)?,)*) => {
        /// The name of a header. Names that the engine has no use for are `Other`.
        #[derive(Clone, Debug)]
        pub enum Name {
            $(
                #[doc = concat!("`", $long, "`")]
                $name,
            )*
            /// As it was written; compared without regard to case. It is never one of the above, if
            /// it was made by `Name::from`.
            Other(Text),
        }

        impl Name {
            /// The name as it is written: in its long form, however it came.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$name => $long,)*
                    Self::Other(text) => text,
                }
            }

            /// The known name that this is, in its long or compact form.
            pub(crate) fn known(name: &str) -> Option<Self> {
                // Lengths tell most names apart.
                match name.len() {
                    $($(n if n == $compact.len() && name.eq_ignore_ascii_case($compact) => {
                        Some(Self::$name)
                    })?)*
                    $(n if n == $long.len() && name.eq_ignore_ascii_case($long) => {
                        Some(Self::$name)
                    })*
                    _ => None,
                }
            }
        }
    };
}

names! {
    Via "Via" "v",
    From "From" "f",
    To "To" "t",
    CallId "Call-ID" "i",
    CSeq "CSeq",
    MaxForwards "Max-Forwards",
    Contact "Contact" "m",
    ContentLength "Content-Length" "l",
    ContentType "Content-Type" "c",
    UserAgent "User-Agent",
    Allow "Allow",
    Supported "Supported" "k",
    Route "Route",
    RecordRoute "Record-Route",
    Expires "Expires",
    Require "Require",
    Authorization "Authorization",
    ProxyAuthorization "Proxy-Authorization",
    WwwAuthenticate "WWW-Authenticate",
    ProxyAuthenticate "Proxy-Authenticate",
    AuthenticationInfo "Authentication-Info",
    Accept "Accept",
    AcceptEncoding "Accept-Encoding",
    AcceptLanguage "Accept-Language",
    AlertInfo "Alert-Info",
    AllowEvents "Allow-Events" "u",
    CallInfo "Call-Info",
    ContentDisposition "Content-Disposition",
    ContentEncoding "Content-Encoding" "e",
    ContentLanguage "Content-Language",
    Date "Date",
    Diversion "Diversion",
    Event "Event" "o",
    HistoryInfo "History-Info",
    Identity "Identity" "y",
    MinExpires "Min-Expires",
    MinSe "Min-SE",
    PAssertedIdentity "P-Asserted-Identity",
    PCalledPartyId "P-Called-Party-ID",
    PPreferredIdentity "P-Preferred-Identity",
    Path "Path",
    Privacy "Privacy",
    ProxyRequire "Proxy-Require",
    RAck "RAck",
    RSeq "RSeq",
    Reason "Reason",
    ReferSub "Refer-Sub",
    ReferTo "Refer-To" "r",
    ReferredBy "Referred-By" "b",
    RemotePartyId "Remote-Party-ID",
    Replaces "Replaces",
    RetryAfter "Retry-After",
    Server "Server",
    ServiceRoute "Service-Route",
    SessionExpires "Session-Expires" "x",
    Subject "Subject" "s",
    SubscriptionState "Subscription-State",
    Timestamp "Timestamp",
    Unsupported "Unsupported",
    UserToUser "User-to-User",
    Warning "Warning",
}

impl Name {
    /// Whether the header says who somebody is, so that only a trunk may send it. Written with white
    /// space before its colon (which RFC 3261 allows, and which hides it from many a filter) it has
    /// no effect.
    pub(crate) const fn is_assertion(&self) -> bool {
        matches!(
            self,
            Self::PAssertedIdentity
                | Self::PPreferredIdentity
                | Self::PCalledPartyId
                | Self::RemotePartyId
                | Self::Diversion
                | Self::HistoryInfo
                | Self::Privacy
                | Self::Identity
                | Self::ReferredBy
        )
    }

    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Other(a), Self::Other(b)) => a.eq_ignore_ascii_case(b),
            _ => std::mem::discriminant(self) == std::mem::discriminant(other),
        }
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.is(other)
    }
}

impl Eq for Name {}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        Self::known(name).unwrap_or_else(|| Self::Other(name.into()))
    }
}

impl From<Text> for Name {
    fn from(name: Text) -> Self {
        Self::known(&name).unwrap_or(Self::Other(name))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_two_forms_and_no_case() {
        let rows = [
            ("v", "Via"),
            ("CONTENT-length", "Content-Length"),
            ("K", "Supported"),
            ("to", "To"),
            ("x-mine", "x-mine"),
        ];
        for (written, long) in rows {
            assert_eq!(Name::from(written).as_str(), long);
        }
        assert_eq!(Name::from("X-Mine"), Name::from("x-mINE"));
        assert_ne!(Name::from("X-Mine"), Name::from("X-Your"));
        assert_ne!(Name::Via, Name::From);
    }
}
