use std::time::Duration;

use crate::base::{AgentId, BoxId, Instant, OfferId, QueueId, RecordingId, TicketId};
use crate::call::leg::Leg;
use crate::dialplan::Dial;
use crate::media::PlayId;

/// Where a call stands. Each variant carries what exists only then.
#[derive(Clone, Debug)]
pub(crate) enum Phase {
    /// The caller is alone with the flow.
    Flow,
    /// In a queue.
    Waiting(Waiting),
    /// In a queue, and an agent rings.
    Offered(Waiting, Box<Ringing>),
    /// A party outside is called.
    Dialling(Box<Dialling>),
    /// The agent answered; the flow says what both hear before they are joined.
    Joining(Box<Conversation>),
    /// Caller and far party hear each other, or one holds the other.
    Talking(Box<Conversation>),
    /// The caller leaves a message.
    Message(Message),
    /// All is hung up; the last figures of media are awaited.
    Ending(Ending),
}

impl Phase {
    /// Takes a place in a queue and the ring of an agent out; in any other phase nothing changes.
    pub(crate) fn take_offered(&mut self) -> Option<(Waiting, Box<Ringing>)> {
        match std::mem::replace(self, Self::Flow) {
            Self::Offered(waiting, ringing) => Some((waiting, ringing)),
            other => self.keep(other),
        }
    }

    /// Takes the call to a party outside out; in any other phase nothing changes.
    pub(crate) fn take_dialling(&mut self) -> Option<Box<Dialling>> {
        match std::mem::replace(self, Self::Flow) {
            Self::Dialling(dialling) => Some(dialling),
            other => self.keep(other),
        }
    }

    /// Takes a talk out that has not begun; in any other phase nothing changes.
    pub(crate) fn take_joining(&mut self) -> Option<Box<Conversation>> {
        match std::mem::replace(self, Self::Flow) {
            Self::Joining(talk) => Some(talk),
            other => self.keep(other),
        }
    }

    /// Takes a talk out, whether it has begun or not; in any other phase nothing changes.
    pub(crate) fn take_talk(&mut self) -> Option<Box<Conversation>> {
        match std::mem::replace(self, Self::Flow) {
            Self::Joining(talk) | Self::Talking(talk) => Some(talk),
            other => self.keep(other),
        }
    }

    /// Takes a message out; in any other phase nothing changes.
    pub(crate) fn take_message(&mut self) -> Option<Message> {
        match std::mem::replace(self, Self::Flow) {
            Self::Message(message) => Some(message),
            other => self.keep(other),
        }
    }

    /// Puts back what was not wanted.
    fn keep<T>(&mut self, phase: Self) -> Option<T> {
        *self = phase;
        None
    }
}

/// A caller's place in a queue.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) ticket: TicketId,
    pub(crate) queue: QueueId,
    /// When this queue was entered.
    pub(crate) entered: Instant,
    /// Where the caller shall be moved, in order, and the desk has not said yet whether it is.
    pub(crate) moving: Vec<QueueId>,
}

/// One ring of one agent.
#[derive(Clone, Debug)]
pub(crate) struct Ringing {
    pub(crate) offer: OfferId,
    pub(crate) agent: AgentId,
    pub(crate) leg: Leg,
    pub(crate) since: Instant,
    /// The desk was told that the phone rings.
    pub(crate) rings: bool,
    /// The phone was asked to answer by itself (C3).
    pub(crate) asked: bool,
}

/// A call to a party outside.
#[derive(Clone, Debug)]
pub(crate) struct Dialling {
    pub(crate) leg: Leg,
    pub(crate) dial: Dial,
    /// When the ring limit is over.
    pub(crate) until: Instant,
    /// The caller hears the party's early media.
    pub(crate) early: bool,
}

/// Caller and far party, from the far party's answer on.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) leg: Leg,
    /// The agent; none when the far party is outside.
    pub(crate) agent: Option<AgentId>,
    pub(crate) answered: Instant,
    pub(crate) recording: Option<RecordingId>,
    /// It shall be recorded as soon as the caller's media are agreed on (by the ACK).
    pub(crate) record_wanted: bool,
    /// What both hear before they are joined.
    pub(crate) before: Option<PlayId>,
    pub(crate) hold: Option<Hold>,
}

/// Who put the caller on hold (both may), and since when.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Hold {
    /// A command of the API: the agent's phone knows nothing of it.
    pub(crate) by_command: bool,
    /// The phone, by a re-INVITE.
    pub(crate) by_phone: bool,
    pub(crate) since: Instant,
}

/// A message being left.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) r#box: BoxId,
    pub(crate) min: Duration,
    pub(crate) state: MessageState,
}

/// How far a message is.
#[derive(Clone, Debug)]
pub(crate) enum MessageState {
    /// The beep is played until then.
    Beep { until: Instant },
    /// The caller speaks.
    Recording { recording: RecordingId, since: Instant },
}

/// What is left of a call.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    /// When the record is written at the latest.
    pub(crate) until: Instant,
}
