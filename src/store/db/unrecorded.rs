use sqlx::Row;

use crate::base::{TenantId, Wall};
use crate::store::db::database::{Database, QueryError};
use crate::store::db::value::unsigned;

/// INVITEs that became no calls with records of their own: they were counted by source and minute.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Unrecorded {
    /// Those of trunks and accounts: refused while there was no room for records, or turned away from
    /// a trunk by overload.
    pub lost: u64,
    /// Those turned away by overload before anybody looked who sent them, and not from a trunk.
    pub unknown: u64,
}

const COUNTS: &str = "SELECT \
    coalesce(sum(CASE WHEN type = 'invites_refused' THEN fact ->> '$.count' \
        WHEN fact ->> '$.trunk' IS NOT NULL THEN fact ->> '$.invites' END), 0), \
    coalesce(sum(CASE WHEN type = 'turned_away' AND fact ->> '$.trunk' IS NULL \
        THEN fact ->> '$.invites' END), 0) \
    FROM event WHERE type IN ('invites_refused', 'turned_away') \
    AND tenant = ? AND at >= ? AND at < ?";

impl Database {
    /// How many INVITEs of the minutes that ended in `from..to` have no records of their own.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn count_unrecorded(
        &self,
        tenant: &TenantId,
        from: Wall,
        to: Wall,
    ) -> Result<Unrecorded, QueryError> {
        let query = sqlx::query(COUNTS)
            .bind(tenant.as_str().to_owned())
            .bind(from.as_micros())
            .bind(to.as_micros());
        let row = query.fetch_one(&self.pool()?).await?;
        Ok(Unrecorded { lost: unsigned(row.try_get(0)?), unknown: unsigned(row.try_get(1)?) })
    }
}
