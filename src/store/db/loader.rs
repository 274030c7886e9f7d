use std::path::PathBuf;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Row, SqlitePool, query};
use tokio::sync::watch;

use crate::store::db::database::Database;
use crate::store::db::load::load;
use crate::store::db::rejected::{is_poison, reject, rejected};
use crate::store::db::value::unsigned;
use crate::store::{Alarm, Chunk, Position, SpoolReader};

/// How the loader works.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoaderSettings {
    /// The SQLite file; it is made when it is absent.
    pub path: PathBuf,
    /// Wait after the first failure; doubled after each further one. Default 250 ms.
    pub retry_first: Duration,
    /// The longest wait after a failure. Default 30 s.
    pub retry_most: Duration,
    /// A transaction that takes longer is given up and tried again. Default 30 s.
    pub patience: Duration,
    /// Bytes of the spool that go into one transaction. Default 256 KiB.
    pub chunk_bytes: usize,
}

impl LoaderSettings {
    /// The defaults for the SQLite file at `path`.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self {
            path,
            retry_first: Duration::from_millis(250),
            retry_most: Duration::from_secs(30),
            patience: Duration::from_secs(30),
            chunk_bytes: 256 << 10,
        }
    }
}

/// Brings the records from the spool into the database, each once.
///
/// Whatever happens to the database, it tries again; the spool keeps what is not loaded.
#[derive(Debug)]
pub struct Loader {
    settings: LoaderSettings,
    spool: SpoolReader,
    /// For those who ask.
    pool: watch::Sender<Option<SqlitePool>>,
    failures: u32,
    /// Records in the table of those that were set aside, as was told last.
    rejected: u64,
}

/// Why loading stopped for now.
#[derive(Debug, thiserror::Error)]
enum Setback {
    #[error("{0}")]
    Database(#[from] sqlx::Error),
    #[error("{0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    #[error("it took longer than {} s", .0.as_secs())]
    Slow(Duration),
    #[error("the file was moved or deleted")]
    Gone,
    #[error("the spool cannot be read: {0}")]
    Spool(#[from] std::io::Error),
}

/// How long a lock of somebody else is waited for.
const BUSY: Duration = Duration::from_secs(5);
/// Questions that are answered at once.
const READERS: u32 = 4;
/// How often to look whether the database's file is still there and the spool has news.
const LOOK_EVERY: Duration = Duration::from_secs(1);

impl Loader {
    /// A loader and the database that it opens when it runs.
    #[must_use]
    pub fn new(settings: LoaderSettings, spool: SpoolReader) -> (Self, Database) {
        let (pool, reader) = watch::channel(None);
        (Self { settings, spool, pool, failures: 0, rejected: 0 }, Database::new(reader))
    }

    /// Loads until `stop` is true or its sender is gone; then what is synced is loaded, if it can
    /// be, and the database is closed. To be run as one task.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>, mut notify: impl FnMut(Alarm)) {
        loop {
            let end = self.attempt(&mut stop, &mut notify).await;
            if let Some(readers) = self.pool.send_replace(None) {
                let _ = tokio::time::timeout(self.settings.patience, readers.close()).await;
            }
            let Err(setback) = end else { return };
            self.fail(&setback, &mut notify);
            if *stop.borrow() || stop.has_changed().is_err() {
                return;
            }
            let factor = 1_u32.checked_shl(self.failures - 1).unwrap_or(u32::MAX);
            let wait = self.settings.retry_first.saturating_mul(factor);
            let pause = tokio::time::sleep(wait.min(self.settings.retry_most));
            tokio::select! {
                () = pause => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    fn fail(&mut self, setback: &Setback, notify: &mut impl FnMut(Alarm)) {
        self.failures = self.failures.saturating_add(1);
        let path = self.settings.path.display();
        tracing::warn!(%setback, database = %path, "records cannot be loaded");
        if self.failures == 1 {
            notify(Alarm::raised(
                "database",
                format!(
                    "records cannot be loaded into {path}: {setback}; they are kept in the spool \
                     and loaded when it works again"
                ),
            ));
        }
    }

    /// Opens the database and loads until it is to stop or something fails.
    async fn attempt(
        &mut self,
        stop: &mut watch::Receiver<bool>,
        notify: &mut impl FnMut(Alarm),
    ) -> Result<(), Setback> {
        let patience = self.settings.patience;
        let slow = |_| Setback::Slow(patience);
        let pool = tokio::time::timeout(patience, self.connect()).await.map_err(slow)??;
        let end = self.load_all(&pool, stop, notify).await;
        let _ = tokio::time::timeout(patience, pool.close()).await;
        end
    }

    async fn load_all(
        &mut self,
        pool: &SqlitePool,
        stop: &mut watch::Receiver<bool>,
        notify: &mut impl FnMut(Alarm),
    ) -> Result<(), Setback> {
        let patience = self.settings.patience;
        let slow = |_| Setback::Slow(patience);
        let mut at = tokio::time::timeout(patience, self.loaded(pool)).await.map_err(slow)??;
        let file = self.file_id();
        self.pool.send_replace(Some(self.readers()));
        self.spool.set_loaded(at);
        let told = self.tell_rejected(pool, notify);
        tokio::time::timeout(patience, told).await.map_err(slow)??;
        loop {
            let chunk = self.read(at).await?;
            let is_more = chunk.next != at;
            if is_more {
                let load = self.load(pool, &chunk);
                tokio::time::timeout(patience, load).await.map_err(slow)??;
                at = chunk.next;
                self.spool.set_loaded(at);
                let told = self.tell_rejected(pool, notify);
                tokio::time::timeout(patience, told).await.map_err(slow)??;
            }
            if self.file_id() != file {
                return Err(Setback::Gone);
            }
            if std::mem::take(&mut self.failures) > 0 {
                notify(Alarm::cleared("database", "records are loaded again; none was lost"));
            }
            if is_more && at < self.spool.synced() {
                continue;
            }
            if *stop.borrow() {
                return Ok(());
            }
            tokio::select! {
                () = self.spool.news() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                stopped = stop.changed() => if stopped.is_err() { return Ok(()) },
            }
        }
    }

    /// An alarm says how many records the tables did not take.
    async fn tell_rejected(
        &mut self,
        pool: &SqlitePool,
        notify: &mut impl FnMut(Alarm),
    ) -> Result<(), Setback> {
        let count = rejected(pool).await?;
        if count != self.rejected && count > 0 {
            let path = self.settings.path.display();
            notify(Alarm::raised(
                "records-rejected",
                format!(
                    "{count} records do not fit the tables of {path}; they are kept in its table \
                     `rejected`, with why; please report it"
                ),
            ));
        } else if count < self.rejected {
            notify(Alarm::cleared("records-rejected", "the table `rejected` is empty"));
        }
        self.rejected = count;
        Ok(())
    }

    /// The loader's own connection. Those who ask have others, so that no question, however slow, can
    /// keep a record out.
    async fn connect(&self) -> Result<SqlitePool, Setback> {
        let options = self
            .options()
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(self.settings.patience)
            .connect_with(options)
            .await?;
        sqlx::migrate!("migrations/sqlite").run(&pool).await?;
        Ok(pool)
    }

    /// The connections for those who ask; they can only read.
    fn readers(&self) -> SqlitePool {
        SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(self.settings.patience)
            .connect_lazy_with(self.options().read_only(true))
    }

    fn options(&self) -> SqliteConnectOptions {
        let busy = self.settings.patience.min(BUSY);
        SqliteConnectOptions::new().filename(&self.settings.path).busy_timeout(busy)
    }

    /// Which file the path means now.
    fn file_id(&self) -> Option<(u64, u64)> {
        use std::os::unix::fs::MetadataExt;
        std::fs::metadata(&self.settings.path).ok().map(|file| (file.dev(), file.ino()))
    }

    /// Where to read on: behind the record that was loaded last, when the spool still has it there;
    /// otherwise it is another spool, and all of it is read.
    async fn loaded(&self, pool: &SqlitePool) -> Result<Position, Setback> {
        let oldest = self.spool.oldest()?;
        let row = query("SELECT file, offset, record FROM loaded").fetch_optional(pool).await?;
        let Some(row) = row else { return Ok(oldest) };
        let number = |column: &str| {
            let number: Result<i64, _> = row.try_get(column);
            number.map(|n| u32::try_from(unsigned(n)).unwrap_or(u32::MAX))
        };
        let at = Position { file: number("file")?, offset: number("offset")? };
        let record: String = row.try_get("record")?;
        let chunk = self.spool.read(at, 1)?;
        let found = chunk.records.first();
        let is_same =
            found.is_some_and(|f| f.at == at && f.published.record.id.to_string() == record);
        if is_same {
            return Ok(chunk.records.get(1).map_or(chunk.next, |next| next.at));
        }
        tracing::warn!(record, "the record loaded last is not in the spool; all of it is read");
        Ok(oldest)
    }

    async fn read(&self, at: Position) -> Result<Chunk, Setback> {
        let (spool, bytes) = (self.spool.clone(), self.settings.chunk_bytes);
        let read = tokio::task::spawn_blocking(move || spool.read(at, bytes)).await;
        let chunk = read.map_err(std::io::Error::other)??;
        if chunk.skipped > 0 {
            tracing::error!(
                bytes = chunk.skipped,
                file = at.file,
                offset = at.offset,
                "a part of the spool cannot be understood and is skipped"
            );
        }
        Ok(chunk)
    }

    /// Loads a chunk; if a record of it can never be loaded, each for itself.
    async fn load(&self, pool: &SqlitePool, chunk: &Chunk) -> Result<(), Setback> {
        match self.load_chunk(pool, chunk, false).await {
            Err(Setback::Database(error)) if is_poison(&error) => {
                self.load_chunk(pool, chunk, true).await
            }
            result => result,
        }
    }

    async fn load_chunk(
        &self,
        pool: &SqlitePool,
        chunk: &Chunk,
        carefully: bool,
    ) -> Result<(), Setback> {
        let Some(last) = chunk.records.last() else { return Ok(()) };
        let mut transaction = pool.begin().await?;
        for stored in &chunk.records {
            if !carefully {
                load(&mut transaction, stored).await?;
                continue;
            }
            // A savepoint of its own: what a poison record did before it failed is undone.
            let mut own = transaction.begin().await?;
            match load(&mut own, stored).await {
                Ok(()) => own.commit().await?,
                Err(error) if is_poison(&error) => {
                    own.rollback().await?;
                    let id = stored.published.record.id;
                    tracing::error!(record = %id, %error, "a record is set aside");
                    reject(&mut transaction, stored, &error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        query("INSERT OR REPLACE INTO loaded VALUES (1, ?, ?, ?)")
            .bind(last.at.file)
            .bind(last.at.offset)
            .bind(last.published.record.id.to_string())
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }
}
