use crate::base::{CommandId, Wall};
use crate::call::{Command, TurnedAway};
use crate::{media, sip};

/// Everything that may happen to the core, on one page.
#[derive(Clone, Debug)]
pub enum Event {
    /// Bytes, a lost connection or a failed send, for the SIP stack.
    Sip(sip::Input),
    /// A media worker heard, ended or noticed something.
    Media(media::Event),
    /// The API asks for something; exactly one `Effect::Reply` answers it.
    Command {
        /// Which waiting request.
        id: CommandId,
        /// What.
        command: Command,
    },
    /// The wall clock as it is now; about once a second, and at once when it was set.
    Clock(Wall),
    /// The records' disk and reserve are full (or no longer): new INVITEs get 503.
    RecordsFull(bool),
    /// Something is wrong outside the core (or no longer), seen by `node`.
    Alarm {
        /// The alarm's id.
        id: String,
        /// What is the matter and what to do.
        what: String,
        /// Whether it is over.
        cleared: bool,
    },
    /// What those who read sockets turned away in a minute, a row for each source (D1).
    TurnedAway(Vec<TurnedAway>),
    /// The engine stops: new calls are refused, calls that are up get BYE, each gets its CDR.
    Shutdown {
        /// How long calls may still end by themselves.
        drain: std::time::Duration,
    },
    /// The deadline that `Core::deadline` named has come.
    Deadline,
}
