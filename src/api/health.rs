use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::base::Wall;

/// An alarm that is up.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct AlarmView {
    /// Its id, such as `recordings-disk`.
    pub id: String,
    /// What is the matter and what to do.
    pub what: String,
    /// Since when, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub since: Wall,
}

/// The alarms that are up now. `node` raises and clears them, `/health` shows them.
#[derive(Debug, Default)]
pub struct Health {
    alarms: Mutex<BTreeMap<String, AlarmView>>,
    needs_restart: Mutex<Vec<String>>,
}

impl Health {
    /// An alarm came up or cleared. Returns whether that is news.
    pub fn alarm(&self, id: &str, what: &str, cleared: bool, now: Wall) -> bool {
        let mut alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        if cleared {
            return alarms.remove(id).is_some();
        }
        let news = !alarms.contains_key(id);
        let since = alarms.get(id).map_or(now, |alarm| alarm.since);
        alarms.insert(id.to_owned(), AlarmView { id: id.to_owned(), what: what.to_owned(), since });
        news
    }

    /// These keys of the configuration have changed and take effect at the next start only; they take
    /// the place of those that were told before.
    pub fn restart_needed(&self, keys: Vec<String>) {
        *self.needs_restart.lock().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// The keys that wait for a restart.
    #[must_use]
    pub fn needs_restart(&self) -> Vec<String> {
        self.needs_restart.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// All alarms that are up, by id.
    #[must_use]
    pub fn alarms(&self) -> Vec<AlarmView> {
        let alarms = self.alarms.lock().unwrap_or_else(PoisonError::into_inner);
        alarms.values().cloned().collect()
    }
}
