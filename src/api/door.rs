use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::api::{Commands, Events, Health, Live, Reloaded};
use crate::base::{Faults, TenantId, Wall};
use crate::store::{Archive, Database};

/// Reads flows and settings anew and puts them into use; all faults when they are not good, and then
/// nothing changes. The future is dropped when the client leaves or after 45 s: what must not stop
/// halfway belongs into a task of its own.
pub type Reload =
    Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<Reloaded, Faults>> + Send>> + Send + Sync>;

/// All that the API stands on; `node` gives it.
#[derive(Clone)]
pub struct Door {
    /// The one operation centre of this engine.
    pub tenant: TenantId,
    /// The secrets that open the door, with the name of whose they are.
    pub tokens: Arc<Vec<(String, String)>>,
    /// To the core.
    pub commands: Commands,
    /// What can be seen now.
    pub live: Arc<Live>,
    /// Numbered events.
    pub events: Events,
    /// The database, which may be away.
    pub database: Database,
    /// Recordings.
    pub archive: Archive,
    /// Alarms.
    pub health: Arc<Health>,
    /// `/metrics`; collectors are registered by `node`, by [`Metrics::register`](crate::api::Metrics)
    /// and by the router.
    pub metrics: prometheus::Registry,
    /// Reads flows and configuration anew.
    pub reload: Reload,
    /// The wall clock.
    pub wall: Arc<dyn Fn() -> Wall + Send + Sync>,
    /// The most event streams at once.
    pub streams_max: usize,
}
