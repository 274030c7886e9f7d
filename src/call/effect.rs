use bytes::Bytes;

use crate::base::{AccountId, CommandId};
use crate::call::{Record, Reply, View};
use crate::{media, sip};

/// Everything that the core may ask of the world, on one page. `node` carries effects out in order.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Send a SIP message.
    Send {
        /// From where, to where, over what.
        flow: sip::Flow,
        /// The message.
        bytes: Bytes,
        /// What must be handed to the system (`write(2)`) before it leaves: the records before it, or
        /// the registrations that the same event changed.
        gate: sip::Gate,
    },
    /// Tell a media worker.
    Media {
        /// Which worker.
        worker: usize,
        /// What.
        command: media::Command,
    },
    /// Keep this for ever.
    Record(Box<Record>),
    /// Show this.
    View(Box<View>),
    /// Answer a command.
    Reply {
        /// Which waiting request.
        id: CommandId,
        /// The answer.
        reply: Reply,
    },
    /// The registrations of this account changed: keep them for the next start (R18).
    KeepRegistrations(AccountId),
    /// After `Event::Shutdown`: the last call is gone.
    Drained,
}
