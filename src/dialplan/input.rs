use serde::{Deserialize, Serialize};

use crate::base::Key;

/// What comes to a [`Walk`](super::Walk) from outside.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Input {
    /// Go to the start node. The first input, once.
    Begin,
    /// The caller pressed a key. Each press once.
    Key(Key),
    /// What the last [`Step::Play`](super::Step::Play) asked for has been played to its end or was
    /// cut by a key. The end of a play that was replaced or stopped meanwhile is not told.
    Played,
    /// [`Walk::deadline`](super::Walk::deadline) has come.
    Deadline,
    /// From the queue.
    Queue(QueueEvent),
    /// The talk with the agent is over and the caller is still there.
    Talk(TalkEnd),
    /// From the party outside.
    Dialled(DialEnd),
    /// The voicemail recording ended, by
    /// [`Step::StopVoicemail`](super::Step::StopVoicemail) or by its limit.
    Recorded {
        /// Length, ms. Below the step's `min` the conductor has thrown it away.
        length_ms: u64,
    },
    /// The last step could not be done (a prompt is missing, media failed): the node's fault, which
    /// goes to `on_error`.
    Failed,
}

/// What a queue tells the flow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum QueueEvent {
    /// The answer to [`Step::AskPosition`](super::Step::AskPosition): the place in the queue, from 1.
    Position(u32),
    /// An agent answered; the next step will be [`Step::Bridge`](super::Step::Bridge).
    Answered {
        /// The agent's spoken number (工号), `{agent.no}`.
        agent_number: String,
    },
    /// The queue is full; the caller is not in it.
    Full,
    /// Nobody who serves the queue is signed in, now or any more; the caller is not in it.
    Nobody,
}

/// How a talk with an agent ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum TalkEnd {
    /// The agent ended it (or sent the caller to the survey): exit `agent_hangup`.
    AgentHungUp,
    /// The caller ended it. Need not be told when the call simply ends; the exit `caller_hangup`
    /// leads to a hangup.
    CallerHungUp,
    /// The caller went on to another party: exit `transferred`.
    Transferred,
    /// The two could not be joined: the agent was lost before the talk began, exit `on_error`.
    Failed,
}

/// What becomes of a party outside that was dialled.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum DialEnd {
    /// It answered; caller and party hear each other (the caller's INVITE is answered now, if it was not).
    Answered,
    /// It is busy (486, 600).
    Busy,
    /// It did not answer in time (408, 480, 487 after the ring limit).
    NoAnswer,
    /// It could not be reached or refused, or no channel of the trunk was free.
    Failed,
    /// The talk, after `Answered`, was ended by the party; the caller is still there.
    Ended,
}
