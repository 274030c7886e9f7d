use serde::{Deserialize, Serialize};

use crate::base::{Instant, Key, RecordingId, StreamId};
use crate::media::{PromptId, Remote};

/// One playing of prompts, chosen by the core; comes back in `Event::PlayEnded`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PlayId(pub u64);

/// A tone that is made, not read from a file. Call progress tones are China's 450 Hz.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// 1 s on, 4 s off.
    Ringback,
    /// 0.35 s on, 0.35 s off.
    Busy,
    /// 0.7 s on, 0.7 s off.
    Congestion,
    /// 0.4 s on, 4 s off: somebody calls a party that talks.
    CallWaiting,
    /// 400 ms of 1 kHz, then nothing.
    Beep,
    /// A steady sine at −12 dBm0.
    Test {
        /// Frequency, Hz; held within 20–3,800.
        hz: u16,
    },
}

/// All that the core may ask of a media worker.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Begin a stream on the sockets of a port.
    Open {
        /// The new stream.
        stream: StreamId,
        /// The even RTP port that `Ports::take` gave for this worker; `node` finds the pre-bound
        /// pair of sockets by it. The worker itself does not look at it.
        port: u16,
        /// What was agreed.
        remote: Remote,
        /// Whether keys are also listened for in the speech itself, as `ExpectKeys`.
        expect_keys: bool,
    },
    /// A changed agreement (answer of an early offer, re-INVITE, UPDATE): the latch opens once more.
    Agree {
        /// The stream.
        stream: StreamId,
        /// What is agreed now.
        remote: Remote,
    },
    /// Plays prompts one after the other, with the gaps that belong between them, in place of what is
    /// played now.
    /// What plays covers what a bridge would forward.
    Play {
        /// Who hears it.
        stream: StreamId,
        /// The name of this playing.
        play: PlayId,
        /// What is played.
        prompts: Vec<PromptId>,
        /// Begin again after the last one, for ever. There is then no `PlayEnded`.
        repeat: bool,
        /// The first key that the party presses ends the playing at once. `Event::Key` tells it;
        /// there is no `PlayEnded` for what was cut, stopped or replaced.
        cut_by_key: bool,
    },
    /// Stops what is played, prompts or tone.
    Stop {
        /// The stream.
        stream: StreamId,
    },
    /// Listen for keys in the speech too, until the first RFC 4733 event of the party.
    ExpectKeys {
        /// The stream.
        stream: StreamId,
        /// On or off.
        on: bool,
    },
    /// Listen for the tones of a network that ends a call by them alone, until one was heard
    /// (`Event::LineTone`).
    ExpectLineTones {
        /// The stream.
        stream: StreamId,
        /// On or off.
        on: bool,
    },
    /// Each of the two hears the other. Ends other bridges and echoes of both. Both must be open on
    /// this worker.
    Bridge {
        /// One.
        a: StreamId,
        /// The other.
        b: StreamId,
    },
    /// Neither hears the other any more.
    Unbridge {
        /// One.
        a: StreamId,
        /// The other.
        b: StreamId,
    },
    /// The party hears itself. Ends a bridge.
    Echo {
        /// The stream.
        stream: StreamId,
        /// On or off.
        on: bool,
    },
    /// Plays a tone in place of what is played now. There is no event at its end.
    Tone {
        /// Who hears it.
        stream: StreamId,
        /// Which.
        tone: Tone,
        /// For how long, ms; without it until something else is played (the beep ends by itself).
        ms: Option<u32>,
    },
    /// Sends a key to the party: RFC 4733 when agreed, else as a dual tone. Up to 32 may wait.
    SendKey {
        /// Who gets it.
        stream: StreamId,
        /// Which.
        key: Key,
        /// For how long, ms; held within 40–2,000.
        ms: u32,
    },
    /// Records two parties as a stereo recording on one clock. For a `recording` that is running:
    /// from now on take these streams instead (after a transfer), `at` has then no meaning.
    Record {
        /// The recording.
        recording: RecordingId,
        /// The caller: its voice is the left track.
        left: StreamId,
        /// The agent: its voice is the right track. What is played to the caller goes there too.
        right: Option<StreamId>,
        /// The moment of the first sample; silence fills what had passed when the command came.
        at: Instant,
    },
    /// Ends a recording, padded or cut to exactly `at` (at most 2 s ahead). Of a recording that is
    /// not running (any more) nothing is said.
    StopRecord {
        /// The recording.
        recording: RecordingId,
        /// The moment after the last sample.
        at: Instant,
    },
    /// Tells the figures of a stream now, as `Event::Stats` that are not the last.
    Report {
        /// The stream.
        stream: StreamId,
    },
    /// Hands open streams over to another worker, each as it stands: what was agreed, heard and
    /// latched on to, what it plays, its own row of numbers, keys that wait. Bridges among them and
    /// the recordings of a caller among them go along; a bridge to one who stays ends. The other
    /// worker must have been told to `Await` them before.
    Leave {
        /// The streams, each with its port: the sockets go along, and the port is the other
        /// worker's from then on (`Ports::hand_over`).
        streams: Vec<(StreamId, u16)>,
        /// The number of the other worker.
        to: usize,
    },
    /// Streams come from another worker. Commands that name them, and later ones that hang on
    /// those, wait until they are there; what has not come within 3 s fails as `NotArrived`.
    Await {
        /// The streams.
        streams: Vec<StreamId>,
    },
    /// Ends a stream. Its last `Event::Stats` follows. A recording whose streams are all closed
    /// waits 1 s for its `StopRecord`, then ends at the moment of the last `Close`.
    Close {
        /// The stream.
        stream: StreamId,
    },
}

impl Command {
    /// The stream that a command is about; of several, the first. A stop of a recording is about
    /// none.
    #[must_use]
    pub fn stream(&self) -> Option<StreamId> {
        match self {
            Self::Leave { streams, .. } => streams.first().map(|(stream, _)| *stream),
            Self::Await { streams } => streams.first().copied(),
            Self::Open { stream, .. }
            | Self::Agree { stream, .. }
            | Self::Play { stream, .. }
            | Self::Stop { stream }
            | Self::ExpectKeys { stream, .. }
            | Self::ExpectLineTones { stream, .. }
            | Self::Echo { stream, .. }
            | Self::Tone { stream, .. }
            | Self::SendKey { stream, .. }
            | Self::Report { stream }
            | Self::Close { stream }
            | Self::Bridge { a: stream, .. }
            | Self::Unbridge { a: stream, .. }
            | Self::Record { left: stream, .. } => Some(*stream),
            Self::StopRecord { .. } => None,
        }
    }

    /// Whether a command names a stream.
    pub(crate) fn names(&self, stream: StreamId) -> bool {
        match self {
            Self::Leave { streams, .. } => streams.iter().any(|(named, _)| *named == stream),
            Self::Await { streams } => streams.contains(&stream),
            Self::Bridge { a, b } | Self::Unbridge { a, b } => *a == stream || *b == stream,
            Self::Record { left, right, .. } => *left == stream || *right == Some(stream),
            _ => self.stream() == Some(stream),
        }
    }

    /// Whether a command and this one name a stream or a recording in common.
    pub(crate) fn shares(&self, other: &Self) -> bool {
        let recording = |command: &Self| match command {
            Self::Record { recording, .. } | Self::StopRecord { recording, .. } => Some(*recording),
            _ => None,
        };
        let same = recording(self).is_some_and(|id| recording(other) == Some(id));
        let named = match self {
            Self::Leave { streams, .. } => streams.iter().any(|(id, _)| other.names(*id)),
            Self::Await { streams } => streams.iter().any(|id| other.names(*id)),
            Self::Bridge { a, b } | Self::Unbridge { a, b } => other.names(*a) || other.names(*b),
            Self::Record { left, right, .. } => {
                other.names(*left) || right.is_some_and(|id| other.names(id))
            }
            _ => self.stream().is_some_and(|id| other.names(id)),
        };
        same || named
    }
}
