use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::base::{AccountId, AgentId, CallId, QueueId, TenantId, TrunkId, Wall};
use crate::call::{Cause, Cdr};
use crate::store::db::cursor::{Cursor, Page, ROWS_MAX};
use crate::store::db::database::{Database, QueryError};
use crate::store::db::value::{call_id, json_of, name_of, recording_id, unsigned, value_of, wall};

/// A call as it is stored.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct CallRow {
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// Whether its CDR is there; before, the record tells what is known so far, and its end, cause
    /// and durations mean nothing.
    pub ended: bool,
    /// The record.
    pub cdr: Cdr,
}

/// Which calls; all that is given must hold.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct CallFilter {
    /// They came not before this.
    pub from: Option<Wall>,
    /// They came before this.
    pub to: Option<Wall>,
    /// The caller, in normal form.
    pub caller: Option<String>,
    /// The number called.
    pub called: Option<String>,
    /// The agent who answered.
    pub agent: Option<AgentId>,
    /// The last queue.
    pub queue: Option<QueueId>,
    /// One of these causes; any when empty.
    pub causes: Vec<Cause>,
    /// The least rating, 1–5.
    pub rating_least: Option<u8>,
    /// The greatest rating, 1–5.
    pub rating_most: Option<u8>,
    /// Whether the caller asked for a human and no one answered (missed calls).
    pub missed: bool,
    /// Whether there is a recording.
    pub recorded: Option<bool>,
    /// Part of the caller, the number called, the Call-ID or the flow.
    pub text: Option<String>,
    /// Calls without a CDR, too.
    pub also_open: bool,
}

const COLUMNS: &str = "SELECT call, tenant, cause, trunk, account, caller_raw, caller, caller_kind, \
    region, called, sip_call_id, flow, t_in, t_ivr, t_req, t_offer, t_ans, t_talk_end, t_end, \
    wait_ms, talk_ms, hold_ms, total_ms, ended_by, sip_status, queue, agent, offers, \
    survey_invited, rating, recording, keys, legs FROM call";

impl Database {
    /// Calls of a tenant, newest first, at most `limit` (1–1000).
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn calls(
        &self,
        tenant: &TenantId,
        filter: &CallFilter,
        behind: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<CallRow>, QueryError> {
        let limit = limit.clamp(1, ROWS_MAX);
        let mut sql = QueryBuilder::new(COLUMNS);
        push_filter(&mut sql, tenant, filter);
        if let Some(cursor) = behind {
            sql.push(" AND (t_in, call) < (").push_bind(cursor.at());
            sql.push(", ").push_bind(cursor.id()).push(")");
        }
        sql.push(" ORDER BY t_in DESC, call DESC LIMIT ").push_bind(limit + 1);
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        let rows = rows.iter().map(read_call).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row| {
            Cursor::new(row.cdr.t_in, row.cdr.call.map(|call| call.0).unwrap_or_default())
        }))
    }

    /// How many calls of a tenant there are.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn count_calls(
        &self,
        tenant: &TenantId,
        filter: &CallFilter,
    ) -> Result<u64, QueryError> {
        let mut sql = QueryBuilder::new("SELECT count(*) FROM call");
        push_filter(&mut sql, tenant, filter);
        let count: i64 = sql.build_query_scalar().fetch_one(&self.pool()?).await?;
        Ok(unsigned(count))
    }

    /// One call of a tenant, whether it has ended or not.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn call(
        &self,
        tenant: &TenantId,
        call: CallId,
    ) -> Result<Option<CallRow>, QueryError> {
        let mut sql = QueryBuilder::new(COLUMNS);
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        sql.push(" AND call = ").push_bind(call.to_string());
        let row = sql.build().fetch_optional(&self.pool()?).await?;
        row.as_ref().map(read_call).transpose()
    }

    /// How many calls arrived at a tenant in `from..to`, by the arrival events.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn count_arrivals(
        &self,
        tenant: &TenantId,
        from: Wall,
        to: Wall,
    ) -> Result<u64, QueryError> {
        let mut sql = QueryBuilder::new(
            "SELECT count(*) FROM event WHERE type = 'call_arrived' AND tenant = ",
        );
        sql.push_bind(tenant.as_str().to_owned());
        sql.push(" AND at >= ").push_bind(from.as_micros());
        sql.push(" AND at < ").push_bind(to.as_micros());
        let count: i64 = sql.build_query_scalar().fetch_one(&self.pool()?).await?;
        Ok(unsigned(count))
    }

    /// All calls of a tenant that came in `from..to`, oldest first, those without a CDR too.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn calls_between(
        &self,
        tenant: &TenantId,
        from: Wall,
        to: Wall,
    ) -> Result<Vec<CallRow>, QueryError> {
        let mut sql = QueryBuilder::new(COLUMNS);
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        sql.push(" AND t_in >= ").push_bind(from.as_micros());
        sql.push(" AND t_in < ").push_bind(to.as_micros()).push(" ORDER BY t_in, call");
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        rows.iter().map(read_call).collect()
    }
}

fn push_filter(sql: &mut QueryBuilder<Sqlite>, tenant: &TenantId, filter: &CallFilter) {
    sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
    if !filter.also_open {
        sql.push(" AND cause IS NOT NULL");
    }
    if let Some(from) = filter.from {
        sql.push(" AND t_in >= ").push_bind(from.as_micros());
    }
    if let Some(to) = filter.to {
        sql.push(" AND t_in < ").push_bind(to.as_micros());
    }
    let texts = [
        (" AND caller = ", filter.caller.clone()),
        (" AND called = ", filter.called.clone()),
        (" AND agent = ", filter.agent.as_ref().map(ToString::to_string)),
        (" AND queue = ", filter.queue.as_ref().map(ToString::to_string)),
    ];
    for (condition, text) in texts {
        if let Some(text) = text {
            sql.push(condition).push_bind(text);
        }
    }
    if !filter.causes.is_empty() {
        sql.push(" AND cause IN (");
        let mut list = sql.separated(", ");
        for cause in &filter.causes {
            list.push_bind(name_of(cause));
        }
        sql.push(")");
    }
    if let Some(least) = filter.rating_least {
        sql.push(" AND rating >= ").push_bind(least);
    }
    if let Some(most) = filter.rating_most {
        sql.push(" AND rating <= ").push_bind(most);
    }
    if filter.missed {
        sql.push(" AND t_req IS NOT NULL AND t_ans IS NULL");
    }
    match filter.recorded {
        Some(true) => sql.push(" AND recording IS NOT NULL"),
        Some(false) => sql.push(" AND recording IS NULL"),
        None => sql,
    };
    if let Some(text) = &filter.text {
        let mut glue = " AND (";
        for column in ["caller_raw", "caller", "called", "sip_call_id", "flow"] {
            sql.push(glue).push(column).push(" LIKE ").push_bind(like(text)).push(" ESCAPE '\\'");
            glue = " OR ";
        }
        sql.push(")");
    }
}

/// The pattern that finds `text` anywhere; what is special to LIKE is taken literally.
fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read_call(row: &SqliteRow) -> Result<CallRow, QueryError> {
    let text = |column: &str| -> Result<Option<String>, sqlx::Error> { row.try_get(column) };
    let time =
        |column: &str| -> Result<Option<Wall>, sqlx::Error> { Ok(wall(row.try_get(column)?)) };
    let number = |column: &str| -> Result<u64, sqlx::Error> {
        let number: i64 = row.try_get(column)?;
        Ok(unsigned(number))
    };
    let cause = text("cause")?;
    let ended = cause.is_some();
    let t_in = time("t_in")?.unwrap_or_default();
    let cdr = Cdr {
        call: text("call")?.map(call_id).transpose()?,
        trunk: text("trunk")?.as_deref().map(TrunkId::new),
        account: text("account")?.as_deref().map(AccountId::new),
        caller_raw: row.try_get("caller_raw")?,
        caller: row.try_get("caller")?,
        caller_kind: row.try_get("caller_kind")?,
        region: row.try_get("region")?,
        called: row.try_get("called")?,
        sip_call_id: row.try_get("sip_call_id")?,
        flow: row.try_get("flow")?,
        t_in,
        t_ivr: time("t_ivr")?,
        t_req: time("t_req")?,
        t_offer: time("t_offer")?,
        t_ans: time("t_ans")?,
        t_talk_end: time("t_talk_end")?,
        t_end: time("t_end")?.unwrap_or(t_in),
        wait_ms: number("wait_ms")?,
        talk_ms: number("talk_ms")?,
        hold_ms: number("hold_ms")?,
        total_ms: number("total_ms")?,
        ended_by: match text("ended_by")? {
            Some(name) => value_of("an end", name)?,
            None => Default::default(),
        },
        cause: match cause {
            Some(name) => value_of("a cause", name)?,
            None => Cause::default(),
        },
        sip_status: row.try_get("sip_status")?,
        queue: text("queue")?.as_deref().map(QueueId::new),
        agent: text("agent")?.as_deref().map(AgentId::new),
        offers: row.try_get("offers")?,
        survey_invited: row.try_get("survey_invited")?,
        rating: row.try_get("rating")?,
        recording: text("recording")?.map(recording_id).transpose()?,
        keys: row.try_get("keys")?,
        legs: json_of("legs", row.try_get("legs")?)?,
    };
    let tenant: String = row.try_get("tenant")?;
    Ok(CallRow { tenant: TenantId::new(&tenant), ended, cdr })
}
