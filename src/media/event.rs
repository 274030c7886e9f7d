use serde::{Deserialize, Serialize};

use crate::base::{Instant, Key, RecordingId, StreamId};
use crate::media::{LineTone, PlayId, Stats};

/// What a media worker tells the core.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// The party pressed a key; once for each press, at its beginning.
    Key {
        /// The stream.
        stream: StreamId,
        /// The key.
        key: Key,
    },
    /// The party's network plays a tone in place of the party, as `Command::ExpectLineTones` asked;
    /// once.
    LineTone {
        /// The stream.
        stream: StreamId,
        /// The tone.
        tone: LineTone,
    },
    /// The last sample of a playing has been sent.
    PlayEnded {
        /// The stream.
        stream: StreamId,
        /// The playing.
        play: PlayId,
    },
    /// No RTP from a party that may send, for `Settings::silence`; again each time that it passes
    /// until the party is heard, so that a peer that dies later is found too.
    Silent {
        /// The stream.
        stream: StreamId,
        /// When it was last heard, or was allowed to send.
        since: Instant,
    },
    /// The party's first packet, or the first after `Silent`.
    Heard {
        /// The stream.
        stream: StreamId,
    },
    /// Figures: every `Settings::stats_every`, on `Report`, and for the last time on `Close`.
    Stats {
        /// The stream.
        stream: StreamId,
        /// The figures since `Open`.
        stats: Box<Stats>,
        /// Whether the stream is closed and these are its last.
        last: bool,
    },
    /// A recording is complete; all its blocks were handed over before.
    RecordStopped {
        /// The recording.
        recording: RecordingId,
        /// Its length, samples a track (8,000 a second).
        samples: u64,
    },
    /// A command could not be done, or a stream died.
    Failed {
        /// The stream.
        stream: StreamId,
        /// Why.
        why: Failure,
    },
}

/// Why media failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// The command names a stream that is not open on this worker.
    #[error("the stream is not open")]
    NotOpen,
    /// `Open` of a stream that is open.
    #[error("the stream is open already")]
    AlreadyOpen,
    /// `Settings::streams_max` is reached.
    #[error("the worker carries no more streams")]
    TooManyStreams,
    /// `Settings::recordings_max` is reached.
    #[error("the worker makes no more recordings")]
    TooManyRecordings,
    /// More keys wait to be sent than the queue holds.
    #[error("too many keys wait to be sent")]
    TooManyKeys,
    /// The port of `Open` has no sockets on this worker, or another stream has them.
    #[error("the port has no free sockets on this worker")]
    NoPort,
    /// The stream was awaited from another worker and did not come in time.
    #[error("the stream did not arrive from its worker")]
    NotArrived,
    /// A fault of ours; the stream was closed.
    #[error("internal error")]
    Internal,
}
