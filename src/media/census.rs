/// How many things a worker holds; all zero when all streams are closed and no recording runs.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Census {
    /// Open streams.
    pub streams: usize,
    /// Streams that hear another one or themselves.
    pub bridged: usize,
    /// Streams with something to play.
    pub playing: usize,
    /// Running recordings.
    pub recordings: usize,
}
