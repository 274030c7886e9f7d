use std::fs;
use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::sync::watch;

use super::*;
use crate::base::{CallId, TenantId, Wall};
use crate::call::{Cause, EndedBy, Fact, LegRecord, OfferResult, QueueExit, Record};
use crate::store::sample::{START_US, Sample, arrived, cdr, folder};
use crate::store::{Alarm, Spool, SpoolReader, SpoolSettings};

pub(super) fn settings(path: &Path) -> LoaderSettings {
    LoaderSettings {
        retry_first: Duration::from_millis(5),
        retry_most: Duration::from_millis(20),
        patience: Duration::from_millis(500),
        ..LoaderSettings::new(path.to_path_buf())
    }
}

pub(super) fn spool(dir: &Path) -> Spool {
    let small =
        SpoolSettings { file_bytes: 3_000, reserve_bytes: 1_000, ..SpoolSettings::default() };
    Spool::open(&dir.join("spool"), small).unwrap().0
}

pub(super) fn write(spool: &mut Spool, records: Vec<Record>) {
    for record in records {
        spool.append(vec![record]).unwrap();
        spool.sync();
    }
}

/// Runs a loader beside `story`, until that ends; returns the alarms.
pub(super) async fn beside<T>(
    settings: LoaderSettings,
    reader: SpoolReader,
    story: impl AsyncFnOnce(Database) -> T,
) -> (T, Vec<Alarm>) {
    let (loader, database) = Loader::new(settings, reader);
    let (stop, stopped) = watch::channel(false);
    let mut alarms = Vec::new();
    let run = loader.run(stopped, |alarm| alarms.push(alarm));
    let told = async {
        let told = story(database).await;
        stop.send(true).unwrap();
        told
    };
    let ((), told) = tokio::join!(run, told);
    (told, alarms)
}

/// Waits until the database has so many events of tenant `a`.
pub(super) async fn wait_for(database: &Database, count: usize) {
    for _ in 0..2_000 {
        let events = database.events(&"a".into(), 0, 1000).await;
        if events.is_ok_and(|events| events.len() == count) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{count} events are awaited");
}

/// Loads everything in the spool once and answers.
async fn loaded<T>(dir: &Path, reader: SpoolReader, ask: impl AsyncFnOnce(Database) -> T) -> T {
    let end = reader.synced();
    let at = reader.clone();
    let story = async |database: Database| {
        while at.loaded() < end || !database.is_there() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        ask(database).await
    };
    let patient =
        LoaderSettings { patience: Duration::from_secs(20), ..settings(&dir.join("records.db")) };
    beside(patient, reader, story).await.0
}

fn story_of_a_call(sample: &mut Sample, tenant: &str, call: CallId) -> Vec<Record> {
    let recording = sample.recording();
    let message = sample.recording();
    let t_in = sample.now();
    let end = Fact::Cdr(Box::new(crate::call::Cdr {
        t_req: Some(t_in),
        t_ans: Some(t_in),
        queue: Some("complaint".into()),
        agent: Some("7001".into()),
        ended_by: EndedBy::Agent,
        rating: Some(4),
        survey_invited: true,
        recording: Some(recording),
        keys: "13*".into(),
        wait_ms: 20_000,
        legs: vec![LegRecord {
            party: "caller".into(),
            far_loss: Some(0.25),
            ..Default::default()
        }],
        ..cdr(call, t_in, Cause::Answered)
    }));
    let queue = || "complaint".into();
    let agent = || "7001".into();
    let changed = Fact::AgentChanged {
        agent: agent(),
        status: "ready".into(),
        reason: None,
        state: "talking".into(),
        call: Some(call),
        previous_ms: 70,
    };
    let channels = ["caller".into(), "agent".into()];
    let facts = [
        arrived(call),
        Fact::CallAnswered { call, at: t_in },
        Fact::QueueEntered { call, queue: queue() },
        Fact::Offered { call, agent: agent(), queue: queue() },
        Fact::OfferEnded { call, agent: agent(), result: OfferResult::Answered, ring_ms: 900 },
        Fact::QueueLeft { call, queue: queue(), why: QueueExit::Answered, wait_ms: 2_000 },
        Fact::Connected { call, agent: Some(agent()) },
        changed,
        Fact::RecordingStarted { call, recording, channels },
        Fact::RecordingEnded { call, recording, length_ms: 61_000 },
        Fact::Rated { call, agent: Some(agent()), score: 4 },
        Fact::Voicemail { call, r#box: "night".into(), recording: message, length_ms: 9_000 },
        Fact::StrangersRefused { source: "192.0.2.7".into(), count: 12 },
        end,
    ];
    facts.into_iter().map(|fact| sample.record(tenant, fact)).collect()
}

#[tokio::test]
async fn a_calls_facts_come_back_as_they_were_written() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut spool = spool(dir.path());
    let (call, open) = (sample.call(), sample.call());
    let records = story_of_a_call(&mut sample, "a", call);
    write(&mut spool, records.clone());
    let came = sample.now();
    write(&mut spool, vec![sample.record("a", arrived(open))]);
    let (a, b): (TenantId, TenantId) = ("a".into(), "b".into());
    loaded(dir.path(), spool.reader(), async |database| {
        let row = database.call(&a, call).await.unwrap().unwrap();
        let Fact::Cdr(cdr) = &records.last().unwrap().fact else { panic!() };
        assert_eq!((row.ended, &row.tenant, &row.cdr), (true, &a, &**cdr));
        let up = database.call(&a, open).await.unwrap().unwrap();
        assert!(!up.ended && up.cdr.t_in > came && up.cdr.called == "12345");
        assert!(database.call(&b, call).await.unwrap().is_none());

        let events = database.events_of_call(&a, call).await.unwrap();
        let told: Vec<_> = events.iter().map(|e| (e.number, e.fact.clone())).collect();
        let about = |r: &&Record| crate::store::spool::call_of(&r.fact) == Some(call);
        let wanted: Vec<_> = records.iter().filter(about).map(|r| r.fact.clone()).collect();
        assert_eq!(told.iter().map(|(_, fact)| fact.clone()).collect::<Vec<_>>(), wanted);
        assert_eq!(told[12].0, 14, "the stranger is number 13");
        assert!(database.events_of_call(&b, call).await.unwrap().is_empty());
        let page = database.events(&a, 12, 2).await.unwrap();
        assert_eq!(page.iter().map(|e| e.number).collect::<Vec<_>>(), [13, 14]);
        assert_eq!(page[0].fact, records[12].fact);

        let recordings = database.recordings(&a, &RecordingFilter::default(), None, 9).await;
        let [row] = &recordings.unwrap().rows[..] else { panic!() };
        assert_eq!((row.call, row.length_ms, &*row.left), (call, Some(61_000), "caller"));
        let one = database.recording(&a, row.recording).await.unwrap();
        assert_eq!(one.as_ref(), Some(row));
        assert!(database.recording(&b, row.recording).await.unwrap().is_none());

        let night = VoicemailFilter { r#box: Some("night".into()), ..Default::default() };
        let messages = database.voicemail(&a, &night, None, 9).await.unwrap();
        assert_eq!((messages.rows.len(), messages.rows[0].length_ms), (1, 9_000));
        let day = VoicemailFilter { r#box: Some("day".into()), ..Default::default() };
        assert!(database.voicemail(&a, &day, None, 9).await.unwrap().rows.is_empty());

        let agent = "7001".into();
        let log = database.agent_events(&a, Some(&agent), (None, None), None, 9).await.unwrap();
        assert_eq!(
            (log.rows.len(), log.rows[0].previous_ms, log.rows[0].call),
            (1, 70, Some(call))
        );
        for (table, count) in [("queue_event", 4), ("stranger", 1), ("loaded", 1), ("call", 2)] {
            let mut sql = sqlx::QueryBuilder::<sqlx::Sqlite>::new("SELECT count(*) FROM ");
            let rows: i64 = sql
                .push(table)
                .build_query_scalar()
                .fetch_one(&database.pool().unwrap())
                .await
                .unwrap();
            assert_eq!(rows, count, "{table}");
        }
    })
    .await;
}

#[tokio::test]
async fn calls_are_found_by_what_people_ask_for() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut spool = spool(dir.path());
    let at = |second: i64| Wall::from_micros(START_US + second * 1_000_000);
    let mut records = Vec::new();
    let mut calls = Vec::new();
    for second in 0..20 {
        let call = sample.call();
        calls.push(call);
        let even = second % 2 == 0;
        let mut cdr = cdr(call, at(second), Cause::AbandonedQueue);
        cdr.t_req = Some(at(second));
        cdr.caller = if even { "+8613900000001" } else { "110" }.into();
        cdr.called = if second == 7 { "1%_5".into() } else { "12345".into() };
        if second % 5 == 0 {
            cdr.cause = Cause::Answered;
            cdr.t_ans = Some(at(second));
            cdr.agent = Some("7001".into());
            cdr.queue = Some("complaint".into());
            cdr.rating = Some(u8::try_from(second / 5).unwrap() + 1);
            cdr.recording = Some(sample.recording());
        }
        records.push(sample.record("a", Fact::Cdr(Box::new(cdr))));
    }
    write(&mut spool, records);
    type F = CallFilter;
    let rows: Vec<(CallFilter, Vec<i64>)> = vec![
        (F::default(), (0..20).collect()),
        (F { from: Some(at(3)), to: Some(at(6)), ..F::default() }, vec![3, 4, 5]),
        (F { caller: Some("110".into()), to: Some(at(4)), ..F::default() }, vec![1, 3]),
        (F { called: Some("1%_5".into()), ..F::default() }, vec![7]),
        (F { agent: Some("7001".into()), ..F::default() }, vec![0, 5, 10, 15]),
        (F { queue: Some("complaint".into()), from: Some(at(6)), ..F::default() }, vec![10, 15]),
        (F { causes: vec![Cause::Answered, Cause::Crash], ..F::default() }, vec![0, 5, 10, 15]),
        (F { rating_least: Some(2), rating_most: Some(3), ..F::default() }, vec![5, 10]),
        (F { missed: true, to: Some(at(6)), ..F::default() }, vec![1, 2, 3, 4]),
        (F { recorded: Some(true), ..F::default() }, vec![0, 5, 10, 15]),
        (F { recorded: Some(false), to: Some(at(3)), ..F::default() }, vec![1, 2]),
        (F { text: Some("%_".into()), ..F::default() }, vec![7]),
        (F { text: Some("39000".into()), to: Some(at(3)), ..F::default() }, vec![0, 2]),
        (F { text: Some("' OR 1=1 --".into()), ..F::default() }, vec![]),
        (F { caller: Some("x' OR '1'='1".into()), ..F::default() }, vec![]),
    ];
    loaded(dir.path(), spool.reader(), async |database| {
        for (filter, wanted) in rows {
            let mut wanted: Vec<_> = wanted.into_iter().map(|n| calls[n as usize]).collect();
            wanted.reverse();
            let count = database.count_calls(&"a".into(), &filter).await.unwrap();
            assert_eq!(count, wanted.len() as u64, "{filter:?}");
            for limit in [1, 3, 100] {
                let mut found = Vec::new();
                let mut behind = None;
                loop {
                    let page = database.calls(&"a".into(), &filter, behind, limit).await.unwrap();
                    assert!(page.rows.len() <= limit as usize);
                    found.extend(page.rows.iter().filter_map(|row| row.cdr.call));
                    let Some(next) = page.next else { break };
                    behind = Some(next.to_string().parse().unwrap());
                }
                assert_eq!(found, wanted, "{filter:?} by {limit}");
            }
            assert_eq!(database.count_calls(&"b".into(), &filter).await.unwrap(), 0);
        }
    })
    .await;
    assert!("x".parse::<Cursor>().is_err() && "1-x".parse::<Cursor>().is_err());
}

#[tokio::test]
async fn the_database_may_be_absent_corrupt_locked_or_deleted_meanwhile() {
    let dir = folder();
    let mut sample = Sample::default();
    let mut spool = spool(dir.path());
    let folder = dir.path().join("db");
    let path = folder.join("records.db");
    write(&mut spool, sample.alarms("a", 20));
    let reader = spool.reader();
    let story = async |database: Database| {
        let pause = || tokio::time::sleep(Duration::from_millis(60));
        pause().await;
        assert!(matches!(database.events(&"a".into(), 0, 9).await, Err(QueryError::Away)));
        fs::create_dir(&folder).unwrap();
        wait_for(&database, 20).await;

        // Deleted: all that the spool still has comes again.
        for file in fs::read_dir(&folder).unwrap() {
            fs::remove_file(file.unwrap().path()).unwrap();
        }
        fs::write(&path, b"this is no database, and long enough to be seen".repeat(99)).unwrap();
        write(&mut spool, sample.alarms("a", 5));
        pause().await;
        assert!(!database.is_there());
        fs::remove_file(&path).unwrap();
        wait_for(&database, 25).await;

        // Locked for longer than the patience.
        let options = SqliteConnectOptions::new().filename(&path);
        let mut other = options.connect().await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
        write(&mut spool, sample.alarms("a", 5));
        tokio::time::sleep(Duration::from_millis(700)).await;
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
        other.close().await.unwrap();
        wait_for(&database, 30).await;
    };
    let ((), alarms) = beside(settings(&path), reader, story).await;
    let ups = alarms.iter().filter(|alarm| !alarm.cleared).count();
    assert!(ups >= 3, "{alarms:?}");
    assert_eq!(ups * 2, alarms.len());
    assert!(alarms.iter().all(|alarm| alarm.id == "database"));
}

#[tokio::test]
async fn a_new_spool_beside_an_old_database_is_loaded_from_its_start() {
    let dir = folder();
    let mut sample = Sample::default();
    for round in 1..=3 {
        let mut spool = spool(dir.path());
        write(&mut spool, sample.alarms("a", 10));
        let reader = spool.reader();
        loaded(dir.path(), reader, async |database| wait_for(&database, round * 10).await).await;
        drop(spool);
        fs::remove_dir_all(dir.path().join("spool")).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    /// Each step writes some records, lets a loader run for a while and then kills it, wherever it
    /// is, or restarts everything.
    #[test]
    fn a_loader_killed_anywhere_neither_loses_nor_doubles(
        steps in proptest::collection::vec((0_usize..12, 0_u64..8_000, any::<bool>()), 1..12),
        chunk_bytes in 1_usize..3_000,
    ) {
        let dir = folder();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut sample = Sample::default();
        let mut open = spool(dir.path());
        let mut wanted = Vec::new();
        runtime.block_on(async {
            for (count, us, restart) in steps {
                let call = sample.call();
                let mut records = sample.alarms("a", count);
                records.extend(story_of_a_call(&mut sample, "a", call));
                wanted.extend(records.clone());
                write(&mut open, records);
                if restart {
                    drop(open);
                    open = spool(dir.path());
                }
                let settings =
                    LoaderSettings { chunk_bytes, ..settings(&dir.path().join("records.db")) };
                let (loader, _) = Loader::new(settings, open.reader());
                let (_stop, stopped) = watch::channel(false);
                let run = loader.run(stopped, |_| {});
                let _ = tokio::time::timeout(Duration::from_micros(us * 4), run).await;
            }
            let reader = open.reader();
            let rows = loaded(dir.path(), reader, async |database: Database| {
                let mut rows = Vec::new();
                loop {
                    let page = database.events(&"a".into(), rows.len() as u64, 7).await.unwrap();
                    if page.is_empty() {
                        break;
                    }
                    rows.extend(page);
                }
                let calls = database.count_calls(&"a".into(), &CallFilter::default()).await;
                (rows, calls.unwrap())
            })
            .await;
            let (rows, calls) = rows;
            let ends = wanted.iter().filter(|r| matches!(r.fact, Fact::Cdr(_))).count() as u64;
            prop_assert_eq!(calls, ends);
            let got: Vec<_> = rows.iter().map(|row| (row.number, row.id)).collect();
            let wanted = wanted.iter().zip(1..).map(|(record, number)| (number, record.id));
            prop_assert_eq!(got, wanted.collect::<Vec<_>>());
            Ok(())
        })?;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow_questions_keep_no_record_out() {
    let dir = folder();
    let mut spool = spool(dir.path());
    let mut sample = Sample::default();
    let fact = || Fact::Registration { account: "1".into(), contact: "x".into(), registered: true };
    write(&mut spool, vec![sample.record("a", fact())]);
    let reader = spool.reader();
    let patient = LoaderSettings {
        patience: Duration::from_secs(20),
        ..settings(&dir.path().join("records.db"))
    };
    let ((), alarms) = beside(patient, reader.clone(), async |database: Database| {
        wait_for(&database, 1).await;
        // As many questions as are answered at once, none of which comes to an end.
        let pool = database.pool().unwrap();
        let mut questions = Vec::new();
        while questions.len() < 4 {
            let mut question = pool.acquire().await.unwrap();
            sqlx::query("BEGIN").execute(&mut *question).await.unwrap();
            sqlx::query("SELECT * FROM event").fetch_all(&mut *question).await.unwrap();
            questions.push(question);
        }
        let end = reader.loaded();
        write(&mut spool, vec![sample.record("a", fact())]);
        for _ in 0..2_000 {
            if reader.loaded() > end {
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(reader.loaded() > end, "the loader waits for the questions");
        let refused = sqlx::query("DELETE FROM event").execute(&mut *questions[0]).await;
        assert!(refused.is_err(), "who asks can only read");
    })
    .await;
    assert_eq!(alarms, []);
}
