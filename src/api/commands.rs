use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};
use tokio::sync::oneshot;

use crate::call::{Command, CommandError, Reply};

/// How long a request waits for the core's answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long it waits when an agent's phone may ring for it meanwhile.
const LEG_PATIENCE: Duration = Duration::from_secs(35);

/// A command on its way to the core, with the place where its answer is awaited.
#[derive(Debug)]
pub struct Asked {
    /// What.
    pub command: Command,
    /// Who waits. Closed when the request was given up.
    pub reply: oneshot::Sender<Reply>,
}

/// The way to the core: a bounded lane that `node` reads.
#[derive(Clone, Debug)]
pub struct Commands {
    lane: Sender<Asked>,
}

impl Commands {
    /// Commands through this lane.
    #[must_use]
    pub fn new(lane: Sender<Asked>) -> Self {
        Self { lane }
    }

    /// Asks the core.
    ///
    /// # Errors
    /// What the core says; [`CommandError::Overloaded`] when the lane is full (429), or when no
    /// answer came in 5 s (35 s when the agent's phone is called first). A reload waits for as long as
    /// it takes: what comes late is in use, too, and others must know.
    pub async fn ask(&self, command: Command) -> Reply {
        let patience = match &command {
            // The agent's phone may have to be called first.
            Command::SignIn { .. } | Command::Ready { .. } => Some(LEG_PATIENCE),
            Command::Use { .. } => None,
            _ => Some(PATIENCE),
        };
        let (reply, answer) = oneshot::channel();
        match self.lane.try_send(Asked { command, reply }) {
            Ok(()) => {}
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(CommandError::Overloaded);
            }
        }
        let answer = match patience {
            Some(patience) => tokio::time::timeout(patience, answer).await.ok(),
            None => Some(answer.await),
        };
        // `Err`: the core is gone.
        answer.and_then(Result::ok).unwrap_or(Err(CommandError::Overloaded))
    }
}
