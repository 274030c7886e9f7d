use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use super::tests::{beside, settings, spool, wait_for, write};
use crate::call::Record;
use crate::store::sample::{Sample, folder};

#[tokio::test]
async fn a_record_that_no_table_takes_is_set_aside_and_those_behind_it_are_loaded() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut spool = spool(dir.path());
    write(&mut spool, sample.alarms("a", 1));
    let settings = settings(&dir.path().join("records.db"));
    let reader = spool.reader();
    let (count, alarms) = beside(settings.clone(), reader, async |database| {
        wait_for(&database, 1).await;
        let options = SqliteConnectOptions::new().filename(&settings.path);
        let mut db = options.connect().await.unwrap();
        let poison = sample.alarms("a", 3);
        let trigger = format!(
            "CREATE TRIGGER poison BEFORE INSERT ON event WHEN NEW.id = '{}' \
             BEGIN SELECT RAISE(ABORT, 'it does not fit'); END",
            poison[1].id
        );
        sqlx::query(sqlx::AssertSqlSafe(trigger)).execute(&mut db).await.unwrap();
        write(&mut spool, poison.clone());
        wait_for(&database, 3).await;
        let row = sqlx::query("SELECT record, why, body FROM rejected").fetch_one(&mut db).await;
        let row = row.unwrap();
        let (id, why, body): (String, String, String) =
            (sqlx::Row::get(&row, 0), sqlx::Row::get(&row, 1), sqlx::Row::get(&row, 2));
        assert_eq!(id, poison[1].id.to_string());
        assert!(why.contains("it does not fit"), "{why}");
        assert_eq!(serde_json::from_str::<Record>(&body).unwrap(), poison[1]);
        db.close().await.unwrap();
        1
    })
    .await;
    let told: Vec<_> = alarms.iter().map(|alarm| (alarm.id, alarm.cleared)).collect();
    assert_eq!((count, told), (1, vec![("records-rejected", false)]));
}
