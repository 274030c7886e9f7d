use crate::peer::pump::Aim;
use crate::peer::sdp::Direction;

/// Number of a call in its user agent.
pub(crate) type CallKey = u64;

/// Who calls, as the INVITE says it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Caller {
    /// User part of the From URI.
    pub number: String,
    /// Its display name, if any.
    pub display: Option<String>,
    /// The user that was called here.
    pub called: String,
    /// Every header of the INVITE.
    pub headers: Vec<(String, String)>,
}

impl Caller {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(of, _)| of.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

/// How a call came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EndedBy {
    /// We sent BYE.
    Us,
    /// They sent BYE.
    Them,
    /// They cancelled before we answered.
    Cancelled,
    /// We cancelled before they answered.
    GaveUp,
    /// They refused with this status.
    Refused(u16),
    /// We refused with this status.
    Declined(u16),
    /// No final response came.
    Timeout,
    /// Our 200 was never acknowledged.
    NoAck,
    /// Offer and answer did not meet, or a dialog was unknown to them.
    Broken,
}

/// What a user agent tells.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Incoming {
        call: CallKey,
        caller: Box<Caller>,
        auto_answer: bool,
    },
    Trying {
        call: CallKey,
    },
    Progress {
        call: CallKey,
        status: u16,
    },
    /// Their 200 to our INVITE.
    Answered {
        call: CallKey,
    },
    /// Their ACK of our 200.
    Confirmed {
        call: CallKey,
    },
    Aim {
        call: CallKey,
        aim: Aim,
    },
    /// They changed the session; `direction` is theirs.
    Reinvited {
        call: CallKey,
        direction: Direction,
    },
    /// Our re-INVITE is through: 200, or why not.
    Changed {
        call: CallKey,
        status: u16,
    },
    /// `NOTIFY Event: talk`.
    Talk {
        call: CallKey,
    },
    Info {
        call: CallKey,
        content_type: String,
        body: Vec<u8>,
    },
    /// The final response to our REFER.
    Referred {
        call: CallKey,
        status: u16,
    },
    /// How the REFER goes; `over`: nothing comes any more.
    ReferProgress {
        call: CallKey,
        status: u16,
        over: bool,
    },
    /// A MESSAGE came.
    Text {
        from: String,
        text: String,
    },
    /// What became of a MESSAGE of ours: its final status, 408 for silence.
    TextDone {
        number: u64,
        status: u16,
    },
    Ended {
        call: CallKey,
        by: EndedBy,
    },
    Registered {
        account: usize,
    },
    Unregistered,
    RegisterFailed {
        account: usize,
        status: u16,
    },
}
