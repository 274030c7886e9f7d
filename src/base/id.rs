use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

use super::Wall;

/// An identity that lives only in this process, given out by counting up.
macro_rules! counted {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

/// An identity that goes into records: a ULID, unique over restarts, sortable by time.
macro_rules! lasting {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Ulid);

        impl $name {
            /// The identity made from the wall time and 80 random bits.
            #[must_use]
            pub fn new(wall: Wall, random: u128) -> Self {
                Self(Ulid::from_parts(wall.as_millis(), random))
            }

            /// Reads the 26 characters that `Display` writes; `None` when they are no ULID.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Ulid::from_string(text).ok().map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}", self.0)
            }
        }
    )*};
}

/// An identity that the operator chose: a short name, cheap to clone.
macro_rules! named {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The identity with this name.
            #[must_use]
            pub fn new(name: &str) -> Self {
                Self(Arc::from(name))
            }

            /// The name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self::new(name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

counted! {
    /// A SIP dialog, early or confirmed, or the INVITE that may become one.
    DialogId
    /// One party's media: an RTP and an RTCP socket and what is played to and heard from them.
    StreamId
    /// A caller's place in the ACD.
    TicketId
    /// One ring of one agent.
    OfferId
    /// A command of the API that waits for its answer.
    CommandId
}

lasting! {
    /// What one citizen experiences, from the INVITE to the last BYE.
    CallId
    /// One recording: one per conversation.
    RecordingId
    /// One record in the spool; the database is idempotent by it.
    RecordId
}

named! {
    /// An operation centre with its own numbers, queues, flows, calendars and people.
    TenantId
    /// A person who takes calls.
    AgentId
    /// A queue (skill group).
    QueueId
    /// A carrier's or another platform's SIP trunk.
    TrunkId
    /// A SIP account: what registers and authenticates by digest.
    AccountId
    /// A dialplan flow, `<tenant folder>/<flow>`.
    FlowId
    /// A voicemail box.
    BoxId
}
