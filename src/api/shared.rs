use std::sync::Arc;

use tokio::sync::Semaphore;
use utoipa::openapi::OpenApi;

use crate::api::Door;
use crate::api::guesses::Guesses;
use crate::api::pace::Pace;
use crate::api::requests::Requests;
use crate::api::tokens::Tokens;

/// What all handlers stand on.
pub(crate) struct Shared {
    /// What `node` gave.
    pub(crate) door: Door,
    /// Who may come in.
    pub(crate) tokens: Tokens,
    /// Who has sent wrong tokens.
    pub(crate) guesses: Guesses,
    /// One permit for each event stream and waiting page.
    pub(crate) streams: Arc<Semaphore>,
    /// How patient the door is.
    pub(crate) pace: Pace,
    /// Counts what was asked.
    pub(crate) requests: Requests,
    /// The description of all that is here.
    pub(crate) openapi: Arc<OpenApi>,
}

/// The state of the router.
pub(crate) type House = Arc<Shared>;

impl Shared {
    pub(crate) fn new(door: Door, pace: Pace, openapi: OpenApi) -> Self {
        let streams = door.streams_max.min(Semaphore::MAX_PERMITS);
        Self {
            tokens: Tokens::new(&door.tokens),
            guesses: Guesses::default(),
            streams: Arc::new(Semaphore::new(streams)),
            pace,
            requests: Requests::new(&door.metrics),
            openapi: Arc::new(openapi),
            door,
        }
    }
}
