use tokio::sync::broadcast;

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
}

impl Events {
    /// Events out of this spool.
    #[must_use]
    pub fn new(spool: SpoolReader) -> Self {
        Self { news: broadcast::Sender::new(BUFFERED), spool }
    }

    /// Publishes what was synced, in order.
    pub fn publish(&self, published: Vec<Published>) {
        for event in published {
            // Nobody listens: that is no fault.
            let _ = self.news.send(event);
        }
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
}
