use std::time::Duration;

/// How long the door waits for others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pace {
    /// For the whole answer to be ready, its streamed part not counted.
    pub(crate) answer: Duration,
    /// For a body to arrive.
    pub(crate) body: Duration,
    /// For one event to go out to a reader of the event stream.
    pub(crate) send: Duration,
    /// Between the pings on an event stream; a reader silent for three of them is dropped.
    pub(crate) ping: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(45),
            body: Duration::from_secs(10),
            send: Duration::from_secs(10),
            ping: Duration::from_secs(20),
        }
    }
}
