use serde::{Deserialize, Serialize};

/// What the person chose: the first axis of an agent's state.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// 未登录.
    SignedOut,
    /// 置闲: calls may be offered.
    Ready,
    /// 置忙: signed in, no calls please.
    NotReady(Reason),
}

impl Status {
    /// Whether the person is at work.
    #[must_use]
    pub const fn is_signed_in(&self) -> bool {
        !matches!(self, Self::SignedOut)
    }
}

/// Why an agent is not ready.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Has signed in and not said "ready" yet.
    SignedIn,
    /// Did not answer an offer; the desk took the agent out.
    NoAnswer,
    /// The leg that the phone keeps open is gone.
    PhoneLost,
    /// Chosen by the person: one of the configured reasons or free text.
    Chosen(String),
}

/// What the desk does with an agent: the second axis of an agent's state.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing.
    Idle,
    /// An offer was made for the agent; the phone does not ring yet.
    Reserved,
    /// The phone rings.
    Ringing,
    /// With a caller.
    Talking,
    /// With a caller who hears music.
    Held,
    /// 话后: writes up the last call.
    WrapUp,
    /// In a call of its own (outbound, internal).
    Busy,
}

impl State {
    /// Whether the agent has a caller: talking or held.
    #[must_use]
    pub const fn has_caller(self) -> bool {
        matches!(self, Self::Talking | Self::Held)
    }

    /// Whether an offer is out for the agent: reserved or ringing.
    #[must_use]
    pub const fn is_offered(self) -> bool {
        matches!(self, Self::Reserved | Self::Ringing)
    }
}
