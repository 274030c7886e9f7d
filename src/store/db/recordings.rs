use serde::Serialize;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use crate::base::{BoxId, CallId, RecordingId, TenantId, Wall};
use crate::store::db::cursor::{Cursor, Page, ROWS_MAX};
use crate::store::db::database::{Database, QueryError};
use crate::store::db::value::{call_id, recording_id, unsigned};

/// A recording as it is stored.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct RecordingRow {
    /// Which.
    #[schema(value_type = String)]
    pub recording: RecordingId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The call.
    #[schema(value_type = String)]
    pub call: CallId,
    /// When it began, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub at: Wall,
    /// Who is heard on the left.
    pub left: String,
    /// Who is heard on the right.
    pub right: String,
    /// Length, ms; none while it goes on.
    pub length_ms: Option<u64>,
}

/// A message in a voicemail box.
#[derive(Clone, PartialEq, Debug, Serialize, utoipa::ToSchema)]
pub struct VoicemailRow {
    /// The message.
    #[schema(value_type = String)]
    pub recording: RecordingId,
    /// Whose it is.
    #[schema(value_type = String)]
    pub tenant: TenantId,
    /// The call.
    #[schema(value_type = String)]
    pub call: CallId,
    /// The box.
    #[schema(value_type = String)]
    pub r#box: BoxId,
    /// When it was left, µs since the Unix epoch.
    #[schema(value_type = i64)]
    pub at: Wall,
    /// Length, ms.
    pub length_ms: u64,
}

/// Which recordings; all that is given must hold.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct RecordingFilter {
    /// They began not before this.
    pub from: Option<Wall>,
    /// They began before this.
    pub to: Option<Wall>,
    /// Those of one call.
    pub call: Option<CallId>,
}

/// Which messages; all that is given must hold.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct VoicemailFilter {
    /// They were left not before this.
    pub from: Option<Wall>,
    /// They were left before this.
    pub to: Option<Wall>,
    /// Those in one box.
    pub r#box: Option<BoxId>,
}

impl Database {
    /// Recordings of a tenant, newest first, at most `limit` (1–1000).
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn recordings(
        &self,
        tenant: &TenantId,
        filter: &RecordingFilter,
        behind: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<RecordingRow>, QueryError> {
        let limit = limit.clamp(1, ROWS_MAX);
        let mut sql = QueryBuilder::new(RECORDING);
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        if let Some(call) = filter.call {
            sql.push(" AND call = ").push_bind(call.to_string());
        }
        push_page(&mut sql, filter.from, filter.to, behind, limit);
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        let rows = rows.iter().map(read_recording).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row| Cursor::new(row.at, row.recording.0)))
    }

    /// One recording of a tenant.
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn recording(
        &self,
        tenant: &TenantId,
        recording: RecordingId,
    ) -> Result<Option<RecordingRow>, QueryError> {
        let mut sql = QueryBuilder::new(RECORDING);
        sql.push(" WHERE recording = ").push_bind(recording.to_string());
        sql.push(" AND tenant = ").push_bind(tenant.as_str().to_owned());
        let row = sql.build().fetch_optional(&self.pool()?).await?;
        row.as_ref().map(read_recording).transpose()
    }

    /// Messages of a tenant, newest first, at most `limit` (1–1000).
    ///
    /// # Errors
    /// The database is away or fails.
    pub async fn voicemail(
        &self,
        tenant: &TenantId,
        filter: &VoicemailFilter,
        behind: Option<Cursor>,
        limit: u32,
    ) -> Result<Page<VoicemailRow>, QueryError> {
        let limit = limit.clamp(1, ROWS_MAX);
        let mut sql =
            QueryBuilder::new("SELECT recording, tenant, call, box, at, length_ms FROM voicemail");
        sql.push(" WHERE tenant = ").push_bind(tenant.as_str().to_owned());
        if let Some(name) = &filter.r#box {
            sql.push(" AND box = ").push_bind(name.as_str().to_owned());
        }
        push_page(&mut sql, filter.from, filter.to, behind, limit);
        let rows = sql.build().fetch_all(&self.pool()?).await?;
        let rows = rows.iter().map(read_voicemail).collect::<Result<Vec<_>, _>>()?;
        Ok(Page::cut(rows, limit, |row| Cursor::new(row.at, row.recording.0)))
    }
}

const RECORDING: &str =
    "SELECT recording, tenant, call, at, left_is, right_is, length_ms FROM recording";

fn push_page(
    sql: &mut QueryBuilder<Sqlite>,
    from: Option<Wall>,
    to: Option<Wall>,
    behind: Option<Cursor>,
    limit: u32,
) {
    if let Some(from) = from {
        sql.push(" AND at >= ").push_bind(from.as_micros());
    }
    if let Some(to) = to {
        sql.push(" AND at < ").push_bind(to.as_micros());
    }
    if let Some(cursor) = behind {
        sql.push(" AND (at, recording) < (").push_bind(cursor.at());
        sql.push(", ").push_bind(cursor.id()).push(")");
    }
    sql.push(" ORDER BY at DESC, recording DESC LIMIT ").push_bind(limit + 1);
}

fn read_recording(row: &SqliteRow) -> Result<RecordingRow, QueryError> {
    let tenant: String = row.try_get("tenant")?;
    let length_ms: Option<i64> = row.try_get("length_ms")?;
    Ok(RecordingRow {
        recording: recording_id(row.try_get("recording")?)?,
        tenant: TenantId::new(&tenant),
        call: call_id(row.try_get("call")?)?,
        at: Wall::from_micros(row.try_get("at")?),
        left: row.try_get("left_is")?,
        right: row.try_get("right_is")?,
        length_ms: length_ms.map(unsigned),
    })
}

fn read_voicemail(row: &SqliteRow) -> Result<VoicemailRow, QueryError> {
    let tenant: String = row.try_get("tenant")?;
    let name: String = row.try_get("box")?;
    let length_ms: i64 = row.try_get("length_ms")?;
    Ok(VoicemailRow {
        recording: recording_id(row.try_get("recording")?)?,
        tenant: TenantId::new(&tenant),
        call: call_id(row.try_get("call")?)?,
        r#box: BoxId::new(&name),
        at: Wall::from_micros(row.try_get("at")?),
        length_ms: unsigned(length_ms),
    })
}
