use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::{BoxId, QueueId, TrunkId};

use super::Prompt;

/// What a [`Walk`](super::Walk) asks the conductor to do.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Step {
    /// Answer the caller's INVITE. Comes once, before the first step that needs the caller's ear;
    /// a flow that only dials leaves the answer to [`DialEnd::Answered`](super::DialEnd::Answered).
    Answer,
    /// Play these one after another in place of all that plays, then [`Input::Played`](super::Input::Played).
    /// Never empty.
    Play {
        /// What to play.
        prompts: Vec<Prompt>,
        /// The worker may stop at a key's press without asking.
        cut_by_key: bool,
    },
    /// Stop whatever the engine lets the caller hear: prompts, music, tone, echo.
    StopPlaying,
    /// Play this music over and over, in place of all that plays.
    Music {
        /// The music's id, such as `moh/default`; it belongs to no language.
        id: Arc<str>,
    },
    /// Put the caller into the queue.
    Queue {
        /// Which.
        queue: QueueId,
        /// Higher is served first, −100 to 100.
        priority: i32,
        /// The caller is in another queue and moves over: place and clock are kept.
        moved: bool,
    },
    /// Take the caller out of the queue.
    LeaveQueue,
    /// Tell the place in the queue, at once, by [`QueueEvent::Position`](super::QueueEvent::Position).
    AskPosition,
    /// Play `before` to caller and agent, then join them. The talk's end comes as
    /// [`Input::Talk`](super::Input::Talk); a caller who hangs up ends the walk with the call.
    Bridge {
        /// What both hear first, possibly empty.
        before: Vec<Prompt>,
        /// Whether the talk is recorded, from the agent's answer on.
        record: bool,
    },
    /// Call a party outside and join it with the caller when it answers.
    Dial(Box<Dial>),
    /// Give the party outside up (the guard time after the ring limit is over).
    StopDial,
    /// The caller is asked to rate the service, for the record.
    SurveyInvited,
    /// The caller rated the service.
    Rate {
        /// 1–5.
        score: u8,
    },
    /// Beep, then record a message.
    Voicemail {
        /// The box.
        r#box: BoxId,
        /// The longest message; the walk also sends [`Step::StopVoicemail`] then.
        max: Duration,
        /// A shorter message is thrown away.
        min: Duration,
    },
    /// End the recording of the message; [`Input::Recorded`](super::Input::Recorded) follows.
    StopVoicemail,
    /// Send the caller's own voice back until [`Step::StopPlaying`].
    Echo,
    /// Play a tone until [`Step::StopPlaying`].
    Tone {
        /// Which.
        tone: Tone,
    },
    /// A node's fault, for log and metrics; what follows is the way of `on_error`.
    Fault {
        /// The node.
        node: Arc<str>,
        /// What went wrong.
        what: &'static str,
    },
    /// End the call. The last step; `handle` returns none.
    Hangup {
        /// The SIP status that refuses the call when it is not answered yet, 400–699.
        status: u16,
        /// The flow turned the caller away (block list), for the record's cause.
        refused: bool,
    },
}

/// A call to a party outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Dial {
    /// By which trunk.
    pub trunk: TrunkId,
    /// Whom.
    pub target: DialTarget,
    /// How long it may ring, 5–180 s.
    pub ring: Duration,
    /// What the party sees as the caller.
    pub caller_id: CallerId,
    /// Additional headers `X-…`, in order.
    pub headers: Vec<(String, String)>,
    /// Whether the talk is recorded.
    pub record: bool,
    /// Whether channels kept free for emergencies may be used.
    pub emergency: bool,
    /// A `transfer` node, not a `dial` node.
    pub transfer: bool,
}

/// Whom to call outside.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DialTarget {
    /// A number, digits with `+`, `*`, `#`: sent to the trunk's address.
    Number(String),
    /// A SIP URI with a numeric address, such as `sip:uas@127.0.0.12:5070`.
    Uri(String),
}

/// What a party outside sees as the caller.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum CallerId {
    /// The tenant's own number.
    #[default]
    Tenant,
    /// The citizen's number.
    Original,
}

/// A tone that the engine makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Tone {
    /// 450 Hz, 1 s on, 4 s off.
    Ringback,
    /// 450 Hz, 0.35 s on, 0.35 s off.
    Busy,
    /// 450 Hz, 0.7 s on, 0.7 s off.
    Congestion,
    /// 450 Hz, 0.4 s on, 4 s off.
    CallWaiting,
    /// A test tone.
    Test {
        /// 200–3400.
        hz: u16,
    },
}
