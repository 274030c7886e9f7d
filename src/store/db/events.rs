use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row};

use crate::base::{AgentId, CallId, RecordId, TenantId, Wall};
use crate::call::Fact;
use crate::store::db::cursor::{Cursor, Page, ROWS_MAX};
use crate::store::db::database::{Database, QueryError};
use crate::store::db::value::{call_id, json_of, record_id, signed, unsigned};

/// A record as it is stored.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct EventRow {
    /// Its number among the tenant's events.
    pub number: u64,
    /// Unique for ever.
    pub id: RecordId,
    /// When it happened.
    pub at: Wall,
    /// Whose it is.
    pub tenant: TenantId,
    /// What happened.
    pub fact: Fact,
}

/// One line of an agent's work log (工作日志).
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct AgentEventRow {
    /// The record.
    #[schema(value_type = String)]
    pub id: RecordId,
    /// When, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub at: Wall,
    /// Who.
    #[schema(value_type = String)]
    pub agent: AgentId,
    /// `signed_out`, `ready`, `not_ready`.
    pub status: String,
    /// Why not ready.
    pub reason: Option<String>,
    /// `idle`, `reserved`, `ringing`, `talking`, `held`, `wrap_up`, `busy`.
    pub state: String,
    /// The call it has to do with.
    #[schema(value_type = Option<String>)]
    pub call: Option<CallId>,
    /// How long the one before lasted, ms.
    pub previous_ms: u64,
}

const EVENT: &str = "SELECT number, id, at, tenant, fact FROM event";

impl Database {
    /// Events of a tenant behind number `after`, in order, at most `limit` (1–1000).
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn events(
        &self,
        tenant: &TenantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<EventRow>, QueryError> {
        let mut sql = QueryBuilder::new(EVENT);
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        sql.push(" AND number > ").push_bind(signed(after));
        sql.push(" ORDER BY number LIMIT ").push_bind(limit.clamp(1, ROWS_MAX));
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        rows.iter().map(read_event).collect()
    }

    /// The events of one call in order, at most 1000.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn events_of_call(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<Vec<EventRow>, QueryError> {
        let mut sql = QueryBuilder::new(EVENT);
        sql.push(" WHERE call = ").push_bind(call.to_string());
        sql.push(" AND tenant = ").push_bind(tenant.as_str().to_owned());
        sql.push(" ORDER BY number LIMIT ").push_bind(ROWS_MAX);
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        rows.iter().map(read_event).collect()
    }

    /// Changes of agents' status and state in `from..to`, newest first, at most `limit` (1–1000).
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn agent_events(
        &self,
        tenant: &TenantId,
        agent: Option<&AgentId>,
        (from, to): (Option<Wall>, Option<Wall>),
        behind: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<AgentEventRow>, QueryError> {
        let limit = limit.clamp(1, ROWS_MAX);
        let mut sql = QueryBuilder::new(
            "SELECT id, at, agent, status, reason, state, call, previous_ms FROM agent_event",
        );
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        if let Some(agent) = agent {
            sql.push(" AND agent = ").push_bind(agent.as_str().to_owned());
        }
        if let Some(from) = from {
            sql.push(" AND at >= ").push_bind(from.as_micros());
        }
        if let Some(to) = to {
            sql.push(" AND at < ").push_bind(to.as_micros());
        }
        if let Some(cursor) = behind {
            sql.push(" AND (at, id) < (").push_bind(cursor.at());
            sql.push(", ").push_bind(cursor.id()).push(")");
        }
        sql.push(" ORDER BY at DESC, id DESC LIMIT ").push_bind(limit + 1);
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        let rows = rows.iter().map(read_agent_event).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row| Cursor::new(row.at, row.id.0)))
    }
}

fn read_event(row: &SqliteRow) -> Result<EventRow, QueryError> {
    let number: i64 = row.try_get("number")?;
    let tenant: String = row.try_get("tenant")?;
    Ok(EventRow {
        number: unsigned(number),
        id: record_id(row.try_get("id")?)?,
        at: Wall::from_micros(row.try_get("at")?),
        tenant: TenantId::new(&tenant),
        fact: json_of("a fact", row.try_get("fact")?)?,
    })
}

fn read_agent_event(row: &SqliteRow) -> Result<AgentEventRow, QueryError> {
    let agent: String = row.try_get("agent")?;
    let call: Option<String> = row.try_get("call")?;
    let previous_ms: i64 = row.try_get("previous_ms")?;
    Ok(AgentEventRow {
        id: record_id(row.try_get("id")?)?,
        at: Wall::from_micros(row.try_get("at")?),
        agent: AgentId::new(&agent),
        status: row.try_get("status")?,
        reason: row.try_get("reason")?,
        state: row.try_get("state")?,
        call: call.map(call_id).transpose()?,
        previous_ms: unsigned(previous_ms),
    })
}
