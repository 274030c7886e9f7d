use serde::{Deserialize, Serialize};

/// The one machine-decided cause of a call's end.
#[derive(
    Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// It was answered by an agent or an outside party and ended in the usual way.
    Answered,
    /// Served by the flow alone.
    SelfServed,
    /// The caller hung up before the engine answered (CANCEL).
    Cancelled,
    /// The caller hung up in the flow, before asking for a human.
    AbandonedIvr,
    /// The caller hung up in a queue, while an agent rang included.
    AbandonedQueue,
    /// A human was asked for, and the flow went another way (queue full, nobody there, too long a
    /// wait) and ended without one.
    Overflow,
    /// A message was left.
    Voicemail,
    /// The number called leads nowhere.
    NoRoute,
    /// The caller is on a block list, or the flow refused the call.
    Refused,
    /// The trunk's channels are all taken.
    NoChannel,
    /// No RTP port was free (G1).
    NoMediaPort,
    /// No media could be agreed on (488).
    NoMedia,
    /// The request broke the protocol (4xx of the stack).
    BadRequest,
    /// The number outside was busy: by its answer, or by the busy tone.
    FarBusy,
    /// The network outside was congested, by its tone.
    FarCongestion,
    /// The number outside did not answer.
    FarNoAnswer,
    /// The number outside could not be reached or refused.
    FarFailed,
    /// No ACK came for the 200 (RFC 3261 §13.3.1.4).
    NoAck,
    /// RTP stopped and the peer no longer knew the call (R5).
    MediaTimeout,
    /// The longest call length was reached (G1).
    TooLong,
    /// An agent's or supervisor's command.
    Command,
    /// More than the engine could carry.
    Overload,
    /// The records' disk and reserve were full.
    RecordsFull,
    /// The engine was stopped in order (SIGTERM).
    Shutdown,
    /// The process died while the call was up; closed at the next start.
    Crash,
    /// A fault of the engine; it cost this call only.
    #[default]
    InternalError,
}

impl Cause {
    /// Whether the call was lost for a reason of the system's (呼损, A7 `system-lost`).
    #[must_use]
    pub const fn is_system_lost(self) -> bool {
        matches!(
            self,
            Self::Overflow
                | Self::NoChannel
                | Self::NoMediaPort
                | Self::Overload
                | Self::RecordsFull
                | Self::Shutdown
                | Self::Crash
                | Self::InternalError
        )
    }
}
