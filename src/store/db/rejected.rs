use sqlx::{Row, SqliteConnection, SqlitePool, query};

use crate::store::Stored;
use crate::store::db::value::{signed, unsigned};

/// Primary result codes of SQLite that speak of the values alone: too big, constraint, mismatch, range.
const OF_VALUES: [u32; 4] = [18, 19, 20, 25];

/// Whether a record can never be loaded: what it says does not fit the tables. Whatever else is wrong
/// (disk, locks, a damaged file, missing tables) is the database's, and is tried again.
pub(super) fn is_poison(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Encode(_) => true,
        sqlx::Error::Database(error) => error
            .code()
            .and_then(|code| code.parse::<u32>().ok())
            .is_some_and(|code| OF_VALUES.contains(&(code & 0xff))),
        _ => false,
    }
}

/// Sets a record aside, so that those behind it are loaded.
pub(super) async fn reject(
    db: &mut SqliteConnection,
    stored: &Stored,
    why: &sqlx::Error,
) -> Result<(), sqlx::Error> {
    let record = &stored.published.record;
    let body =
        serde_json::to_string(&**record).map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    query("INSERT OR REPLACE INTO rejected VALUES (?, ?, ?, ?, ?, ?)")
        .bind(record.id.to_string())
        .bind(record.tenant.as_str())
        .bind(signed(stored.published.number))
        .bind(record.at.as_micros())
        .bind(why.to_string())
        .bind(body)
        .execute(db)
        .await?;
    Ok(())
}

/// How many records are set aside.
pub(super) async fn rejected(pool: &SqlitePool) -> Result<u64, sqlx::Error> {
    let row = query("SELECT count(*) AS count FROM rejected").fetch_one(pool).await?;
    row.try_get("count").map(unsigned)
}
