use crate::sim::ua::LineId;

/// What a user agent tells its person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum UaEvent {
    /// A call comes in. `call` is the engine's `X-Call-Id`.
    Incoming { line: LineId, call: Option<String>, auto_answer: bool },
    /// 180–199 to our INVITE.
    Progress { line: LineId, status: u16 },
    /// 2xx to our INVITE.
    Answered { line: LineId },
    /// Our INVITE was refused, or nobody answered.
    Failed { line: LineId, status: u16 },
    /// `NOTIFY` with `Event: talk`.
    Talk { line: LineId },
    /// The caller cancelled, the other side sent BYE, or our 200 was never acknowledged.
    Ended { line: LineId },
    /// The answer to our REGISTER; 408 when none came.
    Registered { status: u16 },
}
