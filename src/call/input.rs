use crate::base::{AgentId, CommandId, OfferId, QueueId};
use crate::call::Cause;
use crate::{acd, media, sip};

/// What may come to one call.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "each is moved a few times")]
pub(crate) enum Input {
    /// The flow begins.
    Begin,
    /// From one of its dialogs.
    Sip(sip::Event),
    /// From one of its streams.
    Media(media::Event),
    /// The desk has reserved an agent.
    Offer { offer: OfferId, agent: AgentId, queue: QueueId },
    /// The desk takes the offer back.
    Withdraw { offer: OfferId, why: acd::Withdrawal },
    /// The desk has no place.
    NotTaken(acd::NotTaken),
    /// The desk has moved the caller to this queue.
    Moved(QueueId),
    /// The desk could not move the caller to this queue: the old place is kept.
    NotMoved(QueueId, acd::NotTaken),
    /// Nobody is left who serves this queue.
    NobodyLeft(QueueId),
    /// The answer to `Act::AskPosition`.
    Position(Option<u32>),
    /// An agent or supervisor wants something; owed: a reply.
    Wish { id: CommandId, wish: Wish },
    /// End the call, for this cause.
    End(Cause),
    /// The call's deadline has come.
    Deadline,
    /// A fault of ours: takes what it can get, then panics (R26).
    #[cfg(test)]
    Break,
    /// The same, half-way through the call's end.
    #[cfg(test)]
    BreakEnding,
}

/// What an agent may want of the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Wish {
    /// 软摘机.
    Answer,
    /// 软挂机.
    HangUp,
    /// 保持.
    Hold,
    /// 拾回.
    Retrieve,
}
