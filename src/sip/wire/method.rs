use std::fmt;

use serde::{Deserialize, Serialize};

use crate::sip::wire::{Text, lex};

/// A request's method (RFC 3261 §7.1). Methods are case-sensitive: `invite` is an `Other`.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(from = "Text", into = "Text")]
pub enum Method {
    /// RFC 3261 §13.
    Invite,
    /// RFC 3261 §17.1.1.3.
    Ack,
    /// RFC 3261 §15.
    Bye,
    /// RFC 3261 §9.
    Cancel,
    /// RFC 3261 §11.
    Options,
    /// RFC 3261 §10.
    Register,
    /// RFC 6086.
    Info,
    /// RFC 3311.
    Update,
    /// RFC 3262.
    Prack,
    /// RFC 3515.
    Refer,
    /// RFC 6665.
    Notify,
    /// RFC 6665.
    Subscribe,
    /// RFC 3428.
    Message,
    /// RFC 3903.
    Publish,
    /// Any other token.
    Other(Text),
}

const KNOWN: [(&str, Method); 14] = [
    ("INVITE", Method::Invite),
    ("ACK", Method::Ack),
    ("BYE", Method::Bye),
    ("CANCEL", Method::Cancel),
    ("OPTIONS", Method::Options),
    ("REGISTER", Method::Register),
    ("INFO", Method::Info),
    ("UPDATE", Method::Update),
    ("PRACK", Method::Prack),
    ("REFER", Method::Refer),
    ("NOTIFY", Method::Notify),
    ("SUBSCRIBE", Method::Subscribe),
    ("MESSAGE", Method::Message),
    ("PUBLISH", Method::Publish),
];

impl Method {
    /// The method as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Info => "INFO",
            Self::Update => "UPDATE",
            Self::Prack => "PRACK",
            Self::Refer => "REFER",
            Self::Notify => "NOTIFY",
            Self::Subscribe => "SUBSCRIBE",
            Self::Message => "MESSAGE",
            Self::Publish => "PUBLISH",
            Self::Other(text) => text,
        }
    }

    /// The method that `part` of `line` names; `None` when it is no token.
    pub(crate) fn parse(line: &Text, part: &str) -> Option<Self> {
        lex::is_token(part)
            .then(|| Self::known(part).unwrap_or_else(|| Self::Other(line.part(part))))
    }

    fn known(name: &str) -> Option<Self> {
        KNOWN.iter().find(|(known, _)| *known == name).map(|(_, method)| method.clone())
    }
}

impl From<Text> for Method {
    fn from(text: Text) -> Self {
        Self::known(&text).unwrap_or(Self::Other(text))
    }
}

impl From<Method> for Text {
    fn from(method: Method) -> Self {
        match method {
            Method::Other(text) => text,
            known => Self::from(known.as_str()),
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
