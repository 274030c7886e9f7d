use std::time::Duration;

use tokio::sync::{broadcast, watch};

use crate::api::problem::Problem;
use crate::api::problem_kind::Kind;
use crate::base::TenantId;
use crate::store::{Published, ResumeError, SpoolReader};

/// How many events a slow reader may be behind before it is sent back to the spool.
const BUFFERED: usize = 4_096;

/// The stream of numbered events (E2): those that were just synced, and from the spool those of the
/// last days.
#[derive(Clone, Debug)]
pub struct Events {
    news: broadcast::Sender<Published>,
    spool: SpoolReader,
    /// Whether the engine stops. Every open stream listens to it.
    ending: watch::Sender<bool>,
}

impl Events {
    /// Events out of this spool.
    #[must_use]
    pub fn new(spool: SpoolReader) -> Self {
        Self { news: broadcast::Sender::new(BUFFERED), spool, ending: watch::Sender::new(false) }
    }

    /// Publishes what was synced, in order.
    pub fn publish(&self, published: Vec<Published>) {
        for event in published {
            // Nobody listens: that is no fault.
            let _ = self.news.send(event);
        }
    }

    /// The engine stops, and the last event is published: every stream sends what is left and closes
    /// with 1001 (going away). Returns when all have, or after `patience`.
    pub async fn end(&self, patience: Duration) {
        self.ending.send_replace(true);
        // Whoever does not read in time is cut off.
        let _ = tokio::time::timeout(patience, self.ending.closed()).await;
    }

    /// For a stream: tells when it has to end, and is dropped when it has.
    pub(crate) fn ending(&self) -> watch::Receiver<bool> {
        self.ending.subscribe()
    }

    /// What is published from now on. A reader that is told `Lagged` goes on with
    /// [`Events::behind`].
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Published> {
        self.news.subscribe()
    }

    /// Events of a tenant behind number `after`, at most `max`.
    ///
    /// # Errors
    /// They are no longer kept, or the spool cannot be read.
    pub fn behind(
        &self,
        tenant: &TenantId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Published>, ResumeError> {
        self.spool.read_from(tenant, after, max)
    }

    /// The same for a request: it reads on a thread for such work, and a number that no event has
    /// yet is a fault instead of silence for ever.
    pub(crate) async fn resume(
        &self,
        tenant: &TenantId,
        after: u64,
        max: usize,
    ) -> Result<Vec<Published>, Problem> {
        let (events, tenant) = (self.clone(), tenant.clone());
        let read = tokio::task::spawn_blocking(move || {
            let found = events.behind(&tenant, after, max)?;
            let is_ahead = found.is_empty()
                && after > 0
                && matches!(events.behind(&tenant, after - 1, 1), Ok(last) if last.is_empty());
            Ok::<_, ResumeError>((found, is_ahead))
        });
        let (found, is_ahead) = read.await.map_err(|_| Problem::broken())??;
        if is_ahead {
            let detail = format!("no event has number {after} yet");
            let problem = Problem::new(Kind::AheadOfEvents, detail);
            return Err(problem.about("after", "the number of an event that was seen"));
        }
        Ok(found)
    }
}
